//! What the page sends: `{ command, data? }`, `data` an `ArrayBuffer` that was transferred.

use crate::outbox;
use crate::turn::Turns;
use js_sys::{ArrayBuffer, Reflect, Uint8Array};
use rnn_labs::Session;
use rnn_protocol::{Command, Event};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// Listens to the page for as long as the worker lives.
pub(crate) fn open(scope: &DedicatedWorkerGlobalScope, session: Rc<RefCell<Session>>, turns: Rc<Turns>) {
    let answers = scope.clone();
    let on_message =
        Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| match read(&message.data()) {
            Ok((command, data)) => {
                session.borrow_mut().handle(command, data);
                turns.request();
            }
            Err(error) => {
                let message = format!("The worker did not understand the page: {error}. Reload the page.");
                outbox::post_event(&answers, &Event::Refused { message });
            }
        });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
}

fn read(message: &JsValue) -> Result<(Command, Option<Vec<u8>>), serde_wasm_bindgen::Error> {
    let field = |name: &str| Reflect::get(message, &JsValue::from_str(name));
    let command = serde_wasm_bindgen::from_value(field("command")?)?;
    let data = field("data")?.dyn_into::<ArrayBuffer>().ok();
    Ok((command, data.map(|buffer| Uint8Array::new(&buffer).to_vec())))
}
