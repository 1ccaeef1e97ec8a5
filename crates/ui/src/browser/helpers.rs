//! Workers that help the one that the page talks to: they train with it, and the page only brings them
//! together.

use super::reason;
use super::worker::{Incoming, decode, start_worker};
use js_sys::{Array, Object, Reflect};
use rnn_protocol::{Arithmetic, BUILD_ID, Event};
use wasm_bindgen::prelude::*;
use web_sys::{MessageChannel, MessageEvent, MessagePort, Worker};

/// The most workers that train one run. Beyond, the sum of the gradients takes what is gained.
const MAX_WORKERS: u32 = 4;

/// Running helpers. They end when this is dropped.
pub struct Helpers {
    helpers: Vec<Helper>,
}

struct Helper {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

/// How many helpers this machine has cores for.
#[must_use]
pub fn affordable_count() -> u32 {
    let cores = web_sys::window().map_or(1.0, |window| window.navigator().hardware_concurrency());
    (cores as u32).clamp(1, MAX_WORKERS) - 1
}

impl Helpers {
    /// Starts this many. `introduce` is called for each that has come up, with the port behind which it waits
    /// for its lead. One that does not come up, or cannot compute as the lead does, is not missed.
    pub fn start(count: u32, introduce: impl Fn(&MessagePort) + Clone + 'static) -> Self {
        let helpers = (0..count).filter_map(|_| Helper::start(introduce.clone()).ok());
        Self { helpers: helpers.collect() }
    }
}

impl Drop for Helpers {
    fn drop(&mut self) {
        for helper in &self.helpers {
            helper.worker.set_onmessage(None);
            helper.worker.terminate();
        }
    }
}

impl Helper {
    fn start(introduce: impl Fn(&MessagePort) + 'static) -> Result<Self, String> {
        let worker = start_worker(BUILD_ID, true).map_err(|error| reason(&error))?;
        let answers = worker.clone();
        // Its first and only word: what is sent to a worker before it listens is lost.
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            if is_fit(&message.data())
                && let Ok(port) = connect(&answers)
            {
                introduce(&port);
            }
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Ok(Self { worker, _on_message: on_message })
    }
}

fn is_fit(message: &JsValue) -> bool {
    match decode(message) {
        Ok(Incoming::Event(Event::Hello { build, arithmetic })) => {
            build == BUILD_ID && arithmetic == Arithmetic::Fast
        }
        _ => false,
    }
}

/// Tells a worker that it is a helper. Returns the port for its lead.
fn connect(worker: &Worker) -> Result<MessagePort, JsValue> {
    let channel = MessageChannel::new()?;
    let message = Object::new();
    Reflect::set(&message, &"lead".into(), &channel.port1())?;
    worker.post_message_with_transfer(&message, &Array::of1(&channel.port1()))?;
    Ok(channel.port2())
}
