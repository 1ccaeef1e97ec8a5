//! Any names and shapes are a network or are refused; what is found can be adopted, is found again under our
//! names, and can be exported.
//!
//! The bytes describe a network and then changes of its tensors, so that the fuzzer comes to files that
//! nearly are a network, and not only to heaps of tensors.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rnn_compute::models::CellKind;
use rnn_formats::onnx::{Network, Pooling, Task};
use rnn_formats::{Architecture, Directions, Embedding, Linear, Parameter, Recurrent, Tensor, WeightFile};

const PREFIXES: [&str; 8] = ["", "rnn.", "lstm.", "encoder.", "decoder.", "embedding.", "fc.", "a.b."];
const PARTS: [&str; 9] = [
    "weight",
    "bias",
    "weight_ih_l",
    "weight_hh_l",
    "bias_ih_l",
    "bias_hh_l",
    "weight_hr_l",
    "weight_ih",
    "other",
];
const CELLS: [CellKind; 3] = [CellKind::ELMAN, CellKind::Gru, CellKind::Lstm];
const TASKS: [Task; 5] = [
    Task::States,
    Task::LanguageModel,
    Task::Transducer,
    Task::Classifier(Pooling::Last),
    Task::Classifier(Pooling::Max),
];

/// The parameters of a network from eight bytes: cell, sizes, directions, ends, prefix of the stack.
fn network(bytes: &[u8; 8]) -> Vec<Parameter> {
    let [cell, inputs, hidden, layers, ends, symbols, outputs, prefix] = bytes.map(usize::from);
    let directions = if ends & 1 == 0 { Directions::Forward } else { Directions::Both };
    let (inputs, hidden, layers) = (inputs % 7 + 1, hidden % 7 + 1, layers % 3 + 1);
    let recurrent = Recurrent { cell: CELLS[cell % 3], inputs, hidden, layers, directions };
    let embedding = Embedding { symbols: symbols % 9 + 1, width: inputs };
    let output = Linear { inputs: recurrent.outputs(), outputs: outputs % 9 + 1 };
    let architecture = Architecture {
        embedding: (ends & 2 != 0).then_some(embedding),
        recurrent,
        output: (ends & 4 != 0).then_some(output),
    };
    let mut parameters = architecture.parameters();
    for Parameter { name, .. } in &mut parameters {
        *name = name.replace("rnn.", PREFIXES[prefix % PREFIXES.len()]);
    }
    parameters
}

/// A change from six bytes: prefix, part, layer and direction, number of dimensions (or removal), sizes.
fn change(parameters: &mut Vec<Parameter>, bytes: &[u8; 6]) {
    let [prefix, part, layer, rank, sizes @ ..] = bytes.map(usize::from);
    let part = PARTS[part % PARTS.len()];
    let suffix = match layer {
        _ if !part.ends_with("_l") => String::new(),
        0xff => "99999999999999999999".to_owned(),
        _ if layer & 1 == 1 => format!("{}_reverse", layer / 2 % 4),
        _ => (layer / 2 % 4).to_string(),
    };
    let name = format!("{}{part}{suffix}", PREFIXES[prefix % PREFIXES.len()]);
    parameters.retain(|parameter| parameter.name != name);
    if rank % 4 < 3 {
        let shape = sizes.iter().take(rank % 4).map(|size| size % 25).collect();
        parameters.push(Parameter { name, shape });
    }
}

fn tensor(Parameter { name, shape }: Parameter) -> Tensor {
    let values = vec![0.5; shape.iter().product()];
    Tensor::new(name, shape, values)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, changes)) = bytes.split_first_chunk() else { return };
    let mut parameters = network(first);
    let (changes, _) = changes.as_chunks();
    changes.iter().for_each(|bytes| change(&mut parameters, bytes));
    let file = WeightFile { tensors: parameters.into_iter().map(tensor).collect(), ..WeightFile::default() };
    let Ok(inferred) = Architecture::infer(&file) else { return };
    let adopted = inferred.adopt(&file).expect("the file it was found in");
    let again = Architecture::infer(&adopted).expect("a network under our names");
    assert_eq!(again.architecture, inferred.architecture);
    let network = Network::new(inferred.architecture, &adopted).expect("all of its weights");
    for task in TASKS {
        let exported = network.to_onnx(task);
        assert_eq!(exported.is_ok(), task == Task::States || inferred.architecture.output.is_some());
    }
});
