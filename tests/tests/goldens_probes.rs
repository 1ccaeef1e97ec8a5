//! Probes equal PyTorch's and numpy's: states, gates and pre-activations of every cell in both directions
//! over sequences of different lengths; the norms of `torch.autograd.functional.jacobian`; spectral radii.
//!
//! Tolerances, relative to a tensor's largest number (at least 1): 1e-10 in `f64`, 1e-5 in `f32`. Largest
//! errors measured: 5e-12 in `f64` (the golden's digits), 4e-7 in `f32`.

use ndarray::{Array2, Array3, s};
use rnn_compute::backend::Nonlinearity;
use rnn_compute::ops::{CellKind, Direction};
use rnn_compute::probe::{JacobianProbe, spectral_radius};
use rnn_compute::{Backend, Cpu, Gradients, Real, Reference};
use rnn_tests::case::Case;
use rnn_tests::formula::{number, numbers};
use rnn_tests::probed::{Probed, ProbedConfig, Reading};
use std::error::Error;

type Outcome = Result<(), Box<dyn Error>>;

fn config_of(case: &Case) -> ProbedConfig {
    let cell = match case.name.split(',').next() {
        Some("elman") => CellKind::ELMAN,
        Some("relu") => CellKind::Elman(Nonlinearity::Relu),
        Some("lstm") => CellKind::Lstm,
        _ => CellKind::Gru,
    };
    let direction = if case.name.ends_with("reverse") { Direction::Reverse } else { Direction::Forward };
    ProbedConfig {
        cell,
        direction,
        reading: Reading::Rows,
        steps: case.size("steps"),
        inputs: case.size("inputs"),
        hidden: case.size("hidden"),
        lengths: case.indices("lengths").iter().map(|&length| length as usize).collect(),
        is_packed: true,
        scale: 0.9,
    }
}

fn check_layer<B: Backend>(backend: &B, case: &Case, tolerance: f64) -> Outcome {
    let config = config_of(case);
    // Nothing that a probe shows of the way forward needs a tape that can be walked back.
    let mut probed = Probed::new(backend, &config, Gradients::None)?;
    probed.forward();
    let Probed { tape, parameters, layer } = &probed;

    let activations = layer.activations(tape)?;
    case.assert_close("h", &activations.hidden, tolerance);
    case.assert_close("gates", &activations.gates, tolerance);
    if let Some(cells) = &activations.cells {
        case.assert_close("c", cells, tolerance);
    }
    let all = layer.pre_activations(tape, parameters, 0..config.steps)?;
    for (name, found) in [("a_x", &all.input_share), ("a_h", &all.recurrent_share), ("a", &all.sum)] {
        case.assert_close(name, found, tolerance);
    }

    let jacobians = (0..config.lengths.len())
        .map(|sequence| Ok(JacobianProbe::begin(layer, tape, parameters, sequence)?.finish()))
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    let norms: Vec<f64> = jacobians.iter().flat_map(|norms| norms.hidden.clone()).collect();
    case.assert_close("norms", &norms, tolerance);
    let initial: Vec<f64> = jacobians.iter().map(|norms| norms.initial).collect();
    case.assert_close("initial_norms", &initial, tolerance);
    let cells: Vec<f64> = jacobians.iter().filter_map(|norms| norms.cells.clone()).flatten().collect();
    assert_eq!(case.has("cell_norms"), config.cell == CellKind::Lstm, "{}", case.name);
    if config.cell == CellKind::Lstm {
        case.assert_close("cell_norms", &cells, tolerance);
    }
    Ok(())
}

#[test]
fn states_gates_and_jacobians_equal_pytorch() -> Outcome {
    let cases = Case::load("probes")?;
    let layers: Vec<_> = cases.iter().filter(|case| case.has("norms")).collect();
    assert_eq!(layers.len(), 8);
    for case in layers {
        check_layer(&Reference::<f64>::new(), case, 1e-10)?;
        check_layer(&Cpu, case, 1e-5)?;
    }
    Ok(())
}

/// As in `goldens/probes.py`.
fn orthogonal(size: usize) -> Array2<f64> {
    let mut q = Array2::from_shape_fn((size, size), |(i, j)| one_if(i == (j + 1) % size));
    for salt in [7, 8] {
        let v: Vec<f64> = (0..size as u32).map(|index| number(salt, index)).collect();
        let square: f64 = v.iter().map(|number| number * number).sum();
        let reflection = |(i, j): (usize, usize)| one_if(i == j) - 2.0 * v[i] * v[j] / square;
        q = q.dot(&Array2::from_shape_fn((size, size), reflection));
    }
    q
}

fn random(size: usize) -> Array2<f64> {
    let numbers: Vec<f64> = numbers(6, size * size, 1.0 / (size as f64).sqrt());
    Array2::from_shape_fn((size, size), |(i, j)| numbers[i * size + j])
}

fn rotation(size: usize) -> Array2<f64> {
    let mut matrix: Array2<f64> = 0.5 * Array2::<f64>::eye(size);
    for (first, angle, stretch) in [(0, 1.0_f64, 1.0), (2, 2.0, 1.25)] {
        let (sin, cos) = angle.sin_cos();
        let block = Array2::from_shape_fn((2, 2), |(i, j)| {
            stretch
                * if i == j {
                    cos
                } else if i < j {
                    -sin
                } else {
                    sin
                }
        });
        matrix.slice_mut(s![first..first + 2, first..first + 2]).assign(&block);
    }
    let mix = orthogonal(size);
    mix.dot(&matrix).dot(&mix.t())
}

fn nilpotent(size: usize) -> Array2<f64> {
    let random = random(size);
    let order = |index: usize| (index * 7 + 3) % size;
    Array2::from_shape_fn(
        (size, size),
        |(i, j)| {
            if order(i) < order(j) { random[[order(i), order(j)]] } else { 0.0 }
        },
    )
}

fn one_if(condition: bool) -> f64 {
    f64::from(u8::from(condition))
}

/// The error stays within what is promised with each radius, and that within what the kind of matrix
/// allows: a radius found only roughly where it could be found well would fail.
#[test]
fn spectral_radii_equal_numpy() -> Outcome {
    let cases = Case::load("probes")?;
    let radii: Vec<_> = cases.iter().filter(|case| case.has("radius")).collect();
    assert_eq!(radii.len(), 32);
    for case in radii {
        let size = case.size("size");
        let kind = case.name.split(',').next().unwrap_or_default();
        let (matrix, promised) = match kind {
            "random" => (random(size), 1e-6),
            "orthogonal" => (orthogonal(size), 1e-2),
            "mixed" => (0.5 * orthogonal(size) + 0.3 * random(size), 1e-6),
            "rotation" => (rotation(size), 1e-6),
            _ => (nilpotent(size), 1e-10),
        };
        let found = spectral_radius(&matrix);
        assert!(found.tolerance <= promised, "{}: {found:?}", case.name);
        // Eigenvalues of one modulus, of which none stands out, are found to more digits than promised.
        let tolerance = if kind == "orthogonal" { 1e-10 } else { found.tolerance };
        case.assert_close("radius", &[found.value], tolerance);
    }
    Ok(())
}

/// What a probe shows behind a sequence's end is 0, whatever lies there.
#[test]
fn nothing_is_shown_behind_an_end() -> Outcome {
    let cases = Case::load("probes")?;
    for case in cases.iter().filter(|case| case.has("norms")) {
        let config = config_of(case);
        let mut probed = Probed::new(&Cpu, &config, Gradients::Kept)?;
        probed.forward();
        probed.backward()?;
        let Probed { tape, parameters, layer } = &probed;
        let all = layer.pre_activations(tape, parameters, 0..config.steps)?;
        let Some(gradients) = layer.gradients(tape)? else { return Err("this tape keeps gradients".into()) };
        assert_zero_behind(&config, &layer.activations(tape)?.gates);
        assert_zero_behind(&config, &all.sum);
        assert_zero_behind(&config, &gradients.pre_activations);
        assert_zero_behind(&config, &gradients.hidden);
    }
    Ok(())
}

fn assert_zero_behind<R: Real>(config: &ProbedConfig, padded: &Array3<R>) {
    for (sequence, &length) in config.lengths.iter().enumerate() {
        let behind = padded.slice(s![length.., sequence, ..]);
        assert!(behind.iter().all(|&number| number == R::ZERO), "{config:?}");
        let before = padded.slice(s![..length, sequence, ..]);
        assert!(before.iter().any(|&number| number != R::ZERO), "{config:?}");
    }
}
