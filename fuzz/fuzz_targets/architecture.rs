//! Any names and shapes are a network or are refused; what is found can be adopted, is found again under our
//! names, and can be exported.
//!
//! The bytes describe a network and then changes of its tensors, so that the fuzzer comes to files that
//! nearly are a network, and not only to heaps of tensors.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rnn_compute::models::{
    AttentionKind, CellKind, Directions, EncoderDecoderConfig, RecurrentConfig, SequencePooling,
};
use rnn_formats::onnx::{Network, Task};
use rnn_formats::{Architecture, Embedding, Linear, Parameter, SequenceNetwork, Tensor, WeightFile};

const PREFIXES: [&str; 12] = [
    "",
    "rnn.",
    "lstm.",
    "encoder.",
    "decoder.",
    "embedding.",
    "fc.",
    "a.b.",
    "norms.0.",
    "encoder.rnn.",
    "decoder.rnn.",
    "decoder.attention.key.",
];
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
const TASKS: [Task; 7] = [
    Task::States,
    Task::LanguageModel,
    Task::Transducer,
    Task::Classifier(SequencePooling::Last),
    Task::Classifier(SequencePooling::Max),
    Task::Encoder,
    Task::DecoderStep,
];

/// The parameters of a network from eight bytes: cell, sizes, directions, ends, prefix of the stack.
fn network(bytes: &[u8; 8]) -> Vec<Parameter> {
    let [cell, inputs, hidden, layers, ends, symbols, outputs, prefix] = bytes.map(usize::from);
    let directions = if ends & 1 == 0 { Directions::Forward } else { Directions::Both };
    let (inputs, hidden, layers) = (inputs % 7 + 1, hidden % 7 + 1, layers % 3 + 1);
    let layer_norm = ends & 8 != 0;
    let recurrent = RecurrentConfig::new(CELLS[cell % 3], inputs, hidden, layers);
    let recurrent = RecurrentConfig { directions, layer_norm, ..recurrent };
    let embedding = Embedding { symbols: symbols % 9 + 1, width: inputs };
    let output = Linear { inputs: recurrent.width(), outputs: outputs % 9 + 1 };
    let network = SequenceNetwork {
        dropout: 0.0,
        embedding: (ends & 2 != 0).then_some(embedding),
        recurrent,
        output: (ends & 4 != 0).then_some(output),
    };
    let mut parameters = Architecture::from(network).parameters().expect("no size is zero");
    for Parameter { name, .. } in &mut parameters {
        *name = name.replace("rnn.", PREFIXES[prefix % PREFIXES.len()]);
    }
    parameters
}

/// The parameters of an encoder–decoder from the same bytes.
fn encoder_decoder(bytes: &[u8; 8]) -> Vec<Parameter> {
    let [cell, embedding, hidden, layers, ends, source, target, size] = bytes.map(usize::from);
    let config = EncoderDecoderConfig {
        source_vocabulary: source % 9 + 1,
        target_vocabulary: target % 9 + 1,
        embedding: embedding % 7 + 1,
        hidden: hidden % 7 + 1,
        layers: layers % 3 + 1,
        cell: CELLS[cell % 3],
        directions: if ends & 1 == 0 { Directions::Forward } else { Directions::Both },
        dropout: 0.0,
        attention: (ends & 2 != 0).then_some(AttentionKind::Additive { size: size % 5 + 1 }),
    };
    Architecture::from(config).parameters().expect("no size is zero")
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
    let mut parameters = if first[4] & 16 == 0 { network(first) } else { encoder_decoder(first) };
    let (changes, _) = changes.as_chunks();
    changes.iter().for_each(|bytes| change(&mut parameters, bytes));
    let file = WeightFile { tensors: parameters.into_iter().map(tensor).collect(), ..WeightFile::default() };
    let Ok(inferred) = Architecture::infer(&file) else { return };
    let adopted = inferred.adopt(&file).expect("the file it was found in");
    let again = Architecture::infer(&adopted).expect("a network under our names");
    assert_eq!(again.architecture, inferred.architecture);
    let network = Network::new(inferred.architecture.clone(), &adopted).expect("all of its weights");
    for task in TASKS {
        let is_part = matches!(task, Task::Encoder | Task::DecoderStep);
        let is_possible = match &inferred.architecture {
            Architecture::Sequence(network) => !is_part && (task == Task::States || network.output.is_some()),
            Architecture::EncoderDecoder(_) | Architecture::Captioner(_) => is_part,
        };
        assert_eq!(network.to_onnx(task).is_ok(), is_possible);
    }
});
