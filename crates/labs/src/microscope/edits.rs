//! Changes by hand, checked against the network.

use super::Network;
use super::course::State;
use rnn_compute::{Cpu, ParameterId, Parameters};
use rnn_protocol::{CellEdit, EDIT_LIMIT, MAX_EDITS};

/// Changes that can be made.
#[derive(Debug, Clone, Default)]
pub(super) struct Edits {
    asked: Vec<CellEdit>,
    symbols: Vec<(usize, u16)>,
    inputs: Vec<(usize, usize, f32)>,
    states: Vec<StateEdit>,
    weights: Vec<(ParameterId, usize, f32)>,
    /// What the weights were; empty while they are in place.
    displaced: Vec<(ParameterId, usize, f32)>,
}

#[derive(Debug, Clone, Copy)]
struct StateEdit {
    layer: usize,
    step: Option<usize>,
    unit: usize,
    value: f32,
    is_cell_state: bool,
}

impl Edits {
    /// Checks each change.
    ///
    /// # Errors
    /// If one cannot be made; the sentence says what was expected and what was found.
    pub(super) fn check(asked: &[CellEdit], network: &Network) -> Result<Self, String> {
        if asked.len() > MAX_EDITS {
            let found = asked.len();
            return Err(format!(
                "At most {MAX_EDITS} numbers can be changed at once, not {found}. Undo some of the changes first."
            ));
        }
        let mut edits = Self { asked: asked.to_vec(), ..Self::default() };
        for edit in asked {
            edits.add(edit, network)?;
        }
        Ok(edits)
    }

    fn add(&mut self, edit: &CellEdit, network: &Network) -> Result<(), String> {
        match edit {
            CellEdit::Symbol { step, symbol } => {
                let id = network.symbols.iter().position(|known| known == symbol);
                let id = id.and_then(|id| u16::try_from(id).ok()).ok_or_else(|| {
                    let count = network.vocabulary();
                    format!("The network does not know “{symbol}”. Choose one of its {count} symbols.")
                })?;
                self.symbols.push((*step as usize, id));
            }
            &CellEdit::Input { step, index, value } => {
                let index = below("number of the input", index, network.embedding_width())?;
                self.inputs.push((step as usize, index, finite(value)?));
            }
            &CellEdit::Hidden { layer, step, unit, value } => {
                self.add_state(network, (layer, step, unit, value), false)?;
            }
            &CellEdit::Cell { layer, step, unit, value } => {
                if network
                    .parts
                    .layers
                    .iter()
                    .any(|layer| layer.cell() != rnn_compute::models::CellKind::Lstm)
                {
                    return Err("Only the LSTM has a cell state. Change the hidden state instead.".to_owned());
                }
                self.add_state(network, (layer, step, unit, value), true)?;
            }
            CellEdit::Weight { parameter, index, value } => {
                let id = network.parameters.find(parameter);
                let id = id.map_err(|_| format!("The network has no parameter “{parameter}”."))?;
                let index = below("number of the parameter", *index, network.parameters.shape(id).len())?;
                self.weights.push((id, index, finite(*value)?));
            }
        }
        Ok(())
    }

    fn add_state(
        &mut self,
        network: &Network,
        (layer, step, unit, value): (u32, Option<u32>, u32, f32),
        is_cell_state: bool,
    ) -> Result<(), String> {
        let layer = below("layer", layer, network.parts.layers.len())?;
        let unit = below("unit", unit, network.hidden())?;
        let step = step.map(|step| step as usize);
        self.states.push(StateEdit { layer, step, unit, value: finite(value)?, is_cell_state });
        Ok(())
    }

    /// Whether these are the changes that were asked for.
    pub(super) fn are(&self, asked: &[CellEdit]) -> bool {
        self.asked == asked
    }

    /// Whether nothing is changed.
    pub(super) fn are_none(&self) -> bool {
        self.asked.is_empty()
    }

    /// The symbol that is read instead.
    pub(super) fn symbol(&self, step: usize) -> Option<u16> {
        self.symbols.iter().rev().find(|&&(at, _)| at == step).map(|&(_, id)| id)
    }

    /// Changes what stands for the symbol of a time step.
    pub(super) fn change_input(&self, step: usize, input: &mut [f32]) {
        for &(at, index, value) in &self.inputs {
            if at == step {
                input[index] = value;
            }
        }
    }

    /// Changes the state of a layer after a time step; `None` is before the first.
    pub(super) fn change_state(&self, layer: usize, step: Option<usize>, state: &mut State) {
        for edit in self.states.iter().filter(|edit| edit.layer == layer && edit.step == step) {
            match (&mut state.cells, edit.is_cell_state) {
                (Some(cells), true) => cells[edit.unit] = edit.value,
                (None, true) => {}
                (_, false) => state.hidden[edit.unit] = edit.value,
            }
        }
    }

    /// Puts the changed weights in place of the network's, unless they are.
    pub(super) fn displace(&mut self, parameters: &mut Parameters<Cpu>) {
        if !self.displaced.is_empty() {
            return;
        }
        for &(id, index, value) in &self.weights {
            let weight = &mut parameters.value_mut(id)[index];
            self.displaced.push((id, index, std::mem::replace(weight, value)));
        }
    }

    /// Puts the network's weights back.
    pub(super) fn restore(&mut self, parameters: &mut Parameters<Cpu>) {
        while let Some((id, index, weight)) = self.displaced.pop() {
            parameters.value_mut(id)[index] = weight;
        }
    }

    /// The network has other weights: there is nothing to put back.
    pub(super) fn forget_displaced(&mut self) {
        self.displaced.clear();
    }
}

fn below(what: &str, found: u32, count: usize) -> Result<usize, String> {
    let found = found as usize;
    if found < count {
        return Ok(found);
    }
    let largest = count.saturating_sub(1);
    Err(format!("There is no {what} {found}: they are numbered from 0 to {largest}. Undo this change."))
}

fn finite(value: f32) -> Result<f32, String> {
    if value.is_finite() && value.abs() <= EDIT_LIMIT {
        return Ok(value);
    }
    Err(format!("A number set by hand must lie between −{EDIT_LIMIT} and {EDIT_LIMIT}, found {value}."))
}
