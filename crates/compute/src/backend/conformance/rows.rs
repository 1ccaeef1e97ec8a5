//! Rows and columns moved, and pooled over time: the bits are those of the reference in `f32`.

use super::{Agreement, RAGGED, buffer, host, indices, numbers, truth};
#[cfg(test)]
use super::{CPU, bits};
#[cfg(test)]
use crate::backend::Reference;
use crate::backend::{At, ColumnBlock, Rows, TimePoolDims, TimePoolingKernels, Write};

const ROWS: [u32; 4] = [5, 0, 3, 1];

/// Every move, one after the other into the same buffers.
fn moves<B: Rows>(backend: &B, width: usize) -> Vec<f64> {
    let len = 7 * width + 9;
    let rows = indices(backend, &ROWS);
    let source = buffer(backend, &numbers(len, 1));
    let mut targets = [2, 3, 4, 5].map(|seed| buffer(backend, &numbers(len, seed)));
    let [gathered, scattered, block_target, sum] = &mut targets;
    for (start, write) in [(2, Write::Overwrite), (4, Write::Accumulate)] {
        backend.gather_rows(At(&source, start), &rows, At(gathered, 3), ROWS.len(), width, write);
        backend.scatter_rows(At(&source, 3), &rows, At(scattered, start), ROWS.len(), width, write);
    }
    let narrow =
        ColumnBlock { rows: 5, width: width.div_ceil(2), source_stride: width, target_stride: width };
    backend.move_columns(narrow, At(&source, 1), At(block_target, 2), Write::Overwrite);
    backend.move_columns(
        ColumnBlock { target_stride: width + 1, ..narrow },
        At(&source, 2),
        At(sum, 1),
        Write::Accumulate,
    );
    targets.iter().flat_map(|target| host(backend, target, len)).collect()
}

/// Two sequences of three and one steps, pooled both ways.
fn pooled<B: TimePoolingKernels>(backend: &B, width: usize) -> Vec<f64> {
    let dims = TimePoolDims { steps: 3, batch: 2, width };
    let len = 6 * width + 9;
    let (rows, lengths) = (indices(backend, &[4, 0, 2, 5, 9, 9]), indices(backend, &[3, 1]));
    let source = buffer(backend, &numbers(len, 6));
    let mut winners = backend.indices(2 * width);
    let mut targets = [7, 8].map(|seed| buffer(backend, &numbers(len, seed)));
    let mut d_sources = [9, 10].map(|seed| buffer(backend, &numbers(len, seed)));
    backend.mean_over_time(dims, At(&source, 3), &rows, &lengths, At(&mut targets[0], 1));
    backend.max_over_time(dims, At(&source, 2), &rows, &lengths, At(&mut targets[1], 4), &mut winners);
    backend.mean_over_time_backward(dims, At(&source, 1), &rows, &lengths, At(&mut d_sources[0], 5));
    backend.max_over_time_backward(dims, At(&source, 5), &winners, At(&mut d_sources[1], 3));
    targets.iter().chain(&d_sources).flat_map(|target| host(backend, target, len)).collect()
}

/// Every scenario of this suite, compared with the scalar reference.
#[must_use]
pub fn agreement<B: Rows + TimePoolingKernels>(backend: &B) -> Vec<Agreement> {
    let [mut moved, mut over_time] = ["rows and columns", "pooling over time"].map(Agreement::new);
    for width in RAGGED {
        moved.compare(&moves(backend, width), &moves(&truth(), width));
        over_time.compare(&pooled(backend, width), &pooled(&truth(), width));
    }
    vec![moved, over_time]
}

#[test]
fn rows_have_the_bits_of_the_reference() {
    for width in RAGGED {
        let reference = Reference::<f32>::new();
        assert_eq!(bits(&moves(&CPU, width)), bits(&moves(&reference, width)));
        assert_eq!(bits(&pooled(&CPU, width)), bits(&pooled(&reference, width)));
    }
}

#[test]
fn a_maximum_takes_the_first_of_equals_and_whatever_is_lost() {
    let dims = TimePoolDims { steps: 3, batch: 1, width: 3 };
    let source = vec![1.0, f32::NAN, 2.0, 1.0, 7.0, f32::NAN, 0.0, 8.0, 3.0];
    let (mut target, mut winners) = (vec![0.0_f32; 3], vec![0; 3]);
    let rows = vec![0, 1, 2];
    CPU.max_over_time(dims, At(&source, 0), &rows, &vec![3], At(&mut target, 0), &mut winners);
    assert_eq!((target[0], winners.as_slice()), (1.0, [0, 0, 1].as_slice()));
    assert!(target[1].is_nan() && target[2].is_nan());
}
