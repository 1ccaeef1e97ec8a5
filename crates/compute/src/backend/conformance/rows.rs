//! Rows and columns moved, and pooled over time: the bits are those of the reference in `f32`.

use super::{Agreement, RAGGED, buffer, host, indices, numbers, truth};
#[cfg(test)]
use super::{CPU, bits};
#[cfg(test)]
use crate::backend::Reference;
use crate::backend::{At, ColumnBlock, Rows, TimePoolDims, TimePoolingKernels, Write};

/// Every move of `count` rows, one after the other into the same buffers.
fn moves<B: Rows>(backend: &B, [count, width]: [usize; 2]) -> Vec<f64> {
    let all = count + 3;
    let len = all * width + 9;
    // No row twice: 5 is no factor of how many there are.
    assert_ne!(all % 5, 0);
    let rows: Vec<_> = (1..=count).map(|row| (5 * row % all) as u32).collect();
    let rows = indices(backend, &rows);
    let source = buffer(backend, &numbers(len, 1));
    let mut targets = [2, 3, 4, 5, 6].map(|seed| buffer(backend, &numbers(len, seed)));
    let [gathered, scattered, block_target, sum, transposed] = &mut targets;
    for (start, write) in [(2, Write::Overwrite), (4, Write::Accumulate)] {
        backend.gather_rows(At(&source, start), &rows, At(gathered, 3), count, width, write);
        backend.scatter_rows(At(&source, 3), &rows, At(scattered, start), count, width, write);
    }
    let narrow =
        ColumnBlock { rows: count + 1, width: width.div_ceil(2), source_stride: width, target_stride: width };
    backend.move_columns(narrow, At(&source, 1), At(block_target, 2), Write::Overwrite);
    backend.move_columns(
        ColumnBlock { target_stride: width + 1, ..narrow },
        At(&source, 2),
        At(sum, 1),
        Write::Accumulate,
    );
    backend.add_transposed(At(&source, 2), At(transposed, 5), count, width);
    targets.iter().flat_map(|target| host(backend, target, len)).collect()
}

/// Sequences of all lengths, pooled both ways.
fn pooled<B: TimePoolingKernels>(backend: &B, [steps, batch, width]: [usize; 3]) -> Vec<f64> {
    let dims = TimePoolDims { steps, batch, width };
    let len = steps * batch * width + 9;
    // Sequences lie one behind the other, last step first. Behind a sequence's end no row is named.
    let lengths: Vec<_> = (0..batch).map(|sequence| steps - sequence % steps).collect();
    let row = |step: usize, sequence: usize| (sequence + 1) * steps - 1 - step;
    let places = (0..batch).flat_map(|sequence| (0..steps).map(move |step| (step, sequence)));
    let rows: Vec<_> = places
        .map(|(step, sequence)| if step < lengths[sequence] { row(step, sequence) as u32 } else { u32::MAX })
        .collect();
    let lengths: Vec<_> = lengths.into_iter().map(|length| length as u32).collect();
    let (rows, lengths) = (indices(backend, &rows), indices(backend, &lengths));
    let source = buffer(backend, &numbers(len, 6));
    let mut winners = backend.indices(batch * width);
    let mut targets = [7, 8].map(|seed| buffer(backend, &numbers(len, seed)));
    let mut d_sources = [9, 10].map(|seed| buffer(backend, &numbers(len, seed)));
    backend.mean_over_time(dims, At(&source, 3), &rows, &lengths, At(&mut targets[0], 1));
    backend.max_over_time(dims, At(&source, 2), &rows, &lengths, At(&mut targets[1], 4), &mut winners);
    backend.mean_over_time_backward(dims, At(&source, 1), &rows, &lengths, At(&mut d_sources[0], 5));
    backend.max_over_time_backward(dims, At(&source, 5), &winners, At(&mut d_sources[1], 3));
    targets.iter().chain(&d_sources).flat_map(|target| host(backend, target, len)).collect()
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: rows and width; T, B and width.
#[must_use]
pub fn agreement<B: Rows + TimePoolingKernels>(backend: &B) -> Vec<Agreement> {
    let [mut moved, mut over_time] = ["rows and columns", "pooling over time"].map(Agreement::new);
    // 64 sequences last.
    for shape in RAGGED.map(|width| [4, width]).into_iter().chain([[640, 512]]) {
        moved.compare(&shape, &moves(backend, shape), &moves(&truth(), shape));
    }
    for shape in RAGGED.map(|width| [3, 2, width]).into_iter().chain([[100, 64, 128]]) {
        over_time.compare(&shape, &pooled(backend, shape), &pooled(&truth(), shape));
    }
    vec![moved, over_time]
}

#[test]
fn rows_have_the_bits_of_the_reference() {
    for width in RAGGED {
        let reference = Reference::<f32>::new();
        let (count, sizes) = ([4, width], [3, 2, width]);
        assert_eq!(bits(&moves(&CPU, count)), bits(&moves(&reference, count)));
        assert_eq!(bits(&pooled(&CPU, sizes)), bits(&pooled(&reference, sizes)));
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
