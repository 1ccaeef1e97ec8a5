//! How fast training goes.

/// Items per second over the last second of training.
#[derive(Debug, Default)]
pub(crate) struct RateMeter {
    /// Since the last reading.
    items: f64,
    millis: f64,
    per_second: f32,
}

/// A reading is taken when this much training time has passed, so that it neither flickers nor lags.
const READING_MILLIS: f64 = 1000.0;

impl RateMeter {
    /// Counts `items` trained on in `millis`.
    pub(crate) fn count(&mut self, items: f64, millis: f64) {
        self.items += items;
        self.millis += millis;
        // The first reading comes early, so that there is something to see.
        if self.millis >= READING_MILLIS || (self.per_second == 0.0 && self.items > 0.0) {
            self.per_second = (1000.0 * self.items / self.millis.max(1e-3)) as f32;
            self.items = 0.0;
            self.millis = 0.0;
        }
    }

    /// The last reading; 0 before the first.
    pub(crate) fn per_second(&self) -> f32 {
        self.per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_covers_about_a_second() {
        let mut meter = RateMeter::default();
        meter.count(0.0, 50.0);
        assert_eq!(meter.per_second(), 0.0);
        meter.count(2048.0, 50.0);
        assert_eq!(meter.per_second(), 20480.0);
        for _ in 0..10 {
            meter.count(1000.0, 100.0);
        }
        assert_eq!(meter.per_second(), 10_000.0);
    }
}
