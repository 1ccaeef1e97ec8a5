//! Axes: where the ticks stand and what is written at them.

use crate::format::power_of_ten;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use std::ops::Range;

/// Decades that a logarithmic axis shows at most: what lies below has vanished for every purpose.
const DECADES: i32 = 14;

/// One mark on an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where.
    pub at: f64,
    /// What is written there.
    pub label: String,
}

/// An axis with marks at given places. A logarithmic one works on the exponents.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    range: Range<f64>,
    ticks: Vec<Tick>,
}

impl Axis {
    /// From `start` to `end` with about `count` marks at round numbers.
    #[must_use]
    pub fn linear(start: f64, end: f64, count: usize) -> Self {
        let end = if end > start { end } else { start + 1.0 };
        let step = round_step((end - start) / count.max(1) as f64);
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        let first = (start / step).ceil() as i64;
        let last = (end / step + 1e-9).floor() as i64;
        let ticks = (first..=last)
            .map(|index| index as f64 * step)
            .map(|at| Tick { at, label: format!("{at:.decimals$}").replace('-', "−") })
            .collect();
        Self { range: start..end, ticks }
    }

    /// From `start` to `end` with these marks.
    #[must_use]
    pub fn marked(start: f64, end: f64, ticks: Vec<Tick>) -> Self {
        Self { range: start..end, ticks }
    }

    /// Over the exponents of positive numbers from `least` to `greatest`, marked at powers of ten,
    /// about `count` of them.
    #[must_use]
    pub fn logarithmic(least: f64, greatest: f64, count: usize) -> Self {
        let top = greatest.max(f64::MIN_POSITIVE).log10().ceil().clamp(-40.0, 40.0) as i32;
        let bottom = least.max(f64::MIN_POSITIVE).log10().floor().clamp(-60.0, 40.0) as i32;
        let bottom = bottom.clamp(top - DECADES, top - 2);
        let stride = ((top - bottom) as usize).div_ceil(count.max(1)).max(1);
        let ticks = (bottom..=top)
            .rev()
            .step_by(stride)
            .map(|exponent| Tick { at: f64::from(exponent), label: power_of_ten(exponent) })
            .collect();
        Self { range: f64::from(bottom)..f64::from(top), ticks }
    }

    /// Its marks.
    #[must_use]
    pub fn ticks(&self) -> &[Tick] {
        &self.ticks
    }

    /// What is written at a mark.
    #[must_use]
    pub fn label_at(&self, at: f64) -> String {
        self.ticks.iter().find(|tick| tick.at == at).map_or_else(String::new, |tick| tick.label.clone())
    }
}

/// The exponent of a norm on a logarithmic axis; what is not positive lies below every axis, and
/// what is no number stays none.
#[must_use]
pub fn exponent(value: f32) -> f64 {
    if value > 0.0 {
        f64::from(value).log10()
    } else if value.is_nan() {
        f64::NAN
    } else {
        f64::from(f32::MIN_POSITIVE).log10() - 8.0
    }
}

/// The end of an axis of training steps: a round number a little ahead, so that the axis stands
/// still while the curve grows.
#[must_use]
pub fn round_end(steps: f64) -> f64 {
    const MANTISSAS: [f64; 10] = [1.0, 1.25, 1.6, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0];
    let steps = steps.max(100.0);
    let power = 10f64.powf(steps.log10().floor());
    let end = MANTISSAS.iter().map(|mantissa| mantissa * power).find(|end| *end >= steps);
    end.unwrap_or(power * 10.0)
}

fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let mantissa = step / power;
    power * [1.0, 2.0, 5.0].into_iter().find(|round| mantissa <= *round).unwrap_or(10.0)
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let part = (value - self.range.start) / (self.range.end - self.range.start);
        // What lies outside is drawn on the border: a gradient that has vanished runs along the floor.
        let part = part.clamp(0.0, 1.0);
        limit.0 + (part * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.iter().map(|tick| tick.at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format(value: &f64) -> String {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks().iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn linear_marks_stand_at_round_numbers() {
        assert_eq!(labels(&Axis::linear(1.5, 6.5, 5)), ["2", "3", "4", "5", "6"]);
        assert_eq!(labels(&Axis::linear(0.0, 1.0, 5)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&Axis::linear(0.0, 2_000.0, 4)), ["0", "500", "1000", "1500", "2000"]);
        assert_eq!(Axis::linear(3.0, 3.0, 4).range(), 3.0..4.0, "an empty range is widened");
    }

    #[test]
    fn logarithmic_marks_stand_at_powers_of_ten() {
        let axis = Axis::logarithmic(2e-4, 0.5, 6);
        assert_eq!(labels(&axis), ["10⁰", "10⁻¹", "10⁻²", "10⁻³", "10⁻⁴"]);
        assert_eq!(axis.range(), -4.0..0.0);
        let wide = Axis::logarithmic(0.0, 1e3, 5);
        assert_eq!(wide.range(), f64::from(3 - DECADES)..3.0, "what has vanished is cut off");
        assert!(wide.ticks().len() <= 6);
        assert_eq!(Axis::logarithmic(0.9, 1.0, 5).range(), -2.0..0.0, "at least two decades");
    }

    #[test]
    fn exponents_of_what_cannot_be_drawn_are_below_or_missing() {
        assert_eq!(exponent(0.01).round(), -2.0);
        assert!(exponent(0.0) < -40.0);
        assert!(exponent(f32::NAN).is_nan());
    }

    #[test]
    fn the_axis_of_steps_ends_a_little_ahead() {
        assert_eq!(round_end(0.0), 100.0);
        assert_eq!(round_end(101.0), 125.0);
        assert_eq!(round_end(2_000.0), 2_000.0);
        assert_eq!(round_end(9_000.0), 10_000.0);
    }

    #[test]
    fn what_lies_outside_is_drawn_on_the_border() {
        let axis = Axis::linear(0.0, 1.0, 2);
        assert_eq!(axis.map(&0.5, (0, 100)), 50);
        assert_eq!(axis.map(&1e30, (0, 100)), 100);
    }
}
