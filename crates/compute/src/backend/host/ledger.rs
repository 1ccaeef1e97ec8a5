//! Ledgers in the memory of the program, in double precision.

use super::Host;
use crate::Real;
use crate::backend::{At, Ledgers, Updates};
use crate::optimise::clip_scale;
use std::ops::Range;

impl<H: Host + Updates> Ledgers for H {
    type Ledger = Vec<f64>;
    type Pending = Vec<f64>;

    fn ledger(&self, entries: usize) -> Vec<f64> {
        vec![0.0; entries]
    }

    fn set_entry(&self, ledger: &mut Vec<f64>, entry: usize, number: f64) {
        ledger[entry] = number;
    }

    fn enter(
        &self,
        At(numbers, index): At<&Vec<Self::Elem>>,
        factor: f64,
        ledger: &mut Vec<f64>,
        entry: usize,
    ) {
        ledger[entry] += factor * numbers[index].to_f64();
    }

    fn enter_squares(&self, numbers: At<&Vec<Self::Elem>>, len: usize, ledger: &mut Vec<f64>, entry: usize) {
        ledger[entry] = self.sum_of_squares(numbers, len);
    }

    fn enter_squared_distance(&self, [a, b]: [&Vec<Self::Elem>; 2], ledger: &mut Vec<f64>, entry: usize) {
        ledger[entry] = self.squared_distance(a, b);
    }

    fn clip(&self, numbers: &mut Vec<Self::Elem>, ledger: &Vec<f64>, squares: Range<usize>, max_norm: f64) {
        let scale = clip_scale(libm::sqrt(ledger[squares].iter().sum()), max_norm);
        if scale < 1.0 {
            let scale = Self::Elem::from_f64(scale);
            for number in numbers {
                *number = scale * *number;
            }
        }
    }

    fn copy_if_finite(
        &self,
        (ledger, entry): (&Vec<f64>, usize),
        source: &Vec<Self::Elem>,
        target: &mut Vec<Self::Elem>,
        len: usize,
    ) {
        if ledger[entry].is_finite() {
            self.copy(At(source, 0), At(target, 0), len);
        }
    }

    fn known(&self, ledger: &Vec<f64>, entry: usize) -> Option<f64> {
        Some(ledger[entry])
    }

    fn pending(&self, entries: usize) -> Vec<f64> {
        vec![0.0; entries]
    }

    fn request(&self, ledger: &Vec<f64>, pending: &mut Vec<f64>) {
        pending.copy_from_slice(ledger);
    }

    fn fetch(&self, pending: &mut Vec<f64>, entries: &mut [f64]) -> bool {
        entries.copy_from_slice(pending);
        true
    }
}
