//! Rows added to a table by index: in the order of the rows, so that the bits are those of the CPU, however many
//! name the same row and however the table is spread over workgroups.

mod common;

use common::gpu;
use rnn_compute::Cpu;
use rnn_compute::backend::{At, Symbols};

/// Rows, symbols and width.
type Shape = [usize; 3];

/// Fractions in ±1 whose sums are rounded: another order shows.
fn fractions(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

/// The table and what lies around it, after rows were added of which each names the symbol that `symbol` says.
fn added<B: Symbols<Elem = f32>>(
    backend: &B,
    [count, symbols, width]: Shape,
    symbol: fn(usize, usize) -> usize,
) -> Vec<f32> {
    let len = 3 + symbols * width + 2;
    let mut table = backend.zeros(len);
    backend.write(At(&mut table, 0), &fractions(len, 1));
    let mut source = backend.zeros(5 + count * width);
    backend.write(At(&mut source, 0), &fractions(5 + count * width, 2));
    let mut rows = backend.indices(1 + count);
    let named: Vec<_> = (0..count).map(|row| symbol(row, symbols) as u32).collect();
    backend.write_indices(At(&mut rows, 1), &named);
    backend.scatter_add(At(&source, 5), At(&rows, 1), At(&mut table, 3), count, width);
    let mut found = vec![0.0; len];
    backend.read(At(&table, 0), &mut found);
    found
}

#[test]
fn sums_have_the_bits_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let spread: fn(usize, usize) -> usize = |row, symbols| row * row * 31 % symbols;
    for symbol in [spread, |_, symbols| symbols - 1, |row, symbols| row % 3 % symbols] {
        for shape in [
            [0, 5, 7],
            [1, 1, 1],
            [63, 2, 3],
            [64, 65, 64],
            [65, 64, 65],
            [1000, 33, 127],
            // More workgroups than keep a GPU busy, were a symbol one's own.
            [300, 9001, 300],
            [130, 70_001, 5],
        ] {
            assert!(added(&gpu, shape, symbol) == added(&Cpu, shape, symbol), "{shape:?}");
        }
    }
    assert_eq!(gpu.error(), None);
}
