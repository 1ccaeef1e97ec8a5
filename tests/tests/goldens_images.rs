//! Convolution and pooling equal PyTorch's: outputs and every gradient, on both backends. The goldens are made
//! by `goldens/images.py`.
//!
//! Tolerance, relative to a tensor's largest number, at least 1: in `f64` 1e-11 (measured 3.7e-12: the goldens
//! have twelve digits); in `f32` 1e-5 forward (3.6e-7) and 1e-4 for gradients (2.4e-7).

use rnn_compute::ops::{ConvolutionConfig, MaxPoolConfig, convolution, global_average_pool, max_pool};
use rnn_compute::{
    Backend, ComputeError, Cpu, Gradients, ParameterList, ParameterRole, Parameters, Recorder, Reference,
};
use rnn_tests::case::Case;
use std::error::Error;

fn check<B: Backend>(backend: &B, case: &Case, forward: f64, backward: f64) -> Result<(), ComputeError> {
    let image @ [_, channels, ..] = ["images", "channels", "height", "width"].map(|name| case.size(name));
    let mut list = ParameterList::default();
    let mut recorder = Recorder::new();
    let input = recorder.input(image);
    let mut declared = vec![];
    let output = if case.has("weight") {
        let [outputs, height, width] =
            ["outputs", "kernel_height", "kernel_width"].map(|name| case.size(name));
        let role = ParameterRole::ConvolutionWeight;
        let weight = list.declare("weight", [outputs, channels, height, width], role);
        let role = ParameterRole::LinearBias { inputs: channels * height * width };
        let bias = case.has("bias").then(|| list.declare("bias", [outputs], role));
        declared.push(("weight", weight));
        declared.extend(bias.map(|bias| ("bias", bias)));
        let config = ConvolutionConfig { stride: case.size("stride"), padding: case.size("padding") };
        convolution(&mut recorder, input, (weight, list.shape(weight)), bias, config)?
    } else if case.name.starts_with("max pooling") {
        let [kernel, stride, padding] = ["kernel", "stride", "padding"].map(|name| case.size(name));
        max_pool(&mut recorder, input, MaxPoolConfig { kernel, stride, padding })?
    } else {
        global_average_pool(&mut recorder, input)?
    };
    let mut tape = recorder.finish(backend.clone(), Gradients::Kept);
    let mut parameters = Parameters::new(backend.clone(), &list);
    for &(name, id) in &declared {
        parameters.write(id, &case.numbers(name))?;
    }
    tape.write(input, &case.numbers("input"))?;
    tape.forward(&mut parameters);
    case.assert_close("output", &tape.read(output), forward);

    tape.write_gradient(output, &case.numbers("seed"))?;
    tape.backward(&mut parameters);
    case.assert_close("d_input", &tape.read_gradient(input), backward);
    for (name, id) in declared {
        case.assert_close(&format!("d_{name}"), &parameters.read_gradient(id), backward);
    }
    Ok(())
}

#[test]
fn image_ops_equal_pytorch() -> Result<(), Box<dyn Error>> {
    let cases = Case::load("images")?;
    assert_eq!(cases.len(), 13);
    for case in &cases {
        check(&Reference::<f64>::new(), case, 1e-11, 1e-11)?;
        check(&Cpu, case, 1e-5, 1e-4)?;
    }
    Ok(())
}
