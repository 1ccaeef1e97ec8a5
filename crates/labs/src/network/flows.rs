//! How much flows along the links of the unrolled network: norms of what a look holds.

use super::look_layer::LayerLook;
use rnn_protocol::Flow;

/// Each flow that is known, with its numbers.
pub(super) fn flows_of(layers: &[LayerLook], inputs: &[f32], steps: usize) -> Vec<(Flow, Vec<f32>)> {
    let each = |part: fn(&LayerLook) -> Option<&Vec<f32>>| -> Option<Vec<f32>> {
        let norms = layers.iter().map(|layer| Some(norms(part(layer)?, layer.units)));
        Some(norms.collect::<Option<Vec<_>>>()?.concat())
    };
    let known = [
        (Flow::Input, (!inputs.is_empty()).then(|| norms(inputs, inputs.len() / steps.max(1)))),
        (Flow::Hidden, each(|layer| Some(&layer.hidden))),
        (Flow::Cell, each(|layer| layer.cells.as_ref())),
        (Flow::HiddenGradient, each(|layer| layer.hidden_gradient.as_ref())),
        (Flow::CellGradient, each(|layer| layer.cell_gradient.as_ref())),
        (Flow::CarriedHidden, each(|layer| Some(&layer.initial_hidden))),
        (Flow::CarriedCell, each(|layer| layer.initial_cells.as_ref())),
    ];
    known.into_iter().filter_map(|(flow, numbers)| Some((flow, numbers?))).collect()
}

/// The Euclidean norm of each row of `width` numbers.
fn norms(rows: &[f32], width: usize) -> Vec<f32> {
    let norm = |row: &[f32]| row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt() as f32;
    rows.chunks_exact(width.max(1)).map(norm).collect()
}
