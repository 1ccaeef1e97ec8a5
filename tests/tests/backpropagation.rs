//! What a pass must not depend on: where it is interrupted, how a text is cut into windows, what else is
//! in the batch, how a matrix product is cut into parts, whether somebody looks at the gradient.
//!
//! Where the same numbers are added in the same order the bits are compared; the one test in which the
//! order differs says its tolerance.

use rnn_compute::models::{CellKind, LanguageModelConfig, Window};
use rnn_compute::optimise::{Adam, OptimizerRule};
use rnn_compute::{
    Backend, ComputeError, Cpu, GradientLook, GradientScope, Pass, ProbePoints, Real, Reference, StepOutcome,
    Trainer, TrainerConfig, Var,
};
use rnn_tests::fixture::Fixture;
use rnn_tests::formula::{indices, numbers};
use rnn_tests::golden::tensor_error;

type Outcome = Result<(), ComputeError>;

const CELLS: [CellKind; 3] = [CellKind::ELMAN, CellKind::Lstm, CellKind::Gru];
const WINDOW: Window = Window { steps: 6, batch: 3 };

/// Two layers, with a hidden size that no vector divides.
fn config(cell: CellKind) -> LanguageModelConfig {
    LanguageModelConfig::new(cell, 7, 5, 11, 2)
}

/// A model that reads the steps `first..first + steps` of the sequences `rows`, from one text for all tests.
fn reading<B: Backend>(
    backend: &B,
    cell: CellKind,
    (first, steps): (usize, usize),
    rows: &[usize],
) -> Result<Fixture<B>, ComputeError> {
    let config = config(cell);
    let (all_steps, all_rows) = (WINDOW.steps, WINDOW.batch);
    let symbols = indices(210, (all_steps + 1) * all_rows, config.vocabulary);
    let weights: Vec<f64> = numbers(211, all_steps * all_rows, 1.0);
    let places = |from: usize| {
        let steps = first + from..first + from + steps;
        steps.flat_map(|step| rows.iter().map(move |row| step * all_rows + row))
    };
    let mut fixture = Fixture::new(backend, config, Window { steps, batch: rows.len() })?;
    let tokens: Vec<u32> = places(0).map(|place| symbols[place]).collect();
    let targets: Vec<u32> = places(1).map(|place| symbols[place]).collect();
    let weights: Vec<f64> = places(0).map(|place| weights[place]).collect();
    fixture.write_symbols(&tokens, &targets, &weights)?;
    Ok(fixture)
}

fn reading_all<B: Backend>(backend: &B, cell: CellKind) -> Result<Fixture<B>, ComputeError> {
    reading(backend, cell, (0, WINDOW.steps), &[0, 1, 2])
}

fn read<B: Backend>(fixture: &Fixture<B>, var: Var) -> Vec<B::Elem> {
    fixture.tape.read(var).into_iter().collect()
}

fn read_gradient<B: Backend>(fixture: &Fixture<B>, var: Var) -> Vec<B::Elem> {
    fixture.tape.read_gradient(var).into_iter().collect()
}

/// The initial states of all layers, in order.
fn initial_states<B: Backend>(fixture: &Fixture<B>) -> Vec<Var> {
    let layers = fixture.graph.layers.iter();
    layers.flat_map(|layer| layer.states().map(|(initial, _)| initial)).collect()
}

/// A pass in parts, with another model run on the same weights between any two of them, has the bits of
/// a pass in one go.
fn interruption_changes_nothing<B: Backend>(backend: &B) -> Outcome {
    for cell in CELLS {
        let mut whole = reading_all(backend, cell)?;
        whole.forward();
        whole.backward(GradientScope::Everything)?;

        let mut parts = reading_all(backend, cell)?;
        let mut other = Fixture::with_random_symbols(backend, config(cell), Window { steps: 2, batch: 5 })?;
        let mut count = 0;
        let mut pass = Pass::forward();
        while !parts.tape.advance(&mut pass, &mut parts.parameters) {
            other.tape.forward(&mut parts.parameters);
            count += 1;
        }
        let mut pass = parts.begin_backward(GradientScope::Everything)?;
        while !parts.tape.advance(&mut pass, &mut parts.parameters) {
            other.tape.forward(&mut parts.parameters);
            count += 1;
        }
        assert!(count > 4 * WINDOW.steps, "{cell:?}: a step of a layer is a part by itself");
        assert_eq!(read(&whole, whole.graph.loss), read(&parts, parts.graph.loss), "{cell:?}");
        assert_eq!(whole.parameter_gradients(), parts.parameter_gradients(), "{cell:?}");
        for (one, two) in initial_states(&whole).into_iter().zip(initial_states(&parts)) {
            assert_eq!(read_gradient(&whole, one), read_gradient(&parts, two), "{cell:?}");
        }
    }
    Ok(())
}

#[test]
fn a_pass_in_parts_equals_a_pass_in_one_go() -> Outcome {
    interruption_changes_nothing(&Reference::<f64>::new())?;
    interruption_changes_nothing(&Cpu)
}

/// Truncation cuts the gradient and nothing else: two windows with the state carried give the logits and
/// the last states of one long window, bit for bit.
fn carried_state_goes_on<B: Backend>(backend: &B) -> Outcome {
    let cut = 4;
    for cell in CELLS {
        let mut long = reading_all(backend, cell)?;
        let mut first = reading(backend, cell, (0, cut), &[0, 1, 2])?;
        let mut second = reading(backend, cell, (cut, WINDOW.steps - cut), &[0, 1, 2])?;
        long.forward();
        first.forward();
        first.graph.carry_state(&mut first.tape);
        for (from, to) in initial_states(&first).into_iter().zip(initial_states(&second)) {
            second.tape.write(to, &read(&first, from))?;
        }
        second.forward();
        let logits = [read(&first, first.graph.logits), read(&second, second.graph.logits)].concat();
        assert_eq!(logits, read(&long, long.graph.logits), "{cell:?}");
        for (one, two) in long.graph.layers.iter().zip(&second.graph.layers) {
            for ((_, one), (_, two)) in one.states().zip(two.states()) {
                assert_eq!(read(&long, one), read(&second, two), "{cell:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn two_windows_with_carried_state_equal_one_long_window() -> Outcome {
    carried_state_goes_on(&Reference::<f64>::new())?;
    carried_state_goes_on(&Cpu)
}

/// A batch gives every sequence the logits and the last states that it has by itself, and the sum of
/// their losses and gradients. Tolerance 1e-13 in `f64`, 1e-6 in `f32`, of each tensor's largest number,
/// since the sums run in another order; measured: 4.9e-16 and 1.7e-7.
fn batch_is_its_rows<B: Backend>(backend: &B, tolerance: f64) -> Outcome {
    for cell in CELLS {
        let mut batch = reading_all(backend, cell)?;
        batch.forward();
        batch.backward(GradientScope::Everything)?;
        let mut loss = 0.0;
        let mut gradients = vec![0.0; batch.parameter_gradients().len()];
        for row in 0..WINDOW.batch {
            let of_row = |var: Var| -> Vec<f64> {
                let (width, numbers) = (var.shape().width(), read(&batch, var));
                let rows = numbers.chunks(width).skip(row).step_by(WINDOW.batch);
                rows.flatten().map(|number| number.to_f64()).collect()
            };
            let mut single = reading(backend, cell, (0, WINDOW.steps), &[row])?;
            for (from, to) in initial_states(&batch).into_iter().zip(initial_states(&single)) {
                let state: Vec<_> = of_row(from).into_iter().map(B::Elem::from_f64).collect();
                single.tape.write(to, &state)?;
            }
            single.forward();
            single.backward(GradientScope::Everything)?;
            let error = tensor_error(read(&single, single.graph.logits), &of_row(batch.graph.logits));
            assert!(error <= tolerance, "{cell:?}: logits of row {row}: {error:e}");
            for (one, two) in batch.graph.layers.iter().zip(&single.graph.layers) {
                for ((_, one), (_, two)) in one.states().zip(two.states()) {
                    let error = tensor_error(read(&single, two), &of_row(one));
                    assert!(error <= tolerance, "{cell:?}: last state of row {row}: {error:e}");
                }
            }
            loss += single.tape.read_scalar(single.graph.loss).to_f64();
            for (sum, gradient) in gradients.iter_mut().zip(single.parameter_gradients()) {
                *sum += gradient.to_f64();
            }
        }
        let error = tensor_error(read(&batch, batch.graph.loss), &[loss]);
        assert!(error <= tolerance, "{cell:?}: loss {error:e}");
        let error = tensor_error(batch.parameter_gradients(), &gradients);
        assert!(error <= tolerance, "{cell:?}: gradients {error:e}");
    }
    Ok(())
}

#[test]
fn a_batch_gives_what_its_rows_give_one_by_one() -> Outcome {
    batch_is_its_rows(&Reference::<f64>::new(), 1e-13)?;
    batch_is_its_rows(&Cpu, 1e-6)
}

/// A look at the activations' gradients finds the same and adds nothing to the parameters'.
fn activations_alone<B: Backend>(backend: &B) -> Outcome {
    for cell in CELLS {
        let mut fixture = reading_all(backend, cell)?;
        fixture.forward();
        fixture.backward(GradientScope::Everything)?;
        let layers = fixture.graph.layers.clone();
        let activations = |fixture: &Fixture<B>| -> Vec<Vec<B::Elem>> {
            let tensors =
                layers.iter().flat_map(|layer| [Some(layer.hidden), Some(layer.gates), layer.cells]);
            tensors.flatten().chain(initial_states(fixture)).map(|var| read_gradient(fixture, var)).collect()
        };
        let (weights, states) = (fixture.parameter_gradients(), activations(&fixture));
        assert!(weights.iter().any(|&gradient| gradient != B::Elem::ZERO), "{cell:?}");

        fixture.tape.zero_gradients();
        fixture.tape.write_gradient(fixture.graph.loss, &[B::Elem::ONE])?;
        let mut pass = Pass::backward(GradientScope::Activations);
        while !fixture.tape.advance(&mut pass, &mut fixture.parameters) {}
        assert_eq!(fixture.parameter_gradients(), weights, "{cell:?}");
        assert_eq!(activations(&fixture), states, "{cell:?}");
    }
    Ok(())
}

#[test]
fn the_gradient_of_activations_alone_leaves_parameters_alone() -> Outcome {
    activations_alone(&Reference::<f64>::new())?;
    activations_alone(&Cpu)
}

/// A look while training finds the norms of ∂L/∂h_t and of ∂L_T/∂h_t, L_T the last step's share
/// of the loss, and the training goes on as if nobody had looked.
fn look_changes_nothing<B: Backend>(backend: &B) -> Outcome {
    for cell in CELLS {
        let [mut watched, mut unwatched] = [trainer(backend, cell)?, trainer(backend, cell)?];
        for step in 0..3 {
            let mut fixture = reading_all(backend, cell)?;
            fixture.parameters.copy_from(watched.parameters());
            fixture.forward();
            fixture.backward(GradientScope::Activations)?;
            let total = norms(&fixture);
            let mut last_only: Vec<_> = fixture.tape.read(fixture.graph.weights).into_iter().collect();
            last_only[..(WINDOW.steps - 1) * WINDOW.batch].fill(B::Elem::ZERO);
            fixture.tape.write(fixture.graph.weights, &last_only)?;
            fixture.backward(GradientScope::Activations)?;
            let look = Some(GradientLook { total, last_loss: norms(&fixture) });

            watched.request_look();
            let [seen, unseen] =
                [&mut watched, &mut unwatched].map(|trainer| trainer.advance(&mut || false)?.ok());
            assert!(unseen.as_ref().is_some_and(|outcome| outcome.look.is_none()), "{cell:?}, step {step}");
            assert_eq!(seen, unseen.map(|outcome| StepOutcome { look, ..outcome }), "{cell:?}, step {step}");
        }
        for id in watched.parameters().ids() {
            assert_eq!(watched.parameters().read(id), unwatched.parameters().read(id), "{cell:?}");
        }
    }
    Ok(())
}

fn trainer<B: Backend>(backend: &B, cell: CellKind) -> Result<Trainer<B>, ComputeError> {
    let Fixture { tape, graph, parameters } = reading_all(backend, cell)?;
    let points = ProbePoints {
        loss: graph.loss,
        weights: graph.weights,
        hidden: graph.layers.iter().map(|layer| layer.hidden).collect(),
    };
    let config = TrainerConfig {
        rule: OptimizerRule::Adam(Adam::default()),
        learning_rate: 0.01,
        clip_norm: Some(1.0),
        ..TrainerConfig::default()
    };
    let spare = reading_all(backend, cell)?.parameters;
    Ok(Trainer::new(backend, config, (tape, points), parameters, spare))
}

/// The norm of ∂L/∂h_t of each layer and step.
fn norms<B: Backend>(fixture: &Fixture<B>) -> Vec<Vec<f64>> {
    let by_step = |hidden: Var| {
        let norm = |step| fixture.tape.gradient_norm(hidden.entry(step));
        (0..WINDOW.steps).map(norm).collect()
    };
    fixture.graph.layers.iter().map(|layer| by_step(layer.hidden)).collect()
}

#[test]
fn a_look_at_the_gradient_changes_nothing() -> Outcome {
    look_changes_nothing(&Reference::<f64>::new())?;
    look_changes_nothing(&Cpu)
}
