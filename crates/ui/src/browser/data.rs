//! Texts as bytes: fetched, chosen, dropped or pasted. The page never reads what is in them.

use super::reason;
use js_sys::{Array, ArrayBuffer};
use rnn_protocol::ShippedFile;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Response, Url};

/// Fetches a file that a lab is served with.
///
/// # Errors
/// Why it could not be fetched.
pub async fn fetch(file: ShippedFile) -> Result<ArrayBuffer, String> {
    let fetch_file = async || -> Result<Result<ArrayBuffer, String>, JsValue> {
        let window = web_sys::window().ok_or("no window")?;
        let base = window.document().and_then(|document| document.base_uri().ok().flatten());
        let address = Url::new_with_base(file.path, &base.unwrap_or_default())?.href();
        let response: Response = JsFuture::from(window.fetch_with_str(&address)).await?.dyn_into()?;
        if !response.ok() {
            return Ok(Err(format!("the server answered {}", response.status())));
        }
        Ok(Ok(JsFuture::from(response.array_buffer()?).await?.dyn_into()?))
    };
    fetch_file().await.unwrap_or_else(|error| Err(reason(&error)))
}

/// Reads a file or a pasted text.
///
/// # Errors
/// Why it could not be read.
pub async fn read(text: &Blob) -> Result<ArrayBuffer, String> {
    let buffer = JsFuture::from(text.array_buffer()).await.and_then(JsCast::dyn_into);
    buffer.map_err(|error| reason(&error))
}

/// Pasted text as if it were a file.
///
/// # Errors
/// The browser's reason.
pub fn blob_from_text(text: &str) -> Result<Blob, String> {
    Blob::new_with_str_sequence(&Array::of1(&text.into())).map_err(|error| reason(&error))
}
