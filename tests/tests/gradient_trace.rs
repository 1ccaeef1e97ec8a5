//! The gradient of one sequence taken apart: which loss moved which state, and what the recurrence alone makes of a
//! gradient; in the engine, and as a session answers it.
#![expect(clippy::unwrap_used, reason = "a broken expectation is what a test is for")]

use rnn_compute::models::{LanguageModel, LanguageModelConfig, LanguageModelGraph, Window};
use rnn_compute::ops::CellKind;
use rnn_compute::probe::{ItemisedProbe, JacobianProbe};
use rnn_compute::{
    Backend, ComputeError, Cpu, Gradients, ParameterList, Parameters, ProbePoints, Real, Recorder, Reference,
    Tape,
};
use rnn_labs::SessionConfig;
use rnn_protocol::{Command, Event, GradientTrace, Itemised, MAX_EXACT_JACOBIAN_UNITS, TraceRequest};
use rnn_tests::driver::{Driver, small, text};
use rnn_tests::fixture::parameters;
use rnn_tests::formula::{indices, numbers};
use rnn_tests::memory_runs;

type Outcome = Result<(), ComputeError>;

const CELLS: [CellKind; 3] = [CellKind::ELMAN, CellKind::Lstm, CellKind::Gru];
const STEPS: usize = 6;
const VOCABULARY: usize = 5;
const HIDDEN: usize = 4;

struct Net<B: Backend> {
    tape: Tape<B>,
    parameters: Parameters<B>,
    graph: LanguageModelGraph,
}

/// A language model over one window, with gradients.
fn net<B: Backend>(backend: &B, config: LanguageModelConfig, window: Window) -> Result<Net<B>, ComputeError> {
    let mut list = ParameterList::default();
    let model = LanguageModel::declare(&mut list, config)?;
    let mut recorder = Recorder::new();
    let graph = model.record(&mut recorder, window)?;
    let tape = recorder.finish(backend.clone(), Gradients::Kept);
    Ok(Net { tape, parameters: parameters(backend, &list)?, graph })
}

/// The same, reading symbols, with other weights for each loss.
fn reading<B: Backend>(
    backend: &B,
    cell: CellKind,
    layers: usize,
    batch: usize,
) -> Result<Net<B>, ComputeError> {
    let config = LanguageModelConfig::new(cell, VOCABULARY, 3, HIDDEN, layers);
    let mut net = net(backend, config, Window { steps: STEPS, batch })?;
    let rows = STEPS * batch;
    net.tape.write_indices(net.graph.tokens, &indices(1, rows, VOCABULARY))?;
    net.tape.write_indices(net.graph.targets, &indices(2, rows, VOCABULARY))?;
    let weights: Vec<B::Elem> = (0..rows).map(|row| B::Elem::from_f64(weight(row))).collect();
    net.tape.write(net.graph.weights, &weights)?;
    let states: Vec<_> = net.graph.layers.iter().flat_map(|layer| layer.states()).collect();
    for (initial, _) in states {
        net.tape.write(initial, &numbers(3, batch * HIDDEN, 0.5))?;
    }
    net.tape.forward(&mut net.parameters);
    Ok(net)
}

fn weight(row: usize) -> f64 {
    0.3 + 0.1 * row as f64
}

fn points(graph: &LanguageModelGraph) -> ProbePoints {
    let hidden = graph.layers.iter().map(|layer| layer.hidden).collect();
    ProbePoints { loss: graph.loss, weights: graph.weights, hidden }
}

/// Measured: the sums within 2.3e-16 of the whole gradient.
#[test]
fn the_shares_of_the_losses_add_up_to_the_gradient() -> Outcome {
    let mut worst = 0.0_f64;
    for cell in CELLS {
        for layer in 0..2 {
            let mut net = reading(&Reference::<f64>::new(), cell, 2, 3)?;
            let hidden = net.graph.layers[layer].hidden;
            let mut probe = ItemisedProbe::begin(points(&net.graph), layer)?;
            let width = 3 * HIDDEN;
            let mut sum = vec![0.0; STEPS * width];
            let mut expected = Vec::new();
            while !probe.is_done() {
                let Some(loss_step) = probe.advance(&mut net.tape, &mut net.parameters) else { continue };
                let gradient: Vec<f64> = net.tape.read_gradient(hidden).into_iter().collect();
                assert!(gradient[(loss_step + 1) * width..].iter().all(|&x| x == 0.0), "{cell:?}");
                let norm =
                    |step: usize| gradient[step * width..][..width].iter().map(|x| x * x).sum::<f64>().sqrt();
                expected.extend((0..=loss_step).map(norm));
                sum.iter_mut().zip(&gradient).for_each(|(sum, share)| *sum += share);
            }
            assert_eq!(probe.norms().len(), Itemised::count(STEPS));
            for (found, expected) in probe.norms().iter().zip(&expected) {
                assert!((found - expected).abs() <= 1e-12 * expected, "{found} {expected}");
            }
            net.tape.zero_gradients();
            net.tape.write_gradient(net.graph.loss, &[1.0])?;
            net.tape.backward(&mut net.parameters);
            let whole: Vec<f64> = net.tape.read_gradient(hidden).into_iter().collect();
            for (sum, whole) in sum.iter().zip(&whole) {
                worst = worst.max((sum - whole).abs());
                assert!((sum - whole).abs() <= 1e-13, "{cell:?}, layer {layer}: {sum} {whole}");
            }
        }
    }
    println!("sums of shares: {worst:e} from the whole gradient");
    Ok(())
}

/// A state is changed by hand, and what follows it is read again. Measured: 6.1e-9, relative.
#[test]
fn each_share_is_that_of_central_differences() -> Outcome {
    let backend = Reference::<f64>::new();
    let mut worst = 0.0_f64;
    for cell in CELLS {
        let mut net = reading(&backend, cell, 1, 1)?;
        let (tokens, targets) = (indices(1, STEPS, VOCABULARY), indices(2, STEPS, VOCABULARY));
        let layer = net.graph.layers[0];
        let state = |var| net.tape.read(var).into_iter().collect::<Vec<f64>>();
        let hidden = state(layer.hidden);
        let cells = layer.cells.map(state);
        let mut probe = ItemisedProbe::begin(points(&net.graph), 0)?;
        while !probe.is_done() {
            probe.advance(&mut net.tape, &mut net.parameters);
        }
        for step in 0..STEPS - 1 {
            let rest = STEPS - 1 - step;
            let config = LanguageModelConfig::new(cell, VOCABULARY, 3, HIDDEN, 1);
            let mut after = self::net(&backend, config, Window { steps: rest, batch: 1 })?;
            after.tape.write_indices(after.graph.tokens, &tokens[step + 1..])?;
            after.tape.write_indices(after.graph.targets, &targets[step + 1..])?;
            let own = after.graph.layers[0];
            if let (Some(var), Some(cells)) = (own.initial.cells, &cells) {
                after.tape.write(var, &cells[step * HIDDEN..][..HIDDEN])?;
            }
            for loss_step in step + 1..STEPS {
                let mut weights = vec![0.0; rest];
                weights[loss_step - step - 1] = weight(loss_step);
                after.tape.write(after.graph.weights, &weights)?;
                let mut square = 0.0;
                for unit in 0..HIDDEN {
                    let mut loss_at = |change: f64| -> Result<f64, ComputeError> {
                        let mut changed = hidden[step * HIDDEN..][..HIDDEN].to_vec();
                        changed[unit] += change;
                        after.tape.write(own.initial.hidden, &changed)?;
                        after.tape.forward(&mut after.parameters);
                        Ok(after.tape.read_scalar(after.graph.loss))
                    };
                    let difference = (loss_at(1e-5)? - loss_at(-1e-5)?) / 2e-5;
                    square += difference * difference;
                }
                let expected = square.sqrt();
                let found = probe.norms()[Itemised::index(loss_step, step).unwrap()];
                let error = (found - expected).abs() / expected;
                worst = worst.max(error);
                assert!(error <= 1e-6, "{cell:?}, loss {loss_step}, state {step}: {found} {expected}");
            }
        }
    }
    println!("shares: {worst:e} from central differences");
    Ok(())
}

#[test]
fn a_layer_that_is_not_there_and_losses_that_are_fewer_are_refused() -> Outcome {
    let net = reading(&Cpu, CellKind::Gru, 1, 2)?;
    assert!(matches!(ItemisedProbe::<Cpu>::begin(points(&net.graph), 1), Err(ComputeError::Index { .. })));
    let fewer = ProbePoints { weights: net.graph.weights.slice(0, 2), ..points(&net.graph) };
    assert!(matches!(ItemisedProbe::<Cpu>::begin(fewer, 0), Err(ComputeError::Length { .. })));
    Ok(())
}

fn opened(settings: &[(&str, &str)]) -> Driver {
    let mut driver = Driver::new(SessionConfig { evaluate_every: None, is_watched: true, stop_at: None });
    driver.open(small(settings), text());
    driver
}

fn ask(driver: &mut Driver, layer: Option<u32>) {
    let request = TraceRequest { has_jacobians: true, itemised_layer: layer };
    driver.send(Command::Trace { request });
}

fn last_trace(driver: &Driver) -> GradientTrace {
    let traced = driver.events.iter().rev().find_map(|event| match event {
        Event::Traced { trace, .. } => Some(trace),
        _ => None,
    });
    (**traced.unwrap()).clone()
}

/// With one sequence in the batch the look's curve of the last loss is the triangle's last row. Measured: the
/// same bits.
#[test]
fn a_session_takes_the_looks_own_sequence_apart() {
    let mut worst = 0.0_f32;
    for cell in ["elman", "lstm", "gru"] {
        for layer in 0..2_u32 {
            let mut driver = opened(&[("cell", cell), ("layers", "2"), ("batch_size", "1")]);
            ask(&mut driver, Some(layer));
            driver.steps(4);
            driver.send(Command::Credit);
            driver.steps(1);
            let (trace, look) = (last_trace(&driver), driver.snapshots.last().unwrap());
            assert_eq!((trace.step, trace.weights_step, look.header.step), (5, 4, 5));
            assert_eq!(trace.symbols, look.header.symbols);
            let itemised = trace.itemised.unwrap();
            let steps = trace.symbols.len();
            assert_eq!((itemised.layer, itemised.norms.len()), (layer, Itemised::count(steps)));
            let last = &itemised.norms[Itemised::count(steps - 1)..];
            for (found, expected) in last.iter().zip(look.last_loss_gradient_norms(layer as usize)) {
                worst = worst.max((found - expected).abs() / expected);
                assert!((found - expected).abs() <= 1e-5 * expected.max(1e-6), "{cell}: {found} {expected}");
            }
            assert_eq!(trace.jacobians.len(), 2);
            assert!(trace.jacobians.iter().all(|norms| norms.len() == steps && norms[steps - 1] == 1.0));
        }
    }
    println!("last row: {worst:e} from the look");
}

/// The first window begins with a state of zero, so that it can be read again here. Measured: 4.8e-8, relative, what an
/// `f32` rounds to.
#[test]
fn its_jacobians_are_those_of_the_probe() -> Outcome {
    for (word, cell) in [("elman", CellKind::ELMAN), ("lstm", CellKind::Lstm), ("gru", CellKind::Gru)] {
        let worst = farthest_jacobian((word, cell), 9)?;
        println!("Jacobians: {worst:e} from the probe");
        assert!(worst <= 1e-5, "{word}: {worst}");
    }
    Ok(())
}

/// Measured: 1.0%.
#[test]
fn those_of_wide_layers_are_estimates() -> Outcome {
    let worst = farthest_jacobian(("gru", CellKind::Gru), 1 + MAX_EXACT_JACOBIAN_UNITS)?;
    println!("wide Jacobians: {worst:e} from the probe");
    assert!(worst > 1e-6 && worst <= 0.05, "{worst}");
    Ok(())
}

/// Of a session’s Jacobians the one that is farthest from the probe’s, relative to it.
fn farthest_jacobian((word, cell): (&str, CellKind), hidden: usize) -> Result<f64, ComputeError> {
    let mut worst = 0.0_f64;
    let mut driver = opened(&[("cell", word), ("layers", "2"), ("hidden_size", &hidden.to_string())]);
    let weights = driver.weights();
    ask(&mut driver, None);
    driver.steps(1);
    let trace = last_trace(&driver);
    let symbols = driver.session.lab().unwrap().symbols();
    let config = LanguageModelConfig::new(cell, symbols.len(), 5, hidden, 2);
    let mut net = net(&Cpu, config, Window { steps: trace.symbols.len(), batch: 1 })?;
    let mut rest = weights.as_slice();
    for id in net.parameters.ids().collect::<Vec<_>>() {
        let (own, behind) = rest.split_at(net.parameters.read(id).len());
        net.parameters.write(id, own)?;
        rest = behind;
    }
    let id_of = |symbol: &String| symbols.iter().position(|known| known == symbol).unwrap() as u32;
    let tokens: Vec<u32> = trace.symbols.iter().map(id_of).collect();
    net.tape.write_indices(net.graph.tokens, &tokens)?;
    net.tape.forward(&mut net.parameters);
    for (layer, found) in net.graph.layers.iter().zip(&trace.jacobians) {
        let expected = JacobianProbe::begin(&layer.probed(), &net.tape, &net.parameters, 0)?.finish().hidden;
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            let error = (f64::from(*found) - expected).abs();
            assert!(error.is_finite(), "{word}: {found} {expected}");
            worst = worst.max(error / expected);
        }
    }
    Ok(worst)
}

#[test]
fn what_is_asked_changes_nothing_and_can_be_asked_later() {
    let mut plain = opened(&[]);
    plain.steps(6);
    let mut traced = opened(&[]);
    ask(&mut traced, Some(0));
    traced.steps(6);
    assert_eq!(plain.losses(1), traced.losses(1));
    // Paused, of the look that is on screen.
    ask(&mut plain, Some(0));
    plain.finish();
    assert_eq!(last_trace(&plain), last_trace(&traced));
    plain.send(Command::Trace { request: TraceRequest::default() });
    let before = plain.events.len();
    plain.steps(1);
    let is_traced = |event: &Event| matches!(event, Event::Traced { .. });
    assert!(!plain.events[before..].iter().any(is_traced), "nothing is asked any longer");
}

#[test]
fn long_windows_and_tasks_with_one_loss_are_not_itemised() {
    let mut driver = opened(&[("sequence_length", "65")]);
    ask(&mut driver, Some(0));
    driver.steps(1);
    let trace = last_trace(&driver);
    assert_eq!((trace.itemised, trace.jacobians[0].len()), (None, 65));
    let mut driver = memory_runs::opened(memory_runs::memory(&[("delay", "10"), ("cell", "elman")]));
    ask(&mut driver, Some(0));
    driver.send(Command::Credit);
    driver.steps(2);
    let trace = last_trace(&driver);
    assert_eq!((trace.itemised, trace.jacobians[0].len()), (None, 12));
    assert!(
        trace.jacobians[0].is_sorted(),
        "an Elman network with small weights forgets: {:?}",
        trace.jacobians
    );
}
