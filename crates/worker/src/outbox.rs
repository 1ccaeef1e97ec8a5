//! What the worker sends to the page: `{ event }`, `{ event, file }` or `{ snapshot, values }` with numbers transferred.

use crate::wire::{Envelope, report};
use js_sys::{Array, Float32Array, Uint8Array};
use rnn_protocol::{Event, Snapshot};
use wasm_bindgen::JsValue;
use web_sys::{Blob, DedicatedWorkerGlobalScope};

/// Sends an event.
pub(crate) fn post_event(scope: &DedicatedWorkerGlobalScope, event: &Event) {
    report(Envelope::new("event", event).and_then(|envelope| post(scope, &envelope)));
}

/// Sends an event and the file that it is about. A `Blob` is a handle: however large the file, the page's thread can
/// keep it without copying a byte.
pub(crate) fn post_file(scope: &DedicatedWorkerGlobalScope, event: &Event, file: &[u8]) {
    let envelope = Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(file)))
        .and_then(|file| Envelope::new("event", event)?.add("file", &file));
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
