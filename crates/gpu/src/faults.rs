//! Failures on demand, so that tests can have them at any point of a run.

use std::cell::RefCell;

/// A failure that a test asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The device is destroyed before a dispatch.
    LostDevice,
    /// A buffer finds no memory.
    OutOfMemory,
    /// The driver does not take a shader.
    RejectedShader,
    /// A read-back fails.
    FailedRead,
}

/// The failures to come, each with how many of its occasions go by before.
#[derive(Debug, Default)]
pub(crate) struct Faults(RefCell<Vec<(Fault, u64)>>);

impl Faults {
    pub(crate) fn plan(&self, fault: Fault, occasions_before: u64) {
        self.0.borrow_mut().push((fault, occasions_before));
    }

    /// Whether the failure is due at this occasion.
    pub(crate) fn strikes(&self, fault: Fault) -> bool {
        let mut planned = self.0.borrow_mut();
        let mut is_due = false;
        planned.retain_mut(|(each, left)| {
            let is_now = *each == fault && *left == 0;
            if *each == fault {
                *left = left.saturating_sub(1);
            }
            is_due |= is_now;
            !is_now
        });
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_once_after_its_own_occasions() {
        let faults = Faults::default();
        faults.plan(Fault::FailedRead, 2);
        faults.plan(Fault::LostDevice, 0);
        let strikes: Vec<_> = (0..5).map(|_| faults.strikes(Fault::FailedRead)).collect();
        assert_eq!(strikes, [false, false, true, false, false]);
        assert!(faults.strikes(Fault::LostDevice) && !faults.strikes(Fault::LostDevice));
    }
}
