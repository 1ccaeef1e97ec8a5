//! The walk through the Anatomy lab's sentence, as the page knows it.

use rnn_protocol::{WalkLook, WalkRequest};
use std::ops::Deref;
use std::sync::Arc;

/// Lines that are asked for before and behind the one in hand.
const LINES_BEFORE: u32 = 64;
const LINES: u32 = 192;

/// What was asked for, and what came.
#[derive(Debug, Clone, Default)]
pub struct Walk {
    /// What the worker was asked for; nothing while no lab shows a walk.
    pub request: Option<WalkRequest>,
    /// What came last.
    pub look: Option<SharedWalk>,
}

/// A walk that many read; two are the same if they came in the same message.
#[derive(Debug, Clone)]
pub struct SharedWalk(Arc<WalkLook>);

impl SharedWalk {
    /// Shares a walk.
    #[must_use]
    pub fn new(look: WalkLook) -> Self {
        Self(Arc::new(look))
    }
}

impl Deref for SharedWalk {
    type Target = WalkLook;

    fn deref(&self) -> &WalkLook {
        &self.0
    }
}

impl PartialEq for SharedWalk {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Walk {
    /// Takes in a walk that came.
    pub fn show(&mut self, look: WalkLook) {
        if self.request.is_some() {
            self.look = Some(SharedWalk::new(look));
        }
    }

    /// What is to be asked for so that a line can be read; nothing if it is there, or on its way.
    #[must_use]
    pub fn want(&self, line: u32) -> Option<WalkRequest> {
        let asked = self
            .request
            .is_some_and(|WalkRequest { first, count }| (first..first.saturating_add(count)).contains(&line));
        let first = line.saturating_sub(LINES_BEFORE);
        (!asked).then_some(WalkRequest { first, count: LINES })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_asked_for_once_and_some_around_them() {
        let mut walk = Walk::default();
        assert_eq!(walk.want(0), Some(WalkRequest { first: 0, count: 192 }));
        walk.request = walk.want(0);
        assert_eq!((walk.want(0), walk.want(191)), (None, None));
        assert_eq!(walk.want(192), Some(WalkRequest { first: 128, count: 192 }));
    }
}
