//! Drives a session with helpers, whose letters are carried by hand.

use crate::driver::Driver;
use rnn_labs::{Helper, Payload, Reply};
use rnn_protocol::{Command, Event, HelperCommand, Staffing};
use std::cell::RefCell;
use std::rc::Rc;

/// A clock that goes on so far at every look makes every step long enough to be split.
const SLOW_TICK_MILLIS: f64 = 4.0;

/// A command, and whom it is for.
type Letter = (u32, HelperCommand, Payload);

/// A session, its helpers, and the wire between them.
pub struct Crew {
    /// The lead.
    pub driver: Driver,
    /// By number, from 1; `None` is dead.
    pub helpers: Vec<Option<Helper>>,
    /// Commands that are still on their way.
    letters: Rc<RefCell<Vec<Letter>>>,
    /// Answers that are still on their way.
    pub replies: Vec<(u32, Reply)>,
}

impl Crew {
    /// A lead with this many helpers.
    #[must_use]
    pub fn new(helpers: u32) -> Self {
        let mut driver = Driver::unwatched();
        driver.tick_millis.set(SLOW_TICK_MILLIS);
        let letters = Rc::new(RefCell::new(Vec::new()));
        let hire = |number| {
            let letters = Rc::clone(&letters);
            let post = move |command, payload| letters.borrow_mut().push((number, command, payload));
            assert_eq!(driver.session.add_helper(Box::new(post)), number);
            Some(Helper::default())
        };
        let helpers = (1..=helpers).map(hire).collect();
        Self { driver, helpers, letters, replies: Vec::new() }
    }

    /// Has every helper do what it was told. Their answers wait.
    pub fn let_helpers_work(&mut self) {
        for (to, command, payload) in self.letters.take() {
            let Some(helper) = &mut self.helpers[to as usize - 1] else { continue };
            if let Some(reply) = helper.handle(command, payload) {
                self.replies.push((to, reply));
            }
        }
    }

    /// Hands the helpers' answers over, in reverse: the order in which they come must not matter.
    pub fn deliver(&mut self) {
        for (from, reply) in self.replies.drain(..).rev() {
            self.driver.session.hear_helper(from, reply);
        }
    }

    /// Lets the lead work until it waits or has nothing to do.
    pub fn let_lead_work(&mut self) {
        while self.driver.slice() {}
    }

    /// Steps one by one, and lets what falls due with each finish.
    pub fn steps(&mut self, count: u32) {
        for _ in 0..count {
            self.driver.send(Command::Step);
            self.finish_step();
        }
    }

    /// Lets everybody work until nothing is left to do. Time passes for a lead that waits for the dead.
    pub fn finish_step(&mut self) {
        loop {
            self.let_lead_work();
            if self.driver.session.wake_after().is_none() {
                return;
            }
            self.let_helpers_work();
            self.deliver();
        }
    }

    /// Who trains, as last said, and how many helpers were lost.
    #[must_use]
    pub fn staffing(&self) -> Option<(Staffing, u32)> {
        self.driver.events.iter().rev().find_map(|event| match event {
            Event::Staffed { staffing, lost_helpers, .. } => Some((*staffing, *lost_helpers)),
            _ => None,
        })
    }
}
