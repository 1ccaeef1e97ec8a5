//! A lead's wire to one helper: `{ command, bytes? | numbers? }` go, `{ event, numbers? }` come.

use crate::turn::Turns;
use crate::wire::{Envelope, NumberBuffer, part, report, words};
use js_sys::Uint8Array;
use rnn_labs::{Payload, Reply, Session};
use rnn_protocol::HelperCommand;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, MessagePort};

/// Hands the session a helper that listens at the other end of `port`.
pub(crate) fn open(port: &MessagePort, session: &Rc<RefCell<Session>>, turns: Rc<Turns>) {
    let buffer = Rc::new(RefCell::new(NumberBuffer::default()));
    let (out, kept) = (port.clone(), Rc::clone(&buffer));
    let post = move |command, payload| report(send(&out, &command, &payload, &mut kept.borrow_mut()));
    let number = session.borrow_mut().add_helper(Box::new(post));

    let session = Rc::clone(session);
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        let message = message.data();
        let numbers = buffer.borrow_mut().take_out(part(&message, "numbers")).unwrap_or_default();
        // An answer that cannot be read is none: the session waits for it in vain, and says so.
        if let Ok(event) = words(&message, "event") {
            session.borrow_mut().hear_helper(number, Reply { event, numbers });
            turns.request();
        }
    });
    port.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
}

fn send(
    port: &MessagePort,
    command: &HelperCommand,
    payload: &Payload,
    buffer: &mut NumberBuffer,
) -> Result<(), JsValue> {
    let envelope = Envelope::new("command", command)?;
    let envelope = match payload {
        Payload::None => envelope,
        Payload::Bytes(bytes) => {
            let bytes = Uint8Array::from(bytes.as_slice());
            envelope.enclose("bytes", &bytes, &bytes.buffer())?
        }
        Payload::Numbers(numbers) => {
            let numbers = buffer.put_in(numbers);
            envelope.enclose("numbers", &numbers, &numbers.buffer())?
        }
    };
    port.post_message_with_transferable(&envelope.message, &envelope.transfer)
}
