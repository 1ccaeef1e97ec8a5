//! Time slices: how a session works for a few milliseconds and then lets others in.

/// What time it is. The crate reads no clock of its own, since there is none that both the browser
/// and the terminal have.
pub trait Clock {
    /// Milliseconds since some fixed moment.
    fn now_millis(&self) -> f64;
}

impl<F: Fn() -> f64> Clock for F {
    fn now_millis(&self) -> f64 {
        self()
    }
}

/// A stretch of time in which to work.
pub struct Slice<'a> {
    clock: &'a dyn Clock,
    end_millis: f64,
}

impl<'a> Slice<'a> {
    /// The next `millis` milliseconds.
    pub fn new(clock: &'a dyn Clock, millis: f64) -> Self {
        Self { clock, end_millis: clock.now_millis() + millis }
    }

    /// Whether it is over, to be asked between small parts of work.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.clock.now_millis() >= self.end_millis
    }
}
