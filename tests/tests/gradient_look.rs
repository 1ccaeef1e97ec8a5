//! A look at the gradient of a network that reads sequences of different lengths both ways: the norms are
//! those of the tape's gradients, L_T is every sequence's own last loss, and nothing is left changed.
//! (Looks in training, over windows of a text: `backpropagation.rs`.)

use rnn_compute::ops::{
    CellKind, CellState, CrossEntropyConfig, Direction, LayerInput, LayerWeights, concat, linear, recurrent,
    softmax_cross_entropy,
};
use rnn_compute::{
    Backend, ComputeError, Cpu, GradientProbe, GradientScope, Gradients, ParameterList, ParameterRole,
    Parameters, Pass, ProbePoints, Real, Recorder, Reference, Tape, Var,
};
use rnn_tests::fixture::parameters;
use rnn_tests::formula::{indices, numbers};
use rnn_tests::probed::in_f64;

type Outcome = Result<(), ComputeError>;

const LENGTHS: [usize; 3] = [2, 5, 4];
const STEPS: usize = 6;
const INPUTS: usize = 3;
const HIDDEN: usize = 5;
const CLASSES: usize = 4;
/// Where the last steps of the sequences 0, 2 and 1 lie when they are packed.
const LAST_ROWS: [usize; 3] = [5, 9, 10];

struct Network<B: Backend> {
    tape: Tape<B>,
    parameters: Parameters<B>,
    points: ProbePoints,
}

/// A layer each way over packed sequences, and a loss at every step.
fn network<B: Backend>(backend: &B, cell: CellKind) -> Result<Network<B>, ComputeError> {
    let mut list = ParameterList::default();
    let mut recorder = Recorder::new();
    let batch = LENGTHS.len();
    let packing = recorder.packing(STEPS, batch);
    let input = recorder.packed_input(packing, INPUTS);
    let mut hidden = Vec::new();
    for direction in [Direction::Forward, Direction::Reverse] {
        let name = |what: &str| format!("{what}_{direction:?}");
        let weights = LayerWeights::declare(&mut list, cell, [INPUTS, HIDDEN], name)?;
        let mut state = || recorder.input([batch, HIDDEN]);
        let initial = CellState { hidden: state(), cells: (cell == CellKind::Lstm).then(state) };
        let output = recurrent(&mut recorder, cell, LayerInput::Rows(input), initial, weights, direction)?;
        hidden.push(output.hidden);
    }
    let both = concat(&mut recorder, &hidden)?;
    let shape = [CLASSES, 2 * HIDDEN].into();
    let weight = list.declare("weight", shape, ParameterRole::InputWeight { hidden: HIDDEN });
    let logits = linear(&mut recorder, both, (weight, shape), None)?;
    let targets = recorder.packed_index_input(packing, CLASSES);
    let weights = recorder.packed_input(packing, 1);
    let config = CrossEntropyConfig::default();
    let output = softmax_cross_entropy(&mut recorder, logits, targets, weights, config)?;
    let mut tape = recorder.finish(backend.clone(), Gradients::Kept);
    tape.write_lengths(packing, &LENGTHS)?;
    let rows = LENGTHS.iter().sum();
    tape.write(input, &numbers(1, rows * INPUTS, 1.0))?;
    tape.write_indices(targets, &indices(2, rows, CLASSES))?;
    tape.write(weights, &numbers(3, rows, 1.0))?;
    let points = ProbePoints { loss: output.loss, weights, hidden };
    Ok(Network { tape, parameters: parameters(backend, &list)?, points })
}

impl<B: Backend> Network<B> {
    fn backward(&mut self, scope: GradientScope) -> Outcome {
        self.tape.zero_gradients();
        self.tape.write_gradient(self.points.loss, &[B::Elem::ONE])?;
        let mut pass = Pass::backward(scope);
        while !self.tape.advance(&mut pass, &mut self.parameters) {}
        Ok(())
    }

    /// ‖∂L/∂h_t‖ of each layer, from the padded gradients.
    fn norms(&self) -> Result<Vec<Vec<f64>>, ComputeError> {
        let of_layer = |&hidden: &Var| {
            let gradient = self.tape.read_gradient_padded(hidden)?;
            let norm = |squares: Vec<f64>| squares.iter().map(|x| x * x).sum::<f64>().sqrt();
            Ok(gradient.outer_iter().map(|step| norm(in_f64(step))).collect())
        };
        self.points.hidden.iter().map(of_layer).collect()
    }
}

/// The same sums in another order: the norms may differ by their rounding.
fn check<B: Backend>(backend: &B) -> Outcome {
    for cell in [CellKind::ELMAN, CellKind::Lstm, CellKind::Gru] {
        let mut network = network(backend, cell)?;
        network.tape.forward(&mut network.parameters);
        network.backward(GradientScope::Everything)?;
        let total = network.norms()?;
        let weights: Vec<_> = network.tape.read(network.points.weights).into_iter().collect();
        let ids: Vec<_> = network.parameters.ids().collect();
        let gradients = |network: &Network<B>| -> Vec<_> {
            ids.iter().map(|&id| network.parameters.read_gradient(id)).collect()
        };
        let before = gradients(&network);

        let mut probe = GradientProbe::begin(network.points.clone(), &mut network.tape);
        while !probe.advance(&mut network.tape, &mut network.parameters) {}
        let look = probe.take_look().unwrap_or_default();
        assert_eq!(gradients(&network), before, "{cell:?}");
        assert_eq!(in_f64(&network.tape.read(network.points.weights)), in_f64(&weights), "{cell:?}");

        // Sequences row by row, the longest first: 1 2 0, 1 2 0, 1 2, 1 2, 1.
        let last_only: Vec<_> = weights
            .iter()
            .enumerate()
            .map(|(row, &weight)| if LAST_ROWS.contains(&row) { weight } else { B::Elem::ZERO })
            .collect();
        network.tape.write(network.points.weights, &last_only)?;
        network.backward(GradientScope::Activations)?;
        for (what, found, want) in [("L", &look.total, &total), ("L_T", &look.last_loss, &network.norms()?)] {
            assert_eq!((found.len(), found[0].len()), (2, STEPS));
            for (found, want) in found.iter().flatten().zip(want.iter().flatten()) {
                assert!((found - want).abs() <= 1e-13 * want, "{cell:?}, {what}: {found} {want}");
            }
        }
        // No sequence has six steps; in reverse, the last steps of the three are 1, 3 and 4, and nothing
        // comes from there to the first.
        assert!(look.total.iter().all(|layer| layer[5] == 0.0 && layer[4] > 0.0), "{cell:?}");
        assert!(look.last_loss[0][..5].iter().all(|&norm| norm > 0.0), "{cell:?}");
        assert_eq!((look.last_loss[1][0], look.last_loss[1][2]), (0.0, 0.0), "{cell:?}");
        assert_eq!(look.last_loss[0][4], look.total[0][4], "{cell:?}");
    }
    Ok(())
}

#[test]
fn a_look_takes_each_sequences_own_last_loss() -> Outcome {
    check(&Reference::<f64>::new())?;
    check(&Cpu)
}
