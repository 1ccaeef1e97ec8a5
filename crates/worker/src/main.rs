//! Runs a session off the page's thread.
//!
//! `command → mailbox → Session → event | snapshot`. Messages wait in the mailbox while the session
//! works; it works in slices of a few milliseconds, so that Pause acts at once. Between two slices
//! control goes back to the browser, through a message channel because timers would wait longer.
//!
//! Several workers can train one run: the page gives each pair of lead and helper the two ends of a message
//! port. A lead is a worker like any other; a helper does nothing but what its lead says.

mod gpu_door;
mod helper_port;
mod lead_port;
mod mailbox;
mod outbox;
mod turn;
mod wire;

use rnn_labs::{Session, SessionConfig};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, UnwrapThrowExt};
use web_sys::DedicatedWorkerGlobalScope;

fn main() {
    console_error_panic_hook::set_once();
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let performance = scope.performance().expect_throw("a worker has a clock");
    let clock = Rc::new(move || performance.now());
    let session = Rc::new(RefCell::new(Session::new(clock, SessionConfig::default())));
    let turns = turn::Turns::new(Rc::clone(&session), scope.clone());
    let gpu_door = gpu_door::GpuDoor::new(Rc::clone(&session), Rc::clone(&turns));
    mailbox::open(&scope, session, Rc::clone(&turns), gpu_door);
    // The session's greeting waits in its outbox.
    turns.request();
}
