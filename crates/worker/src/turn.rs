//! Turns: slices of work with the browser's own work between them.

use crate::outbox;
use rnn_labs::Session;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue, UnwrapThrowExt};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessagePort};

/// Long enough that handing over costs nothing, short enough that a command never waits.
const SLICE_MILLIS: f64 = 8.0;

/// Gives the session its turns for as long as it has anything to do.
pub(crate) struct Turns {
    session: Rc<RefCell<Session>>,
    scope: DedicatedWorkerGlobalScope,
    /// A message posted here comes back as the next turn.
    port: MessagePort,
    is_requested: Cell<bool>,
}

impl Turns {
    /// Turns for `session`; none is taken before it is requested.
    pub(crate) fn new(session: Rc<RefCell<Session>>, scope: DedicatedWorkerGlobalScope) -> Rc<Self> {
        let channel = MessageChannel::new().expect_throw("a worker can make a message channel");
        let is_requested = Cell::new(false);
        let turns = Rc::new(Self { session, scope, port: channel.port2(), is_requested });
        let taken = Rc::clone(&turns);
        let on_turn = Closure::<dyn FnMut()>::new(move || taken.take());
        channel.port1().set_onmessage(Some(on_turn.as_ref().unchecked_ref()));
        on_turn.forget();
        turns
    }

    /// Asks for a turn, if none is on its way.
    pub(crate) fn request(&self) {
        if !self.is_requested.replace(true) {
            self.port.post_message(&JsValue::NULL).expect_throw("the channel is open");
        }
    }

    fn take(&self) {
        self.is_requested.set(false);
        let mut session = self.session.borrow_mut();
        let is_busy = session.advance(SLICE_MILLIS);
        for event in session.take_events() {
            outbox::post_event(&self.scope, &event);
        }
        if let Some(snapshot) = session.take_snapshot() {
            outbox::post_snapshot(&self.scope, &snapshot);
        }
        if is_busy {
            self.request();
        }
    }
}
