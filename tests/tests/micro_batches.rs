//! Micro-batches whose gradients are added up equal one large batch, and what a step reports of its
//! clipping and its update is what it did.

use rnn_compute::models::{CellKind, LanguageModelConfig, Window};
use rnn_compute::optimise::{OptimizerRule, Sgd};
use rnn_compute::{Backend, ComputeError, Cpu, Real, Reference, StepOutcome, Trainer, TrainerConfig};
use rnn_tests::formula::indices;
use rnn_tests::in_training::{step, trainer, weights};

type Outcome = Result<(), ComputeError>;

const MODEL: LanguageModelConfig = LanguageModelConfig::new(CellKind::Gru, 9, 5, 7, 2);
const STEPS: usize = 5;
const BATCH: usize = 6;

/// What three steps found, the norms of the last one's gradients, and the weights it left.
#[derive(Debug)]
struct Found {
    outcomes: Vec<StepOutcome>,
    norms: Vec<f64>,
    weights: Vec<f64>,
}

/// Three steps from zero states over the same symbols, `parts` micro-batches a step.
fn run<B: Backend>(backend: &B, parts: usize) -> Result<Found, ComputeError> {
    let window = Window { steps: STEPS, batch: BATCH / parts };
    let config = TrainerConfig {
        clip_norm: Some(0.2),
        learning_rate: 0.01,
        micro_batches: parts as u32,
        ..TrainerConfig::default()
    };
    let (mut trainer, graph) = trainer(backend, (MODEL, window), config)?;
    let rows = window.steps * window.batch;
    graph.clear_state(trainer.tape_mut());
    trainer.tape_mut().fill(graph.weights, B::Elem::from_f64(1.0 / rows as f64));
    let mut outcomes = Vec::new();
    for step in 0..3 {
        for part in 0..parts {
            assert!(trainer.is_idle());
            let salts = [350 + step, 360 + step];
            for (salt, var) in salts.into_iter().zip([graph.tokens, graph.targets]) {
                let all = indices(salt, STEPS * BATCH, MODEL.vocabulary);
                let columns = part * window.batch..(part + 1) * window.batch;
                let rows: Vec<u32> =
                    all.chunks(BATCH).flat_map(|row| &row[columns.clone()]).copied().collect();
                trainer.tape_mut().write_indices(var, &rows)?;
            }
            let outcome = trainer.advance(&mut || false).and_then(Result::ok);
            assert_eq!(outcome.is_some(), part + 1 == parts, "micro-batch {part} of {parts}");
            assert_eq!(trainer.save(Default::default()).is_ok(), outcome.is_some());
            outcomes.extend(outcome);
        }
    }
    let weights = weights(&trainer).into_iter().map(Real::to_f64).collect();
    Ok(Found { outcomes, norms: trainer.norms().gradient.clone(), weights })
}

/// The largest error relative to `1 + |wanted|`.
fn error(found: &[f64], wanted: &[f64]) -> f64 {
    assert_eq!(found.len(), wanted.len());
    let each = found.iter().zip(wanted).map(|(found, wanted)| (found - wanted).abs() / (1.0 + wanted.abs()));
    each.fold(0.0, f64::max)
}

fn micro_batches_equal_a_batch<B: Backend>(backend: &B, tolerance: f64) -> Outcome {
    let scalars = |found: &Found| -> Vec<f64> {
        found.outcomes.iter().flat_map(|outcome| [outcome.loss, outcome.grad_norm]).collect()
    };
    let whole = run(backend, 1)?;
    for parts in [2, 3, 6] {
        let found = run(backend, parts)?;
        let errors = [
            error(&scalars(&found), &scalars(&whole)),
            error(&found.norms, &whole.norms),
            error(&found.weights, &whole.weights),
        ];
        assert!(errors.iter().all(|&error| error < tolerance), "{parts} micro-batches: {errors:?}");
    }
    Ok(())
}

#[test]
fn micro_batches_equal_one_batch() -> Outcome {
    // Measured: 1.4e-16 and 4.4e-8.
    micro_batches_equal_a_batch(&Reference::<f64>::new(), 1e-15)?;
    micro_batches_equal_a_batch(&Cpu, 2e-7)
}

fn norm(numbers: &[f64]) -> f64 {
    numbers.iter().map(|number| number * number).sum::<f64>().sqrt()
}

fn sgd_trainer(config: TrainerConfig) -> Result<Trainer<Reference<f64>>, ComputeError> {
    let rule = OptimizerRule::Sgd(Sgd::default());
    let window = Window { steps: STEPS, batch: BATCH };
    Ok(trainer(&Reference::new(), (MODEL, window), TrainerConfig { rule, ..config })?.0)
}

#[test]
fn a_step_does_and_reports_its_clipping() -> Outcome {
    let unclipped = TrainerConfig { learning_rate: 0.5, ..TrainerConfig::default() };
    for (clip_value, clip_norm) in
        [(None, None), (None, Some(0.3)), (Some(0.02), None), (Some(0.02), Some(0.1)), (Some(0.0), None)]
    {
        let [mut plain, mut clipped] = [unclipped, TrainerConfig { clip_value, clip_norm, ..unclipped }]
            .map(sgd_trainer)
            .map(|trainer| trainer.unwrap_or_else(|error| panic!("{error}")));
        let before = weights(&plain);
        clipped.request_update_norms();
        let (Ok(expected), Ok(found)) = (step(&mut plain), step(&mut clipped)) else {
            panic!("the step should not diverge");
        };
        assert_eq!(found, expected, "norms are those before clipping");
        assert_eq!(clipped.norms().gradient, plain.norms().gradient);
        assert_eq!(plain.norms().update, None, "nobody asked");

        // Plain descent shows the gradient: g = −Δw / lr.
        let gradient: Vec<f64> = before.iter().zip(weights(&plain)).map(|(a, b)| (a - b) / 0.5).collect();
        let bound = clip_value.filter(|&bound| bound > 0.0).unwrap_or(f64::INFINITY);
        let bounded: Vec<f64> = gradient.iter().map(|g| g.clamp(-bound, bound)).collect();
        let scale = clip_norm.map_or(1.0, |limit| (limit / (norm(&bounded) + 1e-6)).min(1.0));
        let wanted: Vec<f64> = before.iter().zip(&bounded).map(|(w, g)| w - 0.5 * scale * g).collect();
        let after = weights(&clipped);
        assert!(error(&after, &wanted) < 1e-14, "{clip_value:?}, {clip_norm:?}");

        let Some(norms) = &clipped.norms().update else { panic!("the norms were asked for") };
        let mut start = 0;
        for (index, id) in clipped.parameters().ids().enumerate() {
            let part = start..start + clipped.parameters().shape(id).len();
            start = part.end;
            let scaled: Vec<f64> = bounded[part.clone()].iter().map(|g| scale * g).collect();
            let change: Vec<f64> = part.clone().map(|n| after[n] - before[n]).collect();
            let found = [norms.clipped[index], norms.weight[index], norms.change[index]];
            let wanted = [norm(&scaled), norm(&before[part]), norm(&change)];
            assert!(error(&found, &wanted) < 1e-14, "parameter {index}: {found:?}, {wanted:?}");
        }
        // They were asked for once.
        step(&mut clipped).map_err(|_| ComputeError::MidStep)?;
        assert_eq!(clipped.norms().update, None);
    }
    Ok(())
}
