//! The database's requests and transactions as futures.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbOpenDbRequest, IdbTransaction};

/// A database, once it is open. `lay_out` is called for one that is new.
pub(super) async fn opened(
    request: &IdbOpenDbRequest,
    lay_out: impl Fn(&IdbDatabase) + 'static,
) -> Result<IdbDatabase, JsValue> {
    let asked = request.clone();
    let on_upgrade = Closure::<dyn FnMut()>::new(move || {
        if let Ok(database) = asked.result().and_then(JsCast::dyn_into) {
            lay_out(&database);
        }
    });
    request.set_onupgradeneeded(Some(on_upgrade.as_ref().unchecked_ref()));
    let answer = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onblocked(Some(&reject));
        request.set_onerror(Some(&reject));
    });
    let outcome = JsFuture::from(answer).await;
    request.set_onupgradeneeded(None);
    match outcome {
        Ok(_) => request.result()?.dyn_into(),
        Err(_) => Err(match request.error() {
            Ok(Some(error)) => JsValue::from_str(&error.message()),
            _ => JsValue::from_str("another tab holds the database back"),
        }),
    }
}

/// The end of a transaction: everything in it is written, or nothing.
pub(super) async fn finished(transaction: &IdbTransaction) -> Result<(), JsValue> {
    let answer = Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    });
    match JsFuture::from(answer).await {
        Ok(_) => Ok(()),
        Err(_) => Err(match transaction.error() {
            Some(error) if error.name() == "QuotaExceededError" => JsValue::from_str("its storage is full"),
            Some(error) => JsValue::from_str(&error.message()),
            None => JsValue::from_str("the browser gave it up"),
        }),
    }
}
