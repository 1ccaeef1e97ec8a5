//! Memory and sums: nothing is rounded in another order than in the reference, so the bits are the same.

#[cfg(test)]
use super::CPU;
use super::{Agreement, RAGGED, buffer, host, numbers, truth};
#[cfg(test)]
use crate::backend::Reference;
use crate::backend::{At, Memory};

/// Every sum, one after another into the same buffers.
fn sums<B: Memory>(backend: &B, rows: usize, width: usize) -> Vec<f64> {
    let len = rows * width + 9;
    let source = buffer(backend, &numbers(len, 1));
    let row = buffer(backend, &numbers(width, 2));
    let mut sum = buffer(backend, &numbers(width + 1, 3));
    let mut targets = [4, 5, 6, 7].map(|seed| buffer(backend, &numbers(len, seed)));
    backend.add(At(&source, 2), At(&mut targets[0], 5), rows * width);
    backend.add_row(At(&source, 3), &row, At(&mut targets[1], 4), rows, width);
    backend.fill_rows(&row, At(&mut targets[2], 1), rows, width);
    backend.copy(At(&source, 1), At(&mut targets[3], 6), rows * width);
    backend.fill(At(&mut targets[3], 2), 3, Default::default());
    backend.sum_rows(At(&source, 7), &mut sum, rows, width);
    let targets = targets.map(|target| host(backend, &target, len));
    targets.into_iter().flatten().chain(host(backend, &sum, width + 1)).collect()
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: rows and width; numbers.
#[must_use]
pub fn agreement<B: Memory>(backend: &B) -> Vec<Agreement> {
    let [mut moved, mut squares] = ["moves and sums", "sums of squares"].map(Agreement::new);
    let ragged = [0, 1, 2, 5, 33].into_iter().flat_map(|rows| RAGGED.map(|width| [rows, width]));
    // The gates of 64 sequences, and the logits of a large vocabulary.
    for [rows, width] in ragged.chain([[640, 2048], [64, 10_000]]) {
        moved.compare(&[rows, width], &sums(backend, rows, width), &sums(&truth(), rows, width));
    }
    // The weights of 512 units, and a table of symbols.
    for len in RAGGED.into_iter().chain([2048 * 512, 10_000 * 128]) {
        let drawn = numbers(len + 3, 1);
        let found = backend.sum_of_squares(At(&buffer(backend, &drawn), 3), len);
        squares.compare(&[len], &[found], &[truth().sum_of_squares(At(&drawn, 3), len)]);
    }
    vec![moved, squares]
}

#[test]
fn sums_have_the_bits_of_the_reference() {
    for rows in [0, 1, 2, 5] {
        for width in RAGGED {
            assert_eq!(sums(&CPU, rows, width), sums(&Reference::<f32>::new(), rows, width));
        }
    }
}

#[test]
fn sum_of_squares_agrees() {
    for len in RAGGED {
        let drawn = numbers(len + 3, 1);
        let found = CPU.sum_of_squares(At(&buffer(&CPU, &drawn), 3), len);
        let want = truth().sum_of_squares(At(&drawn, 3), len);
        // Sums of 127 squares of 24-bit numbers are nearly exact in f64; measured 0.
        assert!((found - want).abs() <= 1e-13 * want, "{len}: {found} {want}");
    }
}

#[test]
fn sum_of_squares_is_infinite_only_if_a_number_was() {
    let square = f64::from(f32::MAX) * f64::from(f32::MAX);
    assert_eq!(CPU.sum_of_squares(At(&vec![f32::MAX; 16], 0), 16), 16.0 * square);
    for place in 0..11 {
        for lost in [f32::INFINITY, f32::NAN] {
            let mut numbers = vec![1.0; 11];
            numbers[place] = lost;
            let found = CPU.sum_of_squares(At(&numbers, 0), 11);
            assert_eq!(found.is_nan(), lost.is_nan(), "{place}");
            assert!(!found.is_finite(), "{place}");
        }
    }
}
