//! The piece of a script that every network over one sequence has: the module and its weights.

use super::layers;
use crate::{Architecture, Kind, SequenceNetwork};
use rnn_compute::models::Directions;

/// What a module's `forward` takes, gives and does; `READ` in its body is what the recurrent layers read.
pub(super) struct Forward<'a> {
    pub(super) arguments: &'a str,
    pub(super) gives: &'a str,
    pub(super) body: &'a str,
}

/// The architecture in words, as a sentence begins.
pub(super) fn in_words(architecture: &Architecture) -> String {
    let network = match architecture {
        Architecture::Sequence(network) => network,
        Architecture::EncoderDecoder(config) => {
            let attention = if config.attention.is_some() { ", with attention" } else { "" };
            return format!("An encoder–decoder of {} layers{attention}", layers::cell(config.cell));
        }
        Architecture::Captioner(config) => {
            return format!(
                "An image captioner of convolutions and {} layers",
                layers::cell(config.decoder.cell)
            );
        }
    };
    let recurrent = network.recurrent;
    let kind = match network.kind() {
        Kind::LanguageModel => "A language model: ",
        Kind::Classifier => "A classifier: ",
        Kind::Forecaster => "A forecaster: ",
        _ => "",
    };
    let both = if recurrent.directions == Directions::Both { "bidirectional " } else { "" };
    let plural = if recurrent.layers == 1 { "" } else { "s" };
    let embedding = if network.embedding.is_some() { "an embedding, " } else { "" };
    let norm = if recurrent.layer_norm { " with layer norm" } else { "" };
    let output = if network.output.is_some() { " and a linear layer" } else { "" };
    let (layers, cell) = (recurrent.layers, layers::cell(recurrent.cell));
    let words = format!("{kind}{embedding}{layers} {both}{cell} layer{plural}{norm}{output}");
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The sizes as constants.
pub(super) fn sizes(network: &SequenceNetwork) -> String {
    let SequenceNetwork { embedding, recurrent, output, .. } = network;
    let inputs = match embedding {
        Some(embedding) => format!("VOCABULARY, EMBEDDING = {}, {}", embedding.symbols, embedding.width),
        None => format!("INPUTS = {}", recurrent.inputs),
    };
    let outputs = match output {
        Some(output) if network.kind() != Kind::LanguageModel => {
            format!("\nOUTPUTS = {}", output.outputs)
        }
        _ => String::new(),
    };
    let dropout = layers::dropout_constants(network.dropout, recurrent);
    format!("{inputs}\nHIDDEN, LAYERS = {}, {}{outputs}{dropout}", recurrent.hidden, recurrent.layers)
}

/// The module that takes and gives a state.
pub(super) fn class(network: &SequenceNetwork) -> String {
    let hidden = dropped(network, "hidden");
    let given = if network.output.is_some() { format!("self.output({hidden})") } else { "hidden".to_owned() };
    let body = format!("hidden, state = self.rnn(READ, state)\n        return {given}, state");
    let gives = format!("{}, and the last state", output_in_words(network));
    class_with(network, &Forward { arguments: "inputs: Tensor, state=None", gives: &gives, body: &body })
}

/// The module with this `forward`.
pub(super) fn class_with(network: &SequenceNetwork, forward: &Forward) -> String {
    let SequenceNetwork { embedding, recurrent, output, .. } = network;
    let mut members = Vec::new();
    if embedding.is_some() {
        members.push("self.embedding = nn.Embedding(VOCABULARY, EMBEDDING)".to_owned());
    }
    let width = if embedding.is_some() { "EMBEDDING" } else { "INPUTS" };
    members.push(format!("self.rnn = {}", layers::made(recurrent, width, "HIDDEN")));
    if output.is_some() {
        let states = if recurrent.directions == Directions::Both { "2 * HIDDEN" } else { "HIDDEN" };
        let outputs = if network.kind() == Kind::LanguageModel { "VOCABULARY" } else { "OUTPUTS" };
        members.push(format!("self.output = nn.Linear({states}, {outputs})"));
    }
    if network.dropout > 0.0 {
        members.push("self.dropout = nn.Dropout(DROPOUT)".to_owned());
    }
    let members = members.join("\n        ");
    let read =
        if embedding.is_some() { dropped(network, "self.embedding(inputs)") } else { "inputs".to_owned() };
    let (takes, words) = (input_in_words(network), in_words(&Architecture::from(*network)));
    let Forward { arguments, gives, body } = forward;
    let body = body.replace("READ", &read);
    format!(
        r#"
class Network(nn.Module):
    """{words}."""

    def __init__(self):
        super().__init__()
        {members}

    def forward(self, {arguments}):
        """From {takes} to {gives}."""
        {body}"#
    )
}

/// An expression, with dropout if the network has it.
pub(super) fn dropped(network: &SequenceNetwork, expression: &str) -> String {
    if network.dropout > 0.0 { format!("self.dropout({expression})") } else { expression.to_owned() }
}

/// Fresh or loaded weights.
pub(super) fn loading(has_layer_norm: bool) -> String {
    let file = if has_layer_norm { "names_from_file(load_file(weights))" } else { "load_file(weights)" };
    format!(
        r#"
def network(weights: Path | None) -> Network:
    """The network with the weights of a file, or else with fresh ones."""
    model = Network()
    if weights is not None:
        model.load_state_dict({file})
    return model"#
    )
}

/// What a script without data of its own does: show that the weights fit.
pub(super) fn main(network: &SequenceNetwork) -> String {
    let inputs = match network.embedding {
        Some(_) => "torch.randint(VOCABULARY, (steps, batch))",
        None => "torch.randn(steps, batch, INPUTS)",
    };
    format!(
        r#"
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, help="start from these weights")
    model = network(parser.parse_args().weights)
    print(model)
    print(f"{{sum(parameter.numel() for parameter in model.parameters()):,}} parameters")
    steps, batch = 5, 2
    outputs, _ = model({inputs})
    print(f"from {{steps}} random steps of {{batch}} sequences to an output of {{tuple(outputs.shape)}}")"#
    )
}

fn input_in_words(network: &SequenceNetwork) -> &'static str {
    if network.embedding.is_some() { "symbols [T, B]" } else { "numbers [T, B, INPUTS]" }
}

fn output_in_words(network: &SequenceNetwork) -> &'static str {
    match network.kind() {
        Kind::LanguageModel => "scores of those that follow [T, B, VOCABULARY]",
        Kind::Classifier => "scores of the classes [T, B, OUTPUTS]",
        Kind::Forecaster => "predictions [T, B, OUTPUTS]",
        _ => "hidden states",
    }
}
