//! A loss curve that never takes more than a few numbers, however long it gets.

use rnn_protocol::{CurvePoint, MAX_CURVE_POINTS, StepReport};

/// Points at steps evenly apart, and the last one.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    /// At steps 1, 1 + stride, 1 + 2·stride …
    even: Vec<CurvePoint>,
    stride: u32,
    last: Option<CurvePoint>,
}

impl Curve {
    pub(super) fn new() -> Self {
        Self { even: Vec::new(), stride: 1, last: None }
    }

    /// Takes in the next step.
    pub(super) fn push(&mut self, StepReport { step, loss, .. }: StepReport) {
        let point = CurvePoint { step, loss };
        self.last = Some(point);
        if !(step - 1).is_multiple_of(self.stride) {
            return;
        }
        self.even.push(point);
        // Room is left for the last point.
        if self.even.len() == MAX_CURVE_POINTS {
            self.stride *= 2;
            let stride = self.stride;
            self.even.retain(|point| (point.step - 1).is_multiple_of(stride));
        }
    }

    /// All points, oldest first.
    pub(super) fn points(&self) -> Vec<CurvePoint> {
        let last = self.last.filter(|last| self.even.last() != Some(last));
        self.even.iter().copied().chain(last).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_is_thinned_evenly_and_ends_at_the_last_step() {
        let mut curve = Curve::new();
        assert!(curve.points().is_empty());
        for step in 1..=5_000 {
            curve.push(StepReport { step, loss: step as f32, grad_norm: 0.0 });
            let points = curve.points();
            assert!(points.len() <= MAX_CURVE_POINTS);
            assert_eq!((points[0].step, points.last().unwrap().step), (1, step));
        }
        let points = curve.points();
        assert!(points.len() > MAX_CURVE_POINTS / 2, "{} points", points.len());
        let gaps: Vec<u32> = points.windows(2).map(|pair| pair[1].step - pair[0].step).collect();
        let (last, even) = gaps.split_last().unwrap();
        assert!(even.iter().all(|gap| *gap == 128) && *last <= 128, "{gaps:?}");
    }
}
