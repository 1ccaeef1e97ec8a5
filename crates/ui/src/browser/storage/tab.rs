//! Which tab this is, and which others live: a tab holds a lock in the name of its word as long as it lives.
//!
//! The word outlives a reload, in the tab's own storage. A tab that was duplicated has the word of the other,
//! finds it locked, and takes another. Where there are no locks (a page without HTTPS), each word is trusted.

use js_sys::{Array, Function, Math, Object, Promise, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

const WORD_KEY: &str = "rnn-playground-tab";
const LOCK_PREFIX: &str = "rnn-playground-tab-";
/// A page that is being reloaded may hold its lock for a moment longer.
const TRIES: u32 = 5;
const BETWEEN_TRIES_MILLIS: i32 = 100;

/// The word of this tab, which no other living tab has.
pub async fn claim_tab() -> String {
    let known = storage().and_then(|storage| storage.get_item(WORD_KEY).ok().flatten());
    if let Some(word) = known.filter(|word| !word.is_empty() && word.len() <= 64) {
        for _ in 0..TRIES {
            if lock(&word).await.unwrap_or(true) {
                return word;
            }
            pause().await;
        }
    }
    // Need not be secret, only different.
    let word = format!("{:.0}", Math::random() * 2_f64.powi(52));
    let _ = lock(&word).await;
    if let Some(storage) = storage() {
        let _ = storage.set_item(WORD_KEY, &word);
    }
    word
}

/// The words of all living tabs; `None` where the browser does not tell.
pub async fn living_tabs() -> Option<Vec<String>> {
    let manager = manager()?;
    let query: Function = Reflect::get(&manager, &"query".into()).ok()?.dyn_into().ok()?;
    let asked: Promise = query.call0(&manager).ok()?.dyn_into().ok()?;
    let answer = JsFuture::from(asked).await.ok()?;
    let held: Array = Reflect::get(&answer, &"held".into()).ok()?.dyn_into().ok()?;
    let name = |lock: JsValue| Reflect::get(&lock, &"name".into()).ok()?.as_string();
    let word = |name: String| name.strip_prefix(LOCK_PREFIX).map(str::to_owned);
    Some(held.iter().filter_map(name).filter_map(word).collect())
}

/// Holds the lock of a word for as long as the page lives. Returns whether it was free; `None` where there are no
/// locks.
async fn lock(word: &str) -> Option<bool> {
    let manager = manager()?;
    let request: Function = Reflect::get(&manager, &"request".into()).ok()?.dyn_into().ok()?;
    let options = Object::new();
    Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE).ok()?;
    let answer = Rc::new(RefCell::new(None::<Function>));
    let heard = Rc::clone(&answer);
    let asked = Promise::new(&mut |resolve, _| drop(answer.replace(Some(resolve))));
    let on_answer = Closure::once_into_js(move |lock: JsValue| -> JsValue {
        let is_free = !lock.is_null();
        if let Some(resolve) = heard.take() {
            let _ = resolve.call1(&JsValue::NULL, &JsValue::from_bool(is_free));
        }
        // A promise that is never kept holds the lock.
        if is_free { Promise::new(&mut |_, _| {}).into() } else { JsValue::UNDEFINED }
    });
    let name = JsValue::from_str(&format!("{LOCK_PREFIX}{word}"));
    request.call3(&manager, &name, &options, &on_answer).ok()?;
    JsFuture::from(asked).await.ok()?.as_bool()
}

fn manager() -> Option<JsValue> {
    let navigator = web_sys::window()?.navigator();
    Reflect::get(&navigator, &"locks".into()).ok().filter(JsValue::is_object)
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

async fn pause() {
    let over = Promise::new(&mut |resolve, _| {
        if let Some(window) = web_sys::window() {
            let _ =
                window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, BETWEEN_TRIES_MILLIS);
        }
    });
    let _ = JsFuture::from(over).await;
}
