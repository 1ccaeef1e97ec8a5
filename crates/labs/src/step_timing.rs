//! How long a run's steps take, before anybody else is asked to take them.

/// Steps that are timed. The first also lays out memory and is not counted.
const TIMED_STEPS: u32 = 4;

/// The shortest of a run's first steps: what else the machine does makes steps longer, never shorter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepTiming {
    steps: u32,
    shortest_millis: f64,
}

impl Default for StepTiming {
    fn default() -> Self {
        Self { steps: 0, shortest_millis: f64::INFINITY }
    }
}

impl StepTiming {
    pub(crate) fn count(&mut self, millis: f64) {
        self.steps += 1;
        if self.steps > 1 {
            self.shortest_millis = self.shortest_millis.min(millis);
        }
    }

    /// What a step takes, once enough are timed.
    pub(crate) fn millis(&self) -> Option<f64> {
        (self.steps >= TIMED_STEPS).then_some(self.shortest_millis)
    }
}
