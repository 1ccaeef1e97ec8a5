//! A helper's wire to its lead: the other end of what `helper_port.rs` holds.

use crate::wire::{Envelope, NumberBuffer, part, report, words};
use js_sys::Uint8Array;
use rnn_labs::{Helper, Payload, Reply};
use std::rc::Rc;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, MessagePort};

/// Does what the lead at the other end of `port` says, for as long as the worker lives.
pub(crate) fn open(port: &MessagePort) {
    let (mut helper, mut buffer) = (Helper::default(), NumberBuffer::default());
    let answers = port.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        let message = message.data();
        let payload = payload(&message, &mut buffer);
        // A command that cannot be read is not answered: the lead waits for it in vain, and says so.
        let reply = words(&message, "command").ok().and_then(|command| helper.handle(command, payload));
        if let Some(reply) = reply {
            report(send(&answers, &reply, &mut buffer));
        }
    });
    port.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
}

fn payload(message: &JsValue, buffer: &mut NumberBuffer) -> Payload {
    if let Some(numbers) = buffer.take_out(part(message, "numbers")) {
        return Payload::Numbers(Rc::new(numbers));
    }
    match part(message, "bytes").dyn_into::<Uint8Array>() {
        Ok(bytes) => Payload::Bytes(Rc::new(bytes.to_vec())),
        Err(_) => Payload::None,
    }
}

fn send(port: &MessagePort, reply: &Reply, buffer: &mut NumberBuffer) -> Result<(), JsValue> {
    let mut envelope = Envelope::new("event", &reply.event)?;
    if !reply.numbers.is_empty() {
        let numbers = buffer.put_in(&reply.numbers);
        envelope = envelope.enclose("numbers", &numbers, &numbers.buffer())?;
    }
    port.post_message_with_transferable(&envelope.message, &envelope.transfer)
}
