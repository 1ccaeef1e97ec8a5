//! What the worker sends to the page: `{ event }`, or `{ event, file }` and `{ snapshot, values }` with bytes and
//! numbers transferred.

use crate::wire::{Envelope, report};
use js_sys::{Float32Array, Uint8Array};
use rnn_protocol::{Event, Snapshot};
use wasm_bindgen::JsValue;
use web_sys::DedicatedWorkerGlobalScope;

/// Sends an event.
pub(crate) fn post_event(scope: &DedicatedWorkerGlobalScope, event: &Event) {
    report(Envelope::new("event", event).and_then(|envelope| post(scope, &envelope)));
}

/// Sends an event and the file that it is about.
pub(crate) fn post_file(scope: &DedicatedWorkerGlobalScope, event: &Event, file: &[u8]) {
    let bytes = Uint8Array::from(file);
    let envelope = Envelope::new("event", event)
        .and_then(|envelope| envelope.enclose("file", &bytes.buffer(), &bytes.buffer()));
    report(envelope.and_then(|envelope| post(scope, &envelope)));
}

/// Sends a snapshot; its numbers move to the page without a second copy.
pub(crate) fn post_snapshot(scope: &DedicatedWorkerGlobalScope, snapshot: &Snapshot) {
    let values = Float32Array::from(snapshot.values.as_slice());
    let envelope = Envelope::new("snapshot", &snapshot.header)
        .and_then(|envelope| envelope.enclose("values", &values, &values.buffer()));
    report(envelope.and_then(|envelope| post(scope, &envelope)));
}

fn post(scope: &DedicatedWorkerGlobalScope, envelope: &Envelope) -> Result<(), JsValue> {
    scope.post_message_with_transfer(&envelope.message, &envelope.transfer)
}
