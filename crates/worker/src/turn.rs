//! Turns: slices of work with the browser's own work between them.

use crate::outbox;
use rnn_labs::Session;
use rnn_protocol::Event;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
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
    /// Requests a turn when a helper has been waited for in vain.
    alarm: Closure<dyn FnMut()>,
    is_alarm_set: Cell<bool>,
}

impl Turns {
    /// Turns for `session`; none is taken before it is requested.
    pub(crate) fn new(session: Rc<RefCell<Session>>, scope: DedicatedWorkerGlobalScope) -> Rc<Self> {
        let channel = MessageChannel::new().expect_throw("a worker can make a message channel");
        let turns = Rc::new_cyclic(|turns: &Weak<Self>| {
            let woken = Weak::clone(turns);
            let alarm = Closure::new(move || woken.upgrade().iter().for_each(|turns| turns.wake()));
            let (is_requested, is_alarm_set) = (Cell::new(false), Cell::new(false));
            Self { session, scope, port: channel.port2(), is_requested, alarm, is_alarm_set }
        });
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
            let file = matches!(event, Event::Saved { .. }).then(|| session.take_file()).flatten();
            match file {
                Some(file) => outbox::post_file(&self.scope, &event, &file),
                None => outbox::post_event(&self.scope, &event),
            }
        }
        if let Some(snapshot) = session.take_snapshot() {
            outbox::post_snapshot(&self.scope, &snapshot);
        }
        if is_busy {
            self.request();
        } else if let Some(millis) = session.wake_after() {
            self.set_alarm(millis);
        }
    }

    /// One alarm is enough: whoever still waits when it rings sets the next.
    fn set_alarm(&self, millis: f64) {
        if !self.is_alarm_set.replace(true) {
            let alarm = self.alarm.as_ref().unchecked_ref();
            self.scope
                .set_timeout_with_callback_and_timeout_and_arguments_0(alarm, millis.ceil() as i32)
                .expect_throw("a worker has timers");
        }
    }

    fn wake(&self) {
        self.is_alarm_set.set(false);
        self.request();
    }
}
