//! What the worker sends: `{ event }`, or `{ snapshot, values }` with the numbers transferred.

use js_sys::{Array, Float32Array, Object, Reflect};
use rnn_protocol::{Event, Snapshot};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;
use web_sys::DedicatedWorkerGlobalScope;

/// Sends an event. Should that fail, nobody is there to be told: it goes to the console.
pub(crate) fn post_event(scope: &DedicatedWorkerGlobalScope, event: &Event) {
    let post = || {
        let message = Object::new();
        set(&message, "event", &to_js(event)?)?;
        scope.post_message(&message)
    };
    report(post());
}

/// Sends a snapshot; its numbers move to the page without a second copy.
pub(crate) fn post_snapshot(scope: &DedicatedWorkerGlobalScope, snapshot: &Snapshot) {
    let post = || {
        let values = Float32Array::from(snapshot.values.as_slice());
        let message = Object::new();
        set(&message, "snapshot", &to_js(&snapshot.header)?)?;
        set(&message, "values", &values)?;
        scope.post_message_with_transfer(&message, &Array::of1(&values.buffer()))
    };
    report(post());
}

fn to_js(value: &impl Serialize) -> Result<JsValue, JsValue> {
    // Plain objects instead of `Map`, so that JavaScript can read the fields by name.
    Ok(value.serialize(&Serializer::json_compatible())?)
}

fn set(object: &Object, name: &str, value: &JsValue) -> Result<(), JsValue> {
    Reflect::set(object, &JsValue::from_str(name), value).map(|_| ())
}

fn report(result: Result<(), JsValue>) {
    if let Err(error) = result {
        web_sys::console::error_2(&"the worker could not send a message:".into(), &error);
    }
}
