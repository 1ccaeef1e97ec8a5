//! The wire to the worker. It speaks in objects: `{ event, file? }` or `{ snapshot, values }` come,
//! `{ command, data? }` and `{ helper }` go; numbers, bytes and ports move by transfer, a file as a `Blob`.

use super::reason;
use js_sys::{Array, ArrayBuffer, Float32Array, Object, Reflect};
use rnn_protocol::{Arithmetic, BUILD_ID, Command, Event, Snapshot};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, ErrorEvent, MessageEvent, MessagePort, Worker};

#[wasm_bindgen]
extern "C" {
    /// Defined by `www/start-worker.js`.
    #[wasm_bindgen(catch, js_name = startWorker)]
    pub(super) fn start_worker(build: &str, is_fast: bool) -> Result<Worker, JsValue>;
}

/// What came from the worker.
#[derive(Debug)]
pub enum Incoming {
    /// Something happened.
    Event(Event),
    /// The run was taken down: what was said, and its file.
    File(Event, Blob),
    /// A look inside the network.
    Snapshot(Snapshot),
    /// The worker failed; it is of no more use. The reason is the browser's.
    Failure(String),
}

/// A running worker. It ends when this is dropped.
pub struct WorkerLink {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(web_sys::Event)>,
}

impl WorkerLink {
    /// Starts a fresh worker, whose words go to `receive`. Where the browser cannot run the module of this
    /// arithmetic, it is the reproducible one; the worker's first word tells.
    ///
    /// # Errors
    /// The browser's reason.
    pub fn start(
        arithmetic: Arithmetic,
        receive: impl Fn(Incoming) + Clone + 'static,
    ) -> Result<Self, String> {
        let is_fast = arithmetic == Arithmetic::Fast;
        let worker = start_worker(BUILD_ID, is_fast).map_err(|error| reason(&error))?;
        let hear = receive.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            hear(decode(&message.data()).unwrap_or_else(Incoming::Failure));
        });
        let on_error = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
            let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
            let message = message.filter(|message| !message.is_empty());
            receive(Incoming::Failure(message.unwrap_or_else(|| "a message could not be read".to_owned())));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        worker.set_onmessageerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { worker, _on_message: on_message, _on_error: on_error })
    }

    /// Sends a command, and the bytes of a text where it brings one.
    ///
    /// # Errors
    /// The browser's reason.
    pub fn send(&self, command: &Command, data: Option<&ArrayBuffer>) -> Result<(), String> {
        let post = || -> Result<(), JsValue> {
            let message = Object::new();
            let command = command.serialize(&Serializer::json_compatible())?;
            Reflect::set(&message, &"command".into(), &command)?;
            let transfer = Array::new();
            if let Some(data) = data {
                Reflect::set(&message, &"data".into(), data)?;
                transfer.push(data);
            }
            self.worker.post_message_with_transfer(&message, &transfer)
        };
        post().map_err(|error| reason(&error))
    }

    /// Gives the worker a helper, which waits behind this port.
    ///
    /// # Errors
    /// The browser's reason.
    pub fn add_helper(&self, port: &MessagePort) -> Result<(), String> {
        let post = || -> Result<(), JsValue> {
            let message = Object::new();
            Reflect::set(&message, &"helper".into(), port)?;
            self.worker.post_message_with_transfer(&message, &Array::of1(port))
        };
        post().map_err(|error| reason(&error))
    }
}

impl Drop for WorkerLink {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.set_onmessageerror(None);
        self.worker.terminate();
    }
}

pub(super) fn decode(message: &JsValue) -> Result<Incoming, String> {
    let part = |name: &str| Reflect::get(message, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let event = part("event");
    if !event.is_undefined() {
        let event = serde_wasm_bindgen::from_value(event).map_err(|error| error.to_string())?;
        return Ok(match part("file").dyn_into() {
            Ok(file) => Incoming::File(event, file),
            Err(_) => Incoming::Event(event),
        });
    }
    let header = serde_wasm_bindgen::from_value(part("snapshot")).map_err(|error| error.to_string())?;
    let values = part("values").dyn_into::<Float32Array>().map_err(|_| "a snapshot without numbers")?;
    Snapshot::new(header, values.to_vec())
        .map(Incoming::Snapshot)
        .ok_or_else(|| "a snapshot whose numbers do not fit its header".to_owned())
}
