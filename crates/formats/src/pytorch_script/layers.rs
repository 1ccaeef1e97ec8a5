//! The pieces of a script about recurrent layers: how a module makes its own, and the class of those with
//! layer norms, which PyTorch has none of.

use rnn_compute::backend::Nonlinearity;
use rnn_compute::models::{CellKind, Directions, RecurrentConfig};

/// PyTorch's name for the recurrent layers.
pub(super) fn cell(kind: CellKind) -> &'static str {
    match kind {
        CellKind::Elman(_) => "RNN",
        CellKind::Lstm => "LSTM",
        CellKind::Gru => "GRU",
    }
}

/// What makes the layers of a module, from the words for its sizes.
pub(super) fn made(recurrent: &RecurrentConfig, inputs: &str, hidden: &str) -> String {
    if recurrent.layer_norm {
        return format!("Layers({inputs}, {hidden})");
    }
    let between = if drops_between(recurrent) { ", dropout=LAYER_DROPOUT" } else { "" };
    format!("nn.{}({inputs}, {hidden}, LAYERS{between}{})", cell(recurrent.cell), options(recurrent))
}

/// Whether there is dropout between the layers.
fn drops_between(recurrent: &RecurrentConfig) -> bool {
    recurrent.dropout > 0.0 && recurrent.layers > 1
}

/// The probabilities of dropout as constants, those of them that there are: beside the recurrent layers, and
/// between them.
pub(super) fn dropout_constants(beside: f64, recurrent: &RecurrentConfig) -> String {
    match (beside > 0.0, drops_between(recurrent)) {
        (false, false) => String::new(),
        (true, false) => format!("\nDROPOUT = {beside:?}"),
        (false, true) => format!("\nLAYER_DROPOUT = {:?}", recurrent.dropout),
        (true, true) => format!("\nDROPOUT, LAYER_DROPOUT = {beside:?}, {:?}", recurrent.dropout),
    }
}

/// What a cell is told beside its sizes.
fn options(recurrent: &RecurrentConfig) -> String {
    let both = if recurrent.directions == Directions::Both { ", bidirectional=True" } else { "" };
    let relu = match recurrent.cell {
        CellKind::Elman(Nonlinearity::Relu) => ", nonlinearity=\"relu\"",
        _ => "",
    };
    format!("{both}{relu}")
}

/// The class of layers with a layer norm behind each, and its names in a weight file.
pub(super) fn class(recurrent: &RecurrentConfig) -> String {
    let (cell, options) = (cell(recurrent.cell), options(recurrent));
    let directions = recurrent.directions.all().len();
    let width = if directions == 1 { "hidden" } else { "2 * hidden" };
    let (given, joined) = if recurrent.cell == CellKind::Lstm {
        ("tuple(part[rows] for part in state)", "tuple(torch.cat(part) for part in zip(*last))")
    } else {
        ("state[rows]", "torch.cat(last)")
    };
    let (dropout, dropped) = if drops_between(recurrent) {
        let dropped = "\n            if layer > 0:\n                inputs = on_rows(self.dropout, inputs)";
        ("\n        self.dropout = nn.Dropout(LAYER_DROPOUT)", dropped)
    } else {
        ("", "")
    };
    format!(
        r#"
class Layers(nn.Module):
    """Recurrent layers with a layer norm behind each. Takes and gives what nn.{cell} does."""

    def __init__(self, inputs: int, hidden: int):
        super().__init__()
        width = {width}
        sizes = [inputs] + [width] * (LAYERS - 1)
        self.layers = nn.ModuleList(nn.{cell}(size, hidden{options}) for size in sizes)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in sizes){dropout}

    def forward(self, inputs: Tensor | PackedSequence, state=None):
        last = []
        for layer, (rnn, norm) in enumerate(zip(self.layers, self.norms)):
            rows = slice({directions} * layer, {directions} * (layer + 1)){dropped}
            inputs, after = rnn(inputs, None if state is None else {given})
            inputs = on_rows(norm, inputs)
            last.append(after)
        return inputs, {joined}


def on_rows(function, inputs: Tensor | PackedSequence) -> Tensor | PackedSequence:
    """Applies a function of rows to those that there are."""
    if isinstance(inputs, PackedSequence):
        return inputs._replace(data=function(inputs.data))
    return function(inputs)


def names_from_file(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """A weight file names all layers as one module; here each is one."""
    layer = re.compile(r"\brnn\.(\w+?)_l(\d+)")
    names = [re.sub(r"^norms\.", "rnn.norms.", name) for name in weights]
    return dict(zip([layer.sub(r"rnn.layers.\2.\1_l0", name) for name in names], weights.values()))


def names_for_file(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    layer = re.compile(r"\brnn\.layers\.(\d+)\.(\w+?)_l0")
    names = [re.sub(r"^rnn\.norms\.", "norms.", name) for name in weights]
    return dict(zip([layer.sub(r"rnn.\2_l\1", name) for name in names], weights.values()))"#
    )
}
