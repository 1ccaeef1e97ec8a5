//! Files of every network, under our names and others, and files of none.

use super::{Architecture, Embedding, Hints, Inferred, Kind, Linear, Parameter, SequenceNetwork};
use crate::onnx::{Network, Task};
use crate::{FormatError, NumberType, Tensor, WeightFile, WholeTensor};
use rnn_compute::models::{
    AttentionKind, CaptionerConfig, CellKind, DecoderConfig, Directions, EncoderDecoderConfig,
    ImageEncoderConfig, RecurrentConfig,
};
use rnn_compute::ops::DotScale;

fn file(tensors: &[(&str, &[usize])]) -> WeightFile {
    let tensor = |(index, &(name, shape)): (usize, &(&str, &[usize]))| {
        Tensor::new(name, shape, vec![index as f32 + 0.5; shape.iter().product()])
    };
    WeightFile { tensors: tensors.iter().enumerate().map(tensor).collect(), ..WeightFile::default() }
}

/// The parameters of a stack under a prefix.
fn stack(prefix: &str, recurrent: RecurrentConfig) -> Vec<(String, Vec<usize>)> {
    let architecture =
        Architecture::from(SequenceNetwork { embedding: None, recurrent, output: None, dropout: 0.0 });
    let named = |Parameter { name, shape }: Parameter| (name.replacen("rnn.", prefix, 1), shape);
    architecture.parameters().unwrap().into_iter().map(named).collect()
}

/// The network over one sequence that was found.
fn sequence(found: &Inferred) -> &SequenceNetwork {
    found.architecture.sequence().unwrap()
}

/// An architecture's weights, each name changed.
fn named(architecture: &Architecture, name: impl Fn(&str) -> String) -> WeightFile {
    let parameters = architecture.parameters().unwrap().into_iter();
    let tensors: Vec<_> = parameters.map(|parameter| (name(&parameter.name), parameter.shape)).collect();
    with(tensors, &[])
}

fn with(mut tensors: Vec<(String, Vec<usize>)>, others: &[(&str, &[usize])]) -> WeightFile {
    tensors.extend(others.iter().map(|(name, shape)| ((*name).to_owned(), shape.to_vec())));
    let tensors: Vec<_> = tensors.iter().map(|(name, shape)| (&**name, &**shape)).collect();
    file(&tensors)
}

fn refusal(file: &WeightFile) -> String {
    Architecture::infer(file).unwrap_err().to_string()
}

const SMALL: RecurrentConfig = RecurrentConfig {
    cell: CellKind::Lstm,
    inputs: 3,
    hidden: 5,
    layers: 2,
    directions: Directions::Forward,
    dropout: 0.0,
    layer_norm: false,
};

#[test]
fn every_stack_is_found_under_every_prefix() {
    for cell in [CellKind::ELMAN, CellKind::Gru, CellKind::Lstm] {
        for directions in [Directions::Forward, Directions::Both] {
            for (layers, inputs, hidden) in [(1, 3, 5), (2, 5, 5), (3, 1, 1), (2, 20, 7), (11, 2, 3)] {
                for prefix in ["", "rnn.", "lstm.", "encoder.gru.", "module.a.b."] {
                    let recurrent = RecurrentConfig { cell, inputs, hidden, layers, directions, ..SMALL };
                    let found = Architecture::infer(&with(stack(prefix, recurrent), &[])).unwrap();
                    let expected = SequenceNetwork { embedding: None, recurrent, output: None, dropout: 0.0 };
                    assert_eq!(*sequence(&found), expected, "{prefix}");
                    assert_eq!(found.architecture.kind(), Kind::RecurrentLayers);
                }
            }
        }
    }
}

#[test]
fn both_ends_are_found_under_their_usual_names() {
    let names = [
        ("embedding.", "output."),
        ("emb.", "fc."),
        ("encoder.embed.", "decoder.linear."),
        ("encoder.", "decoder."),
        ("tok_embeddings.", "head."),
    ];
    for (embedding, output) in names {
        // E = H leaves only names and the bias to tell the two apart.
        for inputs in [3, 5] {
            let recurrent = RecurrentConfig { inputs, ..SMALL };
            let (table, weight, bias) =
                (format!("{embedding}weight"), format!("{output}weight"), format!("{output}bias"));
            let file =
                with(stack("lstm.", recurrent), &[(&table, &[7, inputs]), (&weight, &[7, 5]), (&bias, &[7])]);
            let found = Architecture::infer(&file).unwrap();
            assert_eq!(sequence(&found).embedding, Some(Embedding { symbols: 7, width: inputs }));
            assert_eq!(sequence(&found).output, Some(Linear { inputs: 5, outputs: 7 }));
            assert_eq!(found.architecture.kind(), Kind::LanguageModel);
            let adopted = found.adopt(&file).unwrap();
            assert_eq!(adopted.values("embedding.weight"), file.values(&table));
            assert_eq!(adopted.values("rnn.bias_hh_l1"), file.values("lstm.bias_hh_l1"));
            assert_eq!(adopted.values("output.bias"), file.values(&bias));
            assert_eq!(Architecture::infer(&adopted).unwrap().architecture, found.architecture);
        }
    }
}

#[test]
fn the_kind_follows_from_the_ends() {
    let both = RecurrentConfig { directions: Directions::Both, ..SMALL };
    let kind = |recurrent, ends: &[(&str, &[usize])]| {
        Architecture::infer(&with(stack("rnn.", recurrent), ends)).unwrap().architecture.kind()
    };
    assert_eq!(kind(SMALL, &[("fc.weight", &[4, 5])]), Kind::Forecaster);
    assert_eq!(kind(SMALL, &[("emb.weight", &[9, 3]), ("fc.weight", &[4, 5])]), Kind::Classifier);
    assert_eq!(kind(both, &[("emb.weight", &[9, 3]), ("fc.weight", &[9, 10])]), Kind::Classifier);
    assert_eq!(kind(both, &[("emb.weight", &[9, 3])]), Kind::RecurrentLayers);
}

#[test]
fn missing_biases_are_zero_and_told() {
    let mut tensors = stack("rnn.", SMALL);
    tensors.retain(|(name, _)| !name.contains("bias"));
    let mut file = with(tensors, &[("fc.weight", &[2, 5])]);
    file.metadata.insert("vocabulary".to_owned(), "[\"a\"]".to_owned());
    let found = Architecture::infer(&file).unwrap();
    assert_eq!(found.notes, ["The file has no values for 5 of the biases; they are zero."]);
    let adopted = found.adopt(&file).unwrap();
    assert_eq!(adopted.values("rnn.bias_hh_l1"), Some(&[0.0; 20][..]));
    assert_eq!(adopted.values("output.bias"), Some(&[0.0; 2][..]));
    assert_eq!(adopted.metadata, file.metadata);
}

#[test]
fn layer_norms_are_found_behind_every_layer() {
    for directions in [Directions::Forward, Directions::Both] {
        let recurrent = RecurrentConfig { layer_norm: true, directions, ..SMALL };
        let network = SequenceNetwork { embedding: None, recurrent, output: None, dropout: 0.0 };
        for norms in ["norms.", "layer_norm.", "a.ln."] {
            let file = named(&network.into(), |name| name.replace("norms.", norms));
            let found = Architecture::infer(&file).unwrap();
            assert_eq!(*sequence(&found), network);
            let theirs = format!("{norms}1.bias");
            assert_eq!(found.adopt(&file).unwrap().values("norms.1.bias"), file.values(&theirs), "{norms}");
        }
        let one_missing = |name: &str| name.replace("norms.1.weight", "other");
        assert!(
            refusal(&named(&network.into(), one_missing)).contains("“norms.1.weight” is missing"),
            "a layer without a norm"
        );
    }
}

const TRANSLATOR: EncoderDecoderConfig = EncoderDecoderConfig {
    source_vocabulary: 11,
    target_vocabulary: 7,
    embedding: 3,
    hidden: 5,
    layers: 2,
    cell: CellKind::Gru,
    directions: Directions::Forward,
    dropout: 0.0,
    attention: None,
};

#[test]
fn encoder_decoders_are_found() {
    let additive = Some(AttentionKind::Additive { size: 4 });
    let dot = Some(AttentionKind::Dot(DotScale::One));
    let hints = Hints { dot_scale: Some(DotScale::One), ..Hints::default() };
    for cell in [CellKind::Gru, CellKind::Lstm] {
        for directions in [Directions::Forward, Directions::Both] {
            for attention in [None, additive, dot] {
                let config = EncoderDecoderConfig { cell, directions, attention, ..TRANSLATOR };
                let theirs: [fn(&str) -> String; 3] = [
                    str::to_owned,
                    |name| format!("model.{}", name.replace("rnn.", "lstm.").replace("output", "fc")),
                    |name| {
                        name.replacen('.', "_", 1).replace("rnn.", "cells.").replace("attention.", "attn_")
                    },
                ];
                for name in theirs {
                    let file = named(&config.into(), name);
                    let found = Architecture::infer_with(&file, &hints).unwrap();
                    assert_eq!(found.architecture, config.into());
                    assert_eq!(found.architecture.kind(), Kind::EncoderDecoder);
                    let adopted = found.adopt(&file).unwrap();
                    for binding in &found.bindings {
                        let values = file.values(&name(&binding.name));
                        assert_eq!(adopted.values(&binding.name), values, "{}", binding.name);
                    }
                }
            }
        }
    }
}

#[test]
fn the_parts_of_an_attention_are_found_under_their_usual_names() {
    let attention = Some(AttentionKind::Additive { size: 4 });
    let architecture = Architecture::from(EncoderDecoderConfig { attention, ..TRANSLATOR });
    for [query, key, score] in [
        ["W_q", "W_k", "v"],
        ["Wa", "Ua", "Va"],
        ["query_layer", "key_layer", "energy_layer"],
        // Two letters mean a part only if they are the whole word.
        ["query", "key_values", "score"],
    ] {
        let renamed = |name: &str| {
            let words = [("query", query), ("key", key), ("score", score)];
            words.into_iter().fold(name.to_owned(), |name, (ours, theirs)| {
                name.replace(&format!("attention.{ours}."), &format!("attention.{theirs}."))
            })
        };
        let file = named(&architecture, renamed);
        let found = Architecture::infer(&file).unwrap();
        assert_eq!(found.architecture, architecture, "{query}");
        let key_weight = format!("decoder.attention.{key}.weight");
        let adopted = found.adopt(&file).unwrap();
        assert_eq!(adopted.values("decoder.attention.key.weight"), file.values(&key_weight));
    }
}

#[test]
fn dot_attention_must_be_said() {
    for scale in [DotScale::One, DotScale::InverseRoot] {
        let config = EncoderDecoderConfig { attention: Some(AttentionKind::Dot(scale)), ..TRANSLATOR };
        let file = named(&config.into(), str::to_owned);
        assert!(refusal(&file).contains("this is dot attention, scaled or not, or none; say which"));
        let hints = Hints { dot_scale: Some(scale), ..Hints::default() };
        assert_eq!(Architecture::infer_with(&file, &hints).unwrap().architecture, config.into());
        // The hint changes nothing where the numbers say that there is no attention.
        let plain = named(&TRANSLATOR.into(), str::to_owned);
        assert_eq!(Architecture::infer_with(&plain, &hints).unwrap().architecture, TRANSLATOR.into());
    }
}

fn captioner(cell: CellKind) -> CaptionerConfig {
    let decoder = DecoderConfig {
        vocabulary: 9,
        embedding: 3,
        hidden: 4,
        layers: 2,
        cell,
        dropout: 0.0,
        attention: None,
        source_width: 0,
    };
    let encoder = ImageEncoderConfig { size: [8, 6], channels: 1, filters: vec![2, 5] };
    CaptionerConfig { encoder, decoder }
}

#[test]
fn captioners_are_found_with_their_counters_left_out() {
    for cell in [CellKind::ELMAN, CellKind::Lstm] {
        let config = captioner(cell);
        let mut file = named(&config.clone().into(), str::to_owned);
        let name = "encoder.norms.1.num_batches_tracked".to_owned();
        file.whole.push(WholeTensor { name, shape: vec![], stored_as: "I64" });
        let hints = Hints { image_size: Some([8, 6]), ..Hints::default() };
        let found = Architecture::infer_with(&file, &hints).unwrap();
        assert_eq!(found.architecture, config.into());
        let note = "Not needed and left out: “encoder.norms.1.num_batches_tracked”.";
        assert!(found.notes.iter().any(|found| found == note), "{:?}", found.notes);
        assert_eq!(found.adopt(&file).unwrap().tensors, file.tensors);
        let notes = Architecture::infer(&file).unwrap().notes;
        assert!(notes.iter().any(|note| note.contains("32×32 is assumed")), "{notes:?}");
    }
}

#[test]
fn whole_numbers_that_are_no_counters_are_refused() {
    let mut file = with(stack("rnn.", SMALL), &[]);
    let name = "output.weight".to_owned();
    file.whole.push(WholeTensor { name: name.clone(), shape: vec![2, 5], stored_as: "I8" });
    let error = Architecture::infer(&file).unwrap_err();
    assert_eq!(error, FormatError::NumberType { name, found: "I8".to_owned() });
    assert_eq!(file.tensors[0].stored_as, NumberType::F32);
}

/// Removed, renamed, of another shape: what is still a network has all that an export needs.
#[test]
fn no_change_of_one_tensor_makes_a_panic() {
    let attention = Some(AttentionKind::Additive { size: 4 });
    let layer_norm = RecurrentConfig { layer_norm: true, ..SMALL };
    let output = Some(Linear { inputs: 5, outputs: 7 });
    let architectures: [Architecture; 4] = [
        SequenceNetwork { embedding: None, recurrent: layer_norm, output, dropout: 0.0 }.into(),
        EncoderDecoderConfig { attention, ..TRANSLATOR }.into(),
        EncoderDecoderConfig { directions: Directions::Both, ..TRANSLATOR }.into(),
        captioner(CellKind::Lstm).into(),
    ];
    let shapes: [&[usize]; 10] =
        [&[], &[0], &[1], &[5], &[0, 5], &[5, 0], &[1, 1], &[7, 3], &[15, 5], &[2, 0, 3, 3]];
    let hints = Hints { dot_scale: Some(DotScale::One), ..Hints::default() };
    let mut found = 0;
    let mut check = |file: &WeightFile| {
        let Ok(inferred) = Architecture::infer_with(file, &hints) else { return };
        let adopted = inferred.adopt(file).unwrap();
        let is_sequence = inferred.architecture.sequence().is_some();
        let network = Network::new(inferred.architecture, &adopted).unwrap();
        let tasks: &[Task] = if is_sequence { &[Task::States] } else { &[Task::Encoder, Task::DecoderStep] };
        tasks.iter().for_each(|&task| assert!(!network.to_onnx(task).unwrap().is_empty()));
        found += 1;
    };
    for architecture in &architectures {
        let whole = named(architecture, str::to_owned);
        for index in 0..whole.tensors.len() {
            let mut file = whole.clone();
            file.tensors.remove(index);
            check(&file);
            for shape in shapes {
                let mut file = whole.clone();
                let name = file.tensors[index].name.clone();
                file.tensors[index] = Tensor::new(name, shape, vec![0.5; shape.iter().product()]);
                check(&file);
            }
            for name in [
                "x",
                "weight",
                "encoder.weight",
                "decoder.rnn.weight_ih_l9999",
                "decoder.attention.key.weight",
            ] {
                let mut file = whole.clone();
                file.tensors[index].name = name.to_owned();
                check(&file);
            }
        }
    }
    // Those that lost a bias, and those whose embedding or output has another name.
    assert!(found > 20, "{found}");
}

#[test]
fn what_cannot_be_told_is_refused_in_a_sentence() {
    let changed = |name: &str, shape: &[usize]| {
        let mut tensors = stack("rnn.", SMALL);
        tensors.iter_mut().filter(|tensor| tensor.0 == name).for_each(|tensor| tensor.1 = shape.to_vec());
        with(tensors, &[])
    };
    let without = |name: &str| {
        let mut tensors = stack("rnn.", SMALL);
        tensors.retain(|tensor| tensor.0 != name);
        with(tensors, &[])
    };
    let beside = |others: &[(&str, &[usize])]| with(stack("rnn.", SMALL), others);
    let square =
        |others: &[(&str, &[usize])]| with(stack("rnn.", RecurrentConfig { inputs: 5, ..SMALL }), others);
    let captions = |name: &dyn Fn(&str) -> String| named(&captioner(CellKind::Gru).into(), name);
    let translates = |name: &dyn Fn(&str) -> String| named(&TRANSLATOR.into(), name);
    let attention = Some(AttentionKind::Additive { size: 4 });
    let attends =
        |name: &dyn Fn(&str) -> String| named(&EncoderDecoderConfig { attention, ..TRANSLATOR }.into(), name);
    let mut smaller = translates(&str::to_owned);
    smaller.tensors.retain(|tensor| !(tensor.name.starts_with("decoder.") && tensor.name.ends_with("_l1")));
    let cases = [
        (file(&[]), "no recurrent layer was found"),
        (file(&[("fc.weight", &[2, 2])]), "no recurrent layer was found"),
        (beside(&[("rnn.weight_hr_l0", &[2, 5])]), "proj_size, which is not supported"),
        (beside(&[("a.weight_ih_l0", &[5, 5])]), "two stacks of recurrent layers were found, “a."),
        (beside(&[("rnn.weight_ih_l0_reverse", &[20, 3])]), "“rnn.weight_hh_l0_reverse” is missing"),
        (beside(&[("rnn.bias_ih_l3", &[20])]), "“rnn.weight_ih_l2” is missing"),
        (without("rnn.weight_hh_l0"), "“rnn.weight_hh_l0” is missing"),
        (changed("rnn.weight_hh_l0", &[10, 5]), "H, 3·H or 4·H rows (Elman, GRU, LSTM) of H = 5"),
        (changed("rnn.weight_hh_l0", &[0, 0]), "at least one number, found the shape [0, 0]"),
        (changed("rnn.weight_hh_l0", &[20, 0]), "at least one number, found the shape [20, 0]"),
        (changed("rnn.weight_ih_l0", &[20, 0]), "at least one number, found the shape [20, 0]"),
        (changed("rnn.weight_hh_l1", &[15, 5]), "“rnn.weight_hh_l1” must have the shape [20, 5]"),
        (changed("rnn.weight_ih_l1", &[20, 10]), "“rnn.weight_ih_l1” must have the shape [20, 5]"),
        (changed("rnn.weight_ih_l0", &[60]), "must be a matrix"),
        (changed("rnn.bias_ih_l1", &[5]), "“rnn.bias_ih_l1” must have the shape [20]"),
        (beside(&[("fc1.weight", &[6, 5]), ("fc2.weight", &[2, 6])]), "there are “fc2.weight” [2, 6]"),
        (beside(&[("a.weight", &[6, 5]), ("b.weight", &[2, 5])]), "each of “a.weight”, “b.weight” can be"),
        (beside(&[("fc.weight", &[6, 5]), ("fc.bias", &[7])]), "“fc.bias” must have the shape [6]"),
        (beside(&[("norm.weight", &[5]), ("norm.bias", &[5])]), "“norm.bias” [5], “norm.weight” [5]"),
        (
            captions(&|name| name.replace("norms.1.running_var", "x")),
            "“encoder.norms.1.running_var” is missing",
        ),
        (
            captions(&|name| name.replace("convolutions.1", "x")),
            "“encoder.hidden.0.weight” must have the shape [4, 2]",
        ),
        (
            captions(&|name| name.replace("decoder.output.weight", "x")),
            "expected an embedding and an output layer that fit",
        ),
        (translates(&|name| name.replace("encoder.embedding", "y.z")), "the encoder has no embedding"),
        (
            translates(&|name| name.replace("decoder.embedding", "encoder.x")),
            "fit, with or without 5 numbers of context",
        ),
        (
            translates(&|name| {
                name.replace("rnn.weight_ih_l1", "rnn.x").replace("decoder.rnn.weight_hh_l1", "y")
            }),
            "“encoder.rnn.weight_ih_l1” is missing",
        ),
        (attends(&|name| name.replace("score", "x")), "the score of the attention was not found"),
        (
            attends(&|name| name.replace("attention.key.bias", "attention.other")),
            "beside an encoder and a decoder of matching sizes there are “decoder.attention.other” [4]",
        ),
        (
            smaller,
            "the decoder must have what the encoder hands on, 2 layers of Gru with 5 units on an embedding of 3, found 1 layers",
        ),
        (square(&[("x.weight", &[7, 5])]), "can be the embedding or the output layer by its shape"),
    ];
    for (file, expected) in cases {
        let found = refusal(&file);
        assert!(found.contains(expected), "expected “{expected}”, found: {found}");
        assert!(found.starts_with("cannot tell what network these weights belong to: "), "{found}");
    }
}
