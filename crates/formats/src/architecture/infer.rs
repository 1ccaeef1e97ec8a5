//! From the names and shapes of a state dict to the network it belongs to, and to its weights under our
//! names.

use super::recurrent_stack::{listed, refuse};
use super::state_dict::StateDict;
use super::{Architecture, Binding, Inferred, Parameter, Recurrent, Source};
use super::{output_and_embedding, recurrent_stack};
use crate::{FormatError, Tensor, WeightFile};
use rnn_compute::models::CellKind;
use std::collections::HashSet;

impl Architecture {
    /// Finds what network a file of weights belongs to. Every tensor of the file must have its place in it:
    /// a network without one of them would compute something else.
    ///
    /// # Errors
    /// If it is none that is known here, or if names and shapes leave a choice.
    pub fn infer(file: &WeightFile) -> Result<Inferred, FormatError> {
        let file = &StateDict::new(file);
        let stack = recurrent_stack::find(file)?;
        let ends = output_and_embedding::find(file, &stack.recurrent)?;
        let architecture = Self {
            embedding: ends.embedding.as_ref().map(|(embedding, _)| *embedding),
            recurrent: stack.recurrent,
            output: ends.output.as_ref().map(|(output, _)| *output),
        };
        let prefix = |ours: &str| match ours {
            "embedding" => ends.embedding.as_ref().map(|(_, prefix)| &**prefix),
            "output" => ends.output.as_ref().map(|(_, prefix)| &**prefix),
            _ => Some(&*stack.prefix),
        };
        let bindings = architecture.parameters().into_iter().map(|Parameter { name, shape }| {
            let (piece, own) = name.split_once('.').unwrap_or(("", &name));
            let theirs = format!("{}{own}", prefix(piece).unwrap_or_default());
            let source = if file.find(&theirs).is_some() {
                file.expect(&theirs, &shape)?;
                Source::File(theirs)
            } else {
                Source::Zeros
            };
            Ok(Binding { name, shape, source })
        });
        let bindings = bindings.collect::<Result<Vec<_>, FormatError>>()?;
        refuse_superfluous(file, &bindings)?;
        let notes = notes(&architecture.recurrent, &bindings);
        Ok(Inferred { architecture, bindings, notes })
    }
}

impl Inferred {
    /// The file's weights under our names and with all biases. Its metadata are kept.
    ///
    /// # Errors
    /// If the file is not the one that this was found in.
    pub fn adopt(&self, file: &WeightFile) -> Result<WeightFile, FormatError> {
        let dict = StateDict::new(file);
        let tensors = self.bindings.iter().map(|Binding { name, shape, source }| {
            let values = match source {
                Source::Zeros => vec![0.0; shape.iter().product()],
                Source::File(theirs) => {
                    let tensor = dict.find(theirs).filter(|tensor| tensor.shape == *shape);
                    tensor.map(|tensor| tensor.values.clone()).ok_or_else(|| FormatError::Parameter {
                        name: theirs.clone(),
                        expected: shape.clone(),
                        found: "another file".into(),
                    })?
                }
            };
            Ok(Tensor::new(name.clone(), shape.clone(), values))
        });
        Ok(WeightFile { tensors: tensors.collect::<Result<_, _>>()?, metadata: file.metadata.clone() })
    }
}

fn refuse_superfluous(file: &StateDict<'_>, bindings: &[Binding]) -> Result<(), FormatError> {
    let used: HashSet<&str> = bindings
        .iter()
        .filter_map(|binding| match &binding.source {
            Source::File(name) => Some(&**name),
            Source::Zeros => None,
        })
        .collect();
    let superfluous: Vec<_> = file.tensors().filter(|tensor| !used.contains(&*tensor.name)).collect();
    if superfluous.is_empty() {
        return Ok(());
    }
    let described = superfluous.iter().map(|tensor| format!("“{}” {:?}", tensor.name, tensor.shape));
    refuse(format!(
        "beside an embedding, recurrent layers and a linear output of matching sizes there are {}",
        listed(described)
    ))
}

fn notes(recurrent: &Recurrent, bindings: &[Binding]) -> Vec<String> {
    let mut notes = Vec::new();
    let missing = bindings.iter().filter(|binding| binding.source == Source::Zeros).count();
    if missing > 0 {
        notes.push(format!("The file has no values for {missing} of the biases; they are zero."));
    }
    if recurrent.cell == CellKind::ELMAN {
        notes.push("The file does not say whether its RNN uses tanh or ReLU; tanh is assumed.".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Directions, Embedding, Kind, Linear};

    fn file(tensors: &[(&str, &[usize])]) -> WeightFile {
        let tensor = |(index, &(name, shape)): (usize, &(&str, &[usize]))| {
            Tensor::new(name, shape, vec![index as f32 + 0.5; shape.iter().product()])
        };
        WeightFile { tensors: tensors.iter().enumerate().map(tensor).collect(), ..WeightFile::default() }
    }

    /// The parameters of a stack under a prefix.
    fn stack(prefix: &str, recurrent: Recurrent) -> Vec<(String, Vec<usize>)> {
        let architecture = Architecture { embedding: None, recurrent, output: None };
        let named = |Parameter { name, shape }: Parameter| (name.replacen("rnn.", prefix, 1), shape);
        architecture.parameters().into_iter().map(named).collect()
    }

    fn with(mut tensors: Vec<(String, Vec<usize>)>, others: &[(&str, &[usize])]) -> WeightFile {
        tensors.extend(others.iter().map(|(name, shape)| ((*name).to_owned(), shape.to_vec())));
        let tensors: Vec<_> = tensors.iter().map(|(name, shape)| (&**name, &**shape)).collect();
        file(&tensors)
    }

    fn refusal(file: &WeightFile) -> String {
        Architecture::infer(file).unwrap_err().to_string()
    }

    const SMALL: Recurrent =
        Recurrent { cell: CellKind::Lstm, inputs: 3, hidden: 5, layers: 2, directions: Directions::Forward };

    #[test]
    fn every_stack_is_found_under_every_prefix() {
        for cell in [CellKind::ELMAN, CellKind::Gru, CellKind::Lstm] {
            for directions in [Directions::Forward, Directions::Both] {
                for (layers, inputs, hidden) in [(1, 3, 5), (2, 5, 5), (3, 1, 1), (2, 20, 7), (11, 2, 3)] {
                    for prefix in ["", "rnn.", "lstm.", "encoder.gru.", "module.a.b."] {
                        let recurrent = Recurrent { cell, inputs, hidden, layers, directions };
                        let found = Architecture::infer(&with(stack(prefix, recurrent), &[])).unwrap();
                        let expected = Architecture { embedding: None, recurrent, output: None };
                        assert_eq!(found.architecture, expected, "{prefix}");
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
                let recurrent = Recurrent { inputs, ..SMALL };
                let (table, weight, bias) =
                    (format!("{embedding}weight"), format!("{output}weight"), format!("{output}bias"));
                let file = with(
                    stack("lstm.", recurrent),
                    &[(&table, &[7, inputs]), (&weight, &[7, 5]), (&bias, &[7])],
                );
                let found = Architecture::infer(&file).unwrap();
                assert_eq!(found.architecture.embedding, Some(Embedding { symbols: 7, width: inputs }));
                assert_eq!(found.architecture.output, Some(Linear { inputs: 5, outputs: 7 }));
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
        let both = Recurrent { directions: Directions::Both, ..SMALL };
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
        let file = with(tensors, &[("fc.weight", &[2, 5])]);
        let found = Architecture::infer(&file).unwrap();
        assert_eq!(found.notes, ["The file has no values for 5 of the biases; they are zero."]);
        let adopted = found.adopt(&file).unwrap();
        assert_eq!(adopted.values("rnn.bias_hh_l1"), Some(&[0.0; 20][..]));
        assert_eq!(adopted.values("output.bias"), Some(&[0.0; 2][..]));
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
            |others: &[(&str, &[usize])]| with(stack("rnn.", Recurrent { inputs: 5, ..SMALL }), others);
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
            (changed("rnn.weight_hh_l1", &[15, 5]), "“rnn.weight_hh_l1” must have the shape [20, 5]"),
            (changed("rnn.weight_ih_l1", &[20, 10]), "“rnn.weight_ih_l1” must have the shape [20, 5]"),
            (changed("rnn.weight_ih_l0", &[60]), "must be a matrix"),
            (changed("rnn.bias_ih_l1", &[5]), "“rnn.bias_ih_l1” must have the shape [20]"),
            (beside(&[("fc1.weight", &[6, 5]), ("fc2.weight", &[2, 6])]), "there are “fc2.weight” [2, 6]"),
            (
                beside(&[("a.weight", &[6, 5]), ("b.weight", &[2, 5])]),
                "each of “a.weight”, “b.weight” can be",
            ),
            (beside(&[("fc.weight", &[6, 5]), ("fc.bias", &[7])]), "“fc.bias” must have the shape [6]"),
            (beside(&[("norm.weight", &[5]), ("norm.bias", &[5])]), "“norm.bias” [5], “norm.weight” [5]"),
            (square(&[("x.weight", &[7, 5])]), "can be the embedding or the output layer by its shape"),
        ];
        for (file, expected) in cases {
            let found = refusal(&file);
            assert!(found.contains(expected), "expected “{expected}”, found: {found}");
            assert!(found.starts_with("cannot tell what network these weights belong to: "), "{found}");
        }
    }
}
