//! Whole training steps: the same trainer on the GPU and on the CPU, what a step costs in dispatches, and the
//! loss of the device in the middle of one.

#![expect(clippy::unwrap_used, reason = "a model that cannot be built fails the test")]

mod common;

use common::gpu;
use rnn_compute::models::{CellKind, LanguageModel, LanguageModelConfig, LanguageModelGraph, Window};
use rnn_compute::{
    Backend, Cpu, Gradients, Initialisation, ParameterList, Parameters, ProbePoints, Recorder, Trainer,
    TrainerConfig,
};
use rnn_gpu::{Fault, GpuError, Walks};
use std::ops::Range;

const VOCABULARY: usize = 23;

/// A language model in training.
struct Run<B: Backend> {
    trainer: Trainer<B>,
    graph: LanguageModelGraph,
    window: Window,
}

impl<B: Backend<Elem = f32>> Run<B> {
    fn new(backend: &B, config: LanguageModelConfig, window: Window) -> Self {
        let mut list = ParameterList::default();
        let model = LanguageModel::declare(&mut list, config).unwrap();
        let mut recorder = Recorder::<B>::new();
        let graph = model.record(&mut recorder, window).unwrap();
        let mut parameters = Parameters::new(backend.clone(), &list);
        Initialisation::PyTorch.draw(&mut parameters, 1);
        let points = ProbePoints { loss: graph.loss, weights: graph.weights, hidden: Vec::new() };
        let config = TrainerConfig { clip_norm: Some(1.0), learning_rate: 0.01, ..TrainerConfig::default() };
        let spare = Parameters::new(backend.clone(), &list);
        let tape = recorder.finish(backend.clone(), Gradients::Kept);
        let mut trainer = Trainer::new(backend, config, (tape, points), parameters, spare);
        let tokens = window.steps * window.batch;
        trainer.tape_mut().write(graph.weights, &vec![1.0 / tokens as f32; tokens]).unwrap();
        Self { trainer, graph, window }
    }

    /// Begins a step on symbols that follow from its number. Returns the loss of a step whose outcome has
    /// arrived, this one's or an earlier one's: NaN if it was not finite.
    fn begin(&mut self, number: usize) -> Option<f64> {
        let len = self.window.steps * self.window.batch;
        let symbol = |n: usize| ((n * n + 3 * n + 7 * number) % VOCABULARY) as u32;
        let symbols: Vec<_> = (0..=len).map(symbol).collect();
        let tape = self.trainer.tape_mut();
        tape.write_indices(self.graph.tokens, &symbols[..len]).unwrap();
        tape.write_indices(self.graph.targets, &symbols[1..]).unwrap();
        let outcome = self.trainer.advance(&mut || false);
        self.graph.carry_state(self.trainer.tape_mut());
        outcome.map(|outcome| outcome.map_or(f64::NAN, |outcome| outcome.loss))
    }

    /// The loss of the oldest step in flight, waiting for it.
    fn land(&mut self) -> Option<f64> {
        while self.trainer.is_in_flight() {
            if let Some(outcome) = self.trainer.land() {
                return Some(outcome.map_or(f64::NAN, |outcome| outcome.loss));
            }
            std::thread::yield_now();
        }
        None
    }

    /// The losses of these steps, as many in flight as the trainer lets; up to the first that is not finite.
    fn train(&mut self, numbers: Range<usize>) -> Vec<f64> {
        let mut losses = Vec::new();
        for number in numbers {
            while self.trainer.is_full() {
                losses.extend(self.land());
            }
            losses.extend(self.begin(number));
            if losses.last().is_some_and(|loss| loss.is_nan()) {
                return losses;
            }
        }
        losses.extend(std::iter::from_fn(|| self.land()));
        losses
    }
}

const WINDOW: Window = Window { steps: 7, batch: 5 };
const CELLS: [CellKind; 3] = [CellKind::ELMAN, CellKind::Gru, CellKind::Lstm];

#[test]
fn fifty_steps_have_the_losses_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    for cell in CELLS {
        let config = LanguageModelConfig {
            dropout: 0.2,
            layer_norm: true,
            ..LanguageModelConfig::new(cell, VOCABULARY, 10, 33, 2)
        };
        let want = Run::new(&Cpu, config, WINDOW).train(0..50);
        for walks in [Walks::StepByStep, Walks::AtOnce] {
            gpu.choose_walks(walks);
            let found = Run::new(&gpu, config, WINDOW).train(0..50);
            assert_eq!([found.len(), want.len()], [50; 2]);
            let errors = found.iter().zip(&want).map(|(found, want)| (found - want).abs() / want);
            let worst = errors.fold(0.0, f64::max);
            println!("{cell:?}, {walks:?}: {worst:.1e}");
            // Measured on lavapipe: at most 2e-7. The dropout masks are the same on both.
            assert!(worst < 1e-4, "{cell:?}, {walks:?}: {worst:e}");
        }
    }
    assert_eq!(gpu.error(), None);
}

#[test]
fn a_layer_costs_few_dispatches_a_time_step() {
    let Some(gpu) = gpu() else { return };
    for cell in CELLS {
        let dispatches = |walks, steps| {
            let config = LanguageModelConfig::new(cell, VOCABULARY, 10, 33, 1);
            gpu.choose_walks(walks);
            let mut run = Run::new(&gpu, config, Window { steps, batch: 5 });
            run.train(0..1);
            let before = gpu.dispatches();
            run.train(1..2);
            gpu.dispatches() - before
        };
        for (walks, expected) in [(Walks::StepByStep, 2), (Walks::AtOnce, 0)] {
            let [short, long] = [8, 40].map(|steps| dispatches(walks, steps));
            println!("{cell:?}, {walks:?}: {short} of 8 steps, {long} of 40");
            // Symbols are looked up, and their gradients collected, for all steps at once.
            assert_eq!(long - short, 32 * expected, "{cell:?}, {walks:?}: {short}, {long}");
        }
    }
}

#[test]
fn an_op_that_the_cpu_cuts_into_parts_is_whole() {
    let Some(gpu) = gpu() else { return };
    let window = Window { steps: 8, batch: 64 };
    let dispatches = |vocabulary| {
        let config = LanguageModelConfig::new(CellKind::Gru, vocabulary, 10, 33, 1);
        let mut run = Run::new(&gpu, config, window);
        run.train(0..1);
        let before = gpu.dispatches();
        run.train(1..2);
        gpu.dispatches() - before
    };
    // Four million logits: on the CPU a dozen parts and more of each op behind the layer.
    let [small, large] = [100, 8000].map(dispatches);
    println!("{small} with 100 symbols, {large} with 8000");
    assert!(large <= small, "{small}, {large}");
}

#[test]
fn a_device_lost_anywhere_in_a_step_ends_it_without_a_panic() {
    if gpu().is_none() {
        return;
    }
    let config = LanguageModelConfig::new(CellKind::Lstm, VOCABULARY, 10, 17, 1);
    for point in (0..30).map(|n| n * 11) {
        let gpu = gpu().unwrap();
        let mut run = Run::new(&gpu, config, WINDOW);
        gpu.inject(Fault::LostDevice, point);
        let losses = run.train(0..20);
        assert!(losses.last().is_some_and(|loss| loss.is_nan()), "after {point} dispatches");
        assert!(matches!(gpu.error(), Some(GpuError::Lost { .. })), "after {point}: {:?}", gpu.error());
    }
}

#[test]
fn a_diverged_step_and_those_behind_it_are_taken_back() {
    let Some(gpu) = gpu() else { return };
    let config = LanguageModelConfig::new(CellKind::ELMAN, VOCABULARY, 10, 17, 1);
    let (mut on_gpu, mut on_cpu) = (Run::new(&gpu, config, WINDOW), Run::new(&Cpu, config, WINDOW));
    assert_eq!([on_gpu.train(0..3).len(), on_cpu.train(0..3).len()], [3; 2]);
    // One update that makes the weights so large that the next loss is not finite.
    let config = TrainerConfig { learning_rate: f64::MAX, ..TrainerConfig::default() };
    on_gpu.trainer.set_config(config);
    on_cpu.trainer.set_config(config);
    let [found, want] = [on_gpu.train(3..9), on_cpu.train(3..9)];
    assert!(found.last().unwrap().is_nan() && want.last().unwrap().is_nan(), "{found:?} {want:?}");
    assert_eq!(found.len(), want.len());
    assert!(!on_gpu.trainer.is_in_flight());
    assert_eq!(on_gpu.trainer.step(), on_cpu.trainer.step());
    for id in on_cpu.trainer.parameters().ids() {
        let [found, want] = [on_gpu.trainer.parameters().read(id), on_cpu.trainer.parameters().read(id)];
        for (found, want) in found.iter().zip(&want) {
            assert!((found - want).abs() <= 1e-5 * (1.0 + want.abs()), "{found} {want}");
        }
    }
}
