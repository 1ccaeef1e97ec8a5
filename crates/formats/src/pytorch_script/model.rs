//! The piece of a script that every architecture has: the module and its weights.

use crate::{Architecture, Directions, Kind, Recurrent};
use rnn_compute::backend::Nonlinearity;
use rnn_compute::models::CellKind;

/// The architecture in words, as a sentence begins.
pub(super) fn in_words(architecture: &Architecture) -> String {
    let Recurrent { layers, directions, .. } = architecture.recurrent;
    let kind = match architecture.kind() {
        Kind::LanguageModel => "A language model: ",
        Kind::Classifier => "A classifier: ",
        Kind::Forecaster => "A forecaster: ",
        Kind::RecurrentLayers => "",
    };
    let both = if directions == Directions::Both { "bidirectional " } else { "" };
    let plural = if layers == 1 { "" } else { "s" };
    let embedding = if architecture.embedding.is_some() { "an embedding, " } else { "" };
    let output = if architecture.output.is_some() { " and a linear layer" } else { "" };
    let words = format!("{kind}{embedding}{layers} {both}{} layer{plural}{output}", cell(architecture));
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The sizes as constants.
pub(super) fn sizes(architecture: &Architecture) -> String {
    let Architecture { embedding, recurrent, output } = architecture;
    let inputs = match embedding {
        Some(embedding) => format!("VOCABULARY, EMBEDDING = {}, {}", embedding.symbols, embedding.width),
        None => format!("INPUTS = {}", recurrent.inputs),
    };
    let outputs = match output {
        Some(output) if architecture.kind() != Kind::LanguageModel => {
            format!("\nOUTPUTS = {}", output.outputs)
        }
        _ => String::new(),
    };
    format!("{inputs}\nHIDDEN, LAYERS = {}, {}{outputs}", recurrent.hidden, recurrent.layers)
}

/// The module.
pub(super) fn class(architecture: &Architecture) -> String {
    let Architecture { embedding, recurrent, output } = architecture;
    let is_both = recurrent.directions == Directions::Both;
    let has_embedding = embedding.is_some();
    let width = if has_embedding { "EMBEDDING" } else { "INPUTS" };
    let mut members = Vec::new();
    if has_embedding {
        members.push("self.embedding = nn.Embedding(VOCABULARY, EMBEDDING)".to_owned());
    }
    let both = if is_both { ", bidirectional=True" } else { "" };
    let relu = match architecture.recurrent.cell {
        CellKind::Elman(Nonlinearity::Relu) => ", nonlinearity=\"relu\"",
        _ => "",
    };
    members.push(format!("self.rnn = nn.{}({width}, HIDDEN, LAYERS{both}{relu})", cell(architecture)));
    if output.is_some() {
        let states = if is_both { "2 * HIDDEN" } else { "HIDDEN" };
        let outputs = if architecture.kind() == Kind::LanguageModel { "VOCABULARY" } else { "OUTPUTS" };
        members.push(format!("self.output = nn.Linear({states}, {outputs})"));
    }
    let members = members.join("\n        ");
    let read = if has_embedding { "self.embedding(inputs)" } else { "inputs" };
    let given = if output.is_some() { "self.output(hidden)" } else { "hidden" };
    let (takes, gives) = (input_in_words(architecture), output_in_words(architecture));
    let words = in_words(architecture);
    format!(
        r#"
class Network(nn.Module):
    """{words}."""

    def __init__(self):
        super().__init__()
        {members}

    def forward(self, inputs: Tensor, state=None):
        """From {takes} to {gives}, and the last state."""
        hidden, state = self.rnn({read}, state)
        return {given}, state"#
    )
}

/// Fresh or loaded weights.
pub(super) fn loading() -> String {
    r#"
def network(weights: Path | None) -> Network:
    """The network with the weights of a file, or else with fresh ones."""
    model = Network()
    if weights is not None:
        model.load_state_dict(load_file(weights))
    return model"#
        .to_owned()
}

/// What a script without data of its own does: show that the weights fit.
pub(super) fn main(architecture: &Architecture) -> String {
    let inputs = match architecture.embedding {
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

/// PyTorch's name for the recurrent layers.
fn cell(architecture: &Architecture) -> &'static str {
    match architecture.recurrent.cell {
        CellKind::Elman(_) => "RNN",
        CellKind::Lstm => "LSTM",
        CellKind::Gru => "GRU",
    }
}

fn input_in_words(architecture: &Architecture) -> &'static str {
    if architecture.embedding.is_some() { "symbols [T, B]" } else { "numbers [T, B, INPUTS]" }
}

fn output_in_words(architecture: &Architecture) -> &'static str {
    match architecture.kind() {
        Kind::LanguageModel => "scores of those that follow [T, B, VOCABULARY]",
        Kind::Classifier => "scores of the classes [T, B, OUTPUTS]",
        Kind::Forecaster => "predictions [T, B, OUTPUTS]",
        Kind::RecurrentLayers => "hidden states",
    }
}
