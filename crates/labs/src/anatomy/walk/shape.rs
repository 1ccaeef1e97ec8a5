//! The sizes of what is walked through.

use crate::anatomy::reader::Reader;
use rnn_compute::models::{CellKind, LayerTrace};
use rnn_protocol::CellForm;

/// The sizes of a network of one layer, and the sentence that it reads.
pub(super) struct Shape<'a> {
    pub(super) form: CellForm,
    pub(super) trace: &'a LayerTrace,
    /// E.
    pub(super) inputs: usize,
    /// H.
    pub(super) units: usize,
    /// V.
    pub(super) vocabulary: usize,
    /// What is read, one a time step.
    pub(super) read: &'a [u32],
    /// What follows.
    pub(super) followed: &'a [u32],
}

impl<'a> Shape<'a> {
    /// Of a reader's network; nothing of one with a nonlinearity that the lab does not offer.
    pub(super) fn new(reader: &'a Reader) -> Option<Self> {
        let trace = reader.graph.layers.first()?;
        let form = match trace.cell {
            CellKind::Lstm => CellForm::Lstm,
            CellKind::Gru => CellForm::Gru,
            CellKind::ELMAN => CellForm::ElmanTanh,
            CellKind::Elman(_) => return None,
        };
        Some(Self {
            form,
            trace,
            inputs: trace.weights.inputs,
            units: trace.weights.hidden,
            vocabulary: reader.sentence.symbols.len(),
            read: reader.sentence.read(),
            followed: reader.sentence.followed(),
        })
    }

    /// T.
    pub(super) fn steps(&self) -> usize {
        self.read.len()
    }

    /// G·H.
    pub(super) fn rows(&self) -> usize {
        self.form.gates().len() * self.units
    }

    /// The row of a gate's unit.
    pub(super) fn row(&self, gate: usize, unit: usize) -> usize {
        gate * self.units + unit
    }
}
