//! What a step is judged by: its loss, its norms, and what follows from them.
//!
//! A device works behind the program that drives it. What decides about the next kernel (whether a loss is
//! finite, by how much gradients are scaled) is therefore kept there, as entries of a ledger, and whoever
//! wants to know asks for them and goes on with other work until they arrive. Where the numbers lie in the
//! program's memory they are known at once.

use super::{At, Memory};
use std::ops::Range;

/// Sums that stay on the device, and reading them.
pub trait Ledgers: Memory {
    /// A row of numbers, the entries.
    type Ledger;
    /// The entries of a ledger on their way.
    type Pending;

    /// A ledger of so many entries, all 0.
    fn ledger(&self, entries: usize) -> Self::Ledger;
    /// Sets an entry.
    fn set_entry(&self, ledger: &mut Self::Ledger, entry: usize, number: f64);
    /// `entry += factor · number`.
    fn enter(&self, number: At<&Self::Buffer>, factor: f64, ledger: &mut Self::Ledger, entry: usize);
    /// `entry = Σ x²`, over `len` numbers.
    fn enter_squares(&self, numbers: At<&Self::Buffer>, len: usize, ledger: &mut Self::Ledger, entry: usize);
    /// `entry = Σ (a − b)²`, over all numbers of two buffers of one length.
    fn enter_squared_distance(&self, pair: [&Self::Buffer; 2], ledger: &mut Self::Ledger, entry: usize);
    /// Multiplies all numbers of a buffer by `max_norm / (√Σ entries + 1e-6)`, if that is below 1: a part of
    /// what has the squares in these entries is scaled to bring the norm of the whole down to `max_norm`.
    fn clip(&self, numbers: &mut Self::Buffer, ledger: &Self::Ledger, squares: Range<usize>, max_norm: f64);
    /// Copies `len` numbers if the entry is finite.
    fn copy_if_finite(
        &self,
        judged: (&Self::Ledger, usize),
        source: &Self::Buffer,
        target: &mut Self::Buffer,
        len: usize,
    );
    /// An entry, if it can be known without waiting.
    fn known(&self, ledger: &Self::Ledger, entry: usize) -> Option<f64>;
    /// Room for reading a ledger of so many entries.
    fn pending(&self, entries: usize) -> Self::Pending;
    /// Asks for the entries as they are after all that was begun before. What was asked for earlier with this
    /// room must have been fetched.
    fn request(&self, ledger: &Self::Ledger, pending: &mut Self::Pending);
    /// Fetches the entries, if they have arrived; NaN each if the device has failed.
    fn fetch(&self, pending: &mut Self::Pending, entries: &mut [f64]) -> bool;
}
