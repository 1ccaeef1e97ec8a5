//! The gradient of one sequence, taken apart beside the training: the look's sequence is read once more, alone, on a
//! tape of its own, with the weights that read it.

use super::{Batches, Look, NetworkPlan};
use crate::{LabError, Slice};
use rnn_compute::probe::{ItemisedProbe, JacobianEstimate, JacobianNorms, JacobianProbe, ProbedLayer};
use rnn_compute::tape::{Pass, Tape};
use rnn_compute::{ComputeError, Cpu, Parameters, Trainer};
use rnn_protocol::{GradientTrace, Itemised, MAX_EXACT_JACOBIAN_UNITS, MAX_ITEMISED_STEPS, TraceRequest};

/// The study of one lab's network.
pub(crate) struct GradientStudy<P: NetworkPlan> {
    request: TraceRequest,
    desk: Option<Desk<P>>,
    stage: Stage,
    found: GradientTrace,
}

/// What a sequence is read with.
struct Desk<P: NetworkPlan> {
    batches: P::Batches,
    tape: Tape<Cpu>,
    parameters: Parameters<Cpu>,
}

enum Stage {
    Idle,
    /// There is no room for it: what is found is nothing.
    Refused,
    Reading(Pass),
    /// The Jacobians of this layer.
    Jacobians(usize, Box<LayerJacobians>),
    Itemising(Box<ItemisedProbe<Cpu>>),
}

impl<P: NetworkPlan> GradientStudy<P> {
    /// Nothing is asked for.
    pub(crate) fn new() -> Self {
        Self {
            request: TraceRequest::default(),
            desk: None,
            stage: Stage::Idle,
            found: GradientTrace::default(),
        }
    }

    /// Works this out of the last look, if there was one, and of each later one.
    pub(crate) fn ask(
        &mut self,
        request: TraceRequest,
        plan: &P,
        look: Option<&Look>,
        trainer: &Trainer<Cpu>,
    ) {
        self.request = request;
        self.stage = Stage::Idle;
        match look {
            _ if request == TraceRequest::default() => self.desk = None,
            Some(look) => self.show(plan, look, trainer),
            None => {}
        }
    }

    /// Takes over the sequence of a look. While another is worked on, that one is finished first, and this one is
    /// left out: of a network that is studied slowly, something is seen, too.
    pub(crate) fn show(&mut self, plan: &P, look: &Look, trainer: &Trainer<Cpu>) {
        if self.request == TraceRequest::default() || self.has_work() {
            return;
        }
        // The update of the step is made; the weights before it are those that read the sequence.
        let is_of_last_step = look.step() == trainer.step();
        let parameters = if is_of_last_step { trainer.last_good_parameters() } else { trainer.parameters() };
        let weights_step = trainer.step() - u32::from(is_of_last_step && trainer.step() > 0);
        match self.begin(plan, look, parameters) {
            Ok(is_begun) => {
                let (step, symbols) = (look.step(), look.symbols().to_vec());
                self.found = GradientTrace { step, weights_step, symbols, ..GradientTrace::default() };
                self.stage = if is_begun { Stage::Reading(Pass::forward()) } else { Stage::Refused };
            }
            // Sequence, state and network come from one look, so that they fit.
            Err(error) => debug_assert!(false, "{error}"),
        }
    }

    /// Whether something is left to be worked out.
    pub(crate) fn has_work(&self) -> bool {
        !matches!(self.stage, Stage::Idle)
    }

    /// Works on. Returns what was asked for once all of it is known; does at least one part.
    pub(crate) fn advance(&mut self, slice: &Slice<'_>) -> Option<GradientTrace> {
        while self.has_work() {
            if self.work() {
                self.stage = Stage::Idle;
                return Some(std::mem::take(&mut self.found));
            }
            if slice.is_over() {
                break;
            }
        }
        None
    }

    /// Returns whether there is room for it.
    fn begin(&mut self, plan: &P, look: &Look, parameters: &Parameters<Cpu>) -> Result<bool, LabError> {
        if self.desk.is_none() {
            if !plan.memory_with_study()?.fits() {
                return Ok(false);
            }
            let (batches, tape) = plan.batches(Cpu, 0..1)?;
            self.desk = Some(Desk { batches, tape, parameters: plan.weights().blank(Cpu) });
        }
        let Some(Desk { batches, tape, parameters: own }) = &mut self.desk else { return Ok(false) };
        own.copy_from(parameters);
        let place = batches.place_of(look.position(), &look.initial_states());
        batches.go_to(tape, &place)?;
        batches.load(tape)?;
        Ok(true)
    }

    /// One part. Returns whether it was the last.
    fn work(&mut self) -> bool {
        let Some(Desk { batches, tape, parameters }) = &mut self.desk else { return true };
        match &mut self.stage {
            Stage::Idle | Stage::Refused => true,
            Stage::Reading(pass) => tape.advance(pass, parameters) && self.walk_layer(0),
            Stage::Jacobians(layer, probe) => {
                let Some(norms) = probe.advance() else { return false };
                let next = *layer + 1;
                self.found.are_estimates |= matches!(**probe, LayerJacobians::Estimated(_));
                self.found.jacobians.push(norms.hidden.iter().map(|&norm| norm as f32).collect());
                self.walk_layer(next)
            }
            Stage::Itemising(probe) => {
                probe.advance(tape, parameters);
                if !probe.is_done() {
                    return false;
                }
                let layer = self.request.itemised_layer.unwrap_or(0).min(last_layer(batches.layers().len()));
                let norms = probe.norms().iter().map(|&norm| norm as f32).collect();
                self.found.itemised = Some(Itemised { layer, norms });
                true
            }
        }
    }

    /// Begins the Jacobians of a layer, or what comes after those of the last. Returns whether that is nothing.
    fn walk_layer(&mut self, layer: usize) -> bool {
        let Some(Desk { batches, tape, parameters }) = &mut self.desk else { return true };
        let layers = batches.layers();
        if self.request.has_jacobians
            && let Some(trace) = layers.get(layer)
            && let Ok(probe) = LayerJacobians::begin(&trace.probed(), tape, parameters)
        {
            self.stage = Stage::Jacobians(layer, Box::new(probe));
            return false;
        }
        let is_short = self.found.symbols.len() <= MAX_ITEMISED_STEPS;
        let asked = self.request.itemised_layer.filter(|_| is_short);
        let asked = asked.map(|asked| asked.min(last_layer(layers.len())));
        match asked.map(|layer| ItemisedProbe::begin(batches.probe_points(), layer as usize)) {
            Some(Ok(probe)) => {
                self.stage = Stage::Itemising(Box::new(probe));
                false
            }
            // A lab without a loss at each step has nothing to tell apart.
            Some(Err(_)) | None => true,
        }
    }
}

/// Rounds of an estimate, in the time that the exact probe takes for as many operations: measured 4.9 to 6.6, LSTM and
/// GRU, H 128 to 512, T 64.
const USUAL_ROUNDS: usize = 6;

/// The Jacobians of a layer, multiplied out or estimated.
enum LayerJacobians {
    Exact(JacobianProbe),
    Estimated(JacobianEstimate),
}

impl LayerJacobians {
    fn begin(
        layer: &ProbedLayer,
        tape: &Tape<Cpu>,
        parameters: &Parameters<Cpu>,
    ) -> Result<Self, ComputeError> {
        let (gates, units) = (layer.cell.gates(), layer.weights.hidden);
        let steps = layer.output.hidden.shape().dims().first().copied().unwrap_or(0);
        // As the probes reckon their costs, divided by H² T.
        let is_exact_quicker = (2 * gates + 3) * units <= 2 * gates * steps * USUAL_ROUNDS;
        if units <= MAX_EXACT_JACOBIAN_UNITS || is_exact_quicker {
            JacobianProbe::begin(layer, tape, parameters, 0).map(Self::Exact)
        } else {
            JacobianEstimate::begin(layer, tape, parameters, 0).map(Self::Estimated)
        }
    }

    fn advance(&mut self) -> Option<JacobianNorms> {
        match self {
            Self::Exact(probe) => probe.advance(),
            Self::Estimated(estimate) => estimate.advance(),
        }
    }
}

fn last_layer(layers: usize) -> u32 {
    layers.saturating_sub(1) as u32
}
