//! Ledgers on the device: an entry is what `sum_of_squares.wgsl` calls a part, three sums and a mark of what is
//! not finite.

use super::squares::{self, joined};
use crate::Buffer;
use crate::buffer::{VECTOR, Words, word};
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use crate::read_ticket::ReadTicket;
use rnn_compute::backend::{At, Ledgers};
use std::ops::Range;

kernels! {
    ENTER(Enter { start: u32, entry: u32, factor: f32 }) = "enter" [Read, Write];
    JOIN_SQUARES(JoinSquares { parts: u32, entry: u32 }) = "join_squares" [Read, Write];
    CLIP(Clip { len: u32, first: u32, last: u32, bound: f32 }) = "clip" [Write, Read];
    COPY_IF_FINITE(CopyIfFinite { len: u32, entry: u32 }) = "copy_if_finite" [Read, Read, Write];
}

/// Entries on the device.
pub struct Ledger(Words);

/// Entries on their way from the device.
#[derive(Default)]
pub struct Pending(Option<ReadTicket>);

impl Gpu {
    fn join(&self, (partial, parts): (&Words, usize), ledger: &Ledger, entry: usize) {
        let params = JoinSquares { parts: word(parts), entry: word(entry) };
        self.run(&JOIN_SQUARES, params, [partial, &ledger.0], Groups::tiles(1, 1, 1));
    }
}

impl Ledgers for Gpu {
    type Ledger = Ledger;
    type Pending = Pending;

    fn ledger(&self, entries: usize) -> Ledger {
        Ledger(self.allocate(entries * VECTOR))
    }

    fn set_entry(&self, ledger: &mut Ledger, entry: usize, number: f64) {
        let number = number as f32;
        let lost = f32::from(u8::from(number.is_infinite()) | u8::from(number.is_nan()) << 1);
        self.write_words(&ledger.0, entry * VECTOR, bytemuck::cast_slice(&[0.0, number, 0.0, lost]));
    }

    fn enter(&self, At(number, start): At<&Buffer>, factor: f64, ledger: &mut Ledger, entry: usize) {
        let params = Enter { start: number.0.start(start, 1), entry: word(entry), factor: factor as f32 };
        self.run(&ENTER, params, [&number.0, &ledger.0], Groups::tiles(1, 1, 1));
    }

    fn enter_squares(&self, numbers: At<&Buffer>, len: usize, ledger: &mut Ledger, entry: usize) {
        let (partial, parts) = squares::of(self, numbers, len);
        self.join((&partial, parts), ledger, entry);
    }

    fn enter_squared_distance(&self, pair: [&Buffer; 2], ledger: &mut Ledger, entry: usize) {
        let (partial, parts) = squares::of_distance(self, pair);
        self.join((&partial, parts), ledger, entry);
    }

    fn clip(&self, numbers: &mut Buffer, ledger: &Ledger, squares: Range<usize>, max_norm: f64) {
        let len = numbers.0.len;
        let bound = max_norm as f32;
        let params = Clip { len: word(len), first: word(squares.start), last: word(squares.end), bound };
        self.run(&CLIP, params, [&numbers.0, &ledger.0], Groups::over(len));
    }

    fn copy_if_finite(
        &self,
        (ledger, entry): (&Ledger, usize),
        source: &Buffer,
        target: &mut Buffer,
        len: usize,
    ) {
        source.0.start(0, len);
        target.0.start(0, len);
        let params = CopyIfFinite { len: word(len), entry: word(entry) };
        self.run(&COPY_IF_FINITE, params, [&ledger.0, &source.0, &target.0], Groups::over(len));
    }

    /// Never: a device works behind the program.
    fn known(&self, _ledger: &Ledger, _entry: usize) -> Option<f64> {
        None
    }

    fn pending(&self, _entries: usize) -> Pending {
        Pending::default()
    }

    fn request(&self, ledger: &Ledger, pending: &mut Pending) {
        pending.0 = Some(self.request_words(&[(&ledger.0, 0, ledger.0.len)]));
    }

    fn fetch(&self, pending: &mut Pending, entries: &mut [f64]) -> bool {
        let Some(outcome) = pending.0.as_mut().and_then(ReadTicket::poll) else { return false };
        pending.0 = None;
        match outcome {
            Ok(parts) => {
                for (entry, part) in entries.iter_mut().zip(parts.chunks(VECTOR)) {
                    *entry = joined(part);
                }
            }
            Err(_) => entries.fill(f64::NAN),
        }
        true
    }
}
