//! What the page sends: `{ command, data? }`, `data` an `ArrayBuffer` that was transferred; or a
//! `MessagePort`, either `{ helper }`, behind which is a worker that helps this one, or `{ lead }`, behind
//! which is one that this worker is to help.

use crate::gpu_door::GpuDoor;
use crate::turn::Turns;
use crate::wire::{part, words};
use crate::{helper_port, lead_port, outbox};
use js_sys::{ArrayBuffer, Uint8Array};
use rnn_labs::Session;
use rnn_protocol::{Command, Event};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, MessagePort};

/// What came.
enum Letter {
    Command(Command, Option<Vec<u8>>),
    Helper(MessagePort),
    Lead(MessagePort),
}

/// Listens to the page for as long as the worker lives.
pub(crate) fn open(
    scope: &DedicatedWorkerGlobalScope,
    session: Rc<RefCell<Session>>,
    turns: Rc<Turns>,
    gpu_door: Rc<GpuDoor>,
) {
    let answers = scope.clone();
    let on_message =
        Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| match read(&message.data()) {
            Ok(Letter::Command(command, data)) => {
                let is_about_gpu = matches!(command, Command::UseGpu { .. });
                session.borrow_mut().handle(command, data);
                if is_about_gpu {
                    gpu_door.open_if_wanted();
                }
                turns.request();
            }
            Ok(Letter::Helper(port)) => helper_port::open(&port, &session, Rc::clone(&turns)),
            Ok(Letter::Lead(port)) => lead_port::open(&port),
            Err(error) => {
                let message = format!("The worker did not understand the page: {error}. Reload the page.");
                outbox::post_event(&answers, &Event::Refused { message });
            }
        });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
}

fn read(message: &JsValue) -> Result<Letter, serde_wasm_bindgen::Error> {
    if let Ok(port) = part(message, "helper").dyn_into() {
        return Ok(Letter::Helper(port));
    }
    if let Ok(port) = part(message, "lead").dyn_into() {
        return Ok(Letter::Lead(port));
    }
    let data = part(message, "data").dyn_into::<ArrayBuffer>().ok();
    let data = data.map(|buffer| Uint8Array::new(&buffer).to_vec());
    Ok(Letter::Command(words(message, "command")?, data))
}
