//! The pieces of a script for networks over sequences of different lengths: classifier, tagger, transducer;
//! and for a forecaster, whose sequences are of one.

use super::model::{self, Forward};
use crate::SequenceNetwork;
use rnn_compute::models::{CellKind, Directions, ForecastLoss, SequencePooling};

/// The module of a classifier.
pub(super) fn classifier(network: &SequenceNetwork, pooling: SequencePooling) -> String {
    let padded = "hidden, _ = pad_packed_sequence(hidden, padding_value=PADDING)\n        ";
    let pool = match pooling {
        SequencePooling::Last => format!("vector = {}", last_output(network)),
        SequencePooling::Mean => {
            format!("{}vector = hidden.sum(dim=0) / lengths[:, None]", padded.replace("PADDING", "0.0"))
        }
        SequencePooling::Max => {
            format!("{}vector = hidden.amax(dim=0)", padded.replace("PADDING", "-torch.inf"))
        }
    };
    let body = format!(
        "{}\n        {pool}\n        return self.output({})",
        packed("hidden, last"),
        model::dropped(network, "vector")
    );
    let gives = "scores of the classes [B, OUTPUTS]";
    let forward = Forward { arguments: "inputs: Tensor, lengths: Tensor", gives, body: &body };
    model::class_with(network, &forward)
}

/// What the top layer puts out at the end, each direction after it has read the whole sequence; of `last`.
fn last_output(network: &SequenceNetwork) -> String {
    let states = match (network.recurrent.cell, network.recurrent.directions) {
        (CellKind::Lstm, Directions::Forward) => "last[0][-1]",
        (_, Directions::Forward) => "last[-1]",
        (CellKind::Lstm, Directions::Both) => "torch.cat([*last[0][-2:]], dim=-1)",
        (_, Directions::Both) => "torch.cat([*last[-2:]], dim=-1)",
    };
    if network.recurrent.layer_norm { format!("self.rnn.norms[-1]({states})") } else { states.to_owned() }
}

/// The module of a tagger, or with log-probabilities of a transducer.
pub(super) fn of_steps(network: &SequenceNetwork, is_transducer: bool) -> String {
    let scores = format!("self.output({})", model::dropped(network, "hidden"));
    let (gives, scores) = if is_transducer {
        let scores = format!("functional.log_softmax({scores}, dim=-1)");
        ("log-probabilities of the labels [T, B, OUTPUTS]", scores)
    } else {
        ("scores of the tags [T, B, OUTPUTS]", scores)
    };
    let body = format!(
        "{}\n        hidden, _ = pad_packed_sequence(hidden)\n        return {scores}",
        packed("hidden, _")
    );
    let forward = Forward { arguments: "inputs: Tensor, lengths: Tensor", gives, body: &body };
    model::class_with(network, &forward)
}

/// The module of a forecaster.
pub(super) fn forecaster(network: &SequenceNetwork) -> String {
    let body = format!(
        "_, last = self.rnn(inputs)\n        vector = {}\n        return self.output({})",
        last_output(network),
        model::dropped(network, "vector")
    );
    let gives = "what follows [B, OUTPUTS]";
    model::class_with(network, &Forward { arguments: "inputs: Tensor", gives, body: &body })
}

fn packed(results: &str) -> String {
    format!(
        "read = READ\n        packed = pack_padded_sequence(read, lengths.cpu(), enforce_sorted=False)\n        {results} = \
         self.rnn(packed)"
    )
}

/// The loss of a batch of classified texts.
pub(super) fn classifier_loss(is_binary: bool) -> String {
    let loss = if is_binary {
        "functional.binary_cross_entropy_with_logits(model(inputs, lengths)[:, 0], classes.float())"
    } else {
        "functional.cross_entropy(model(inputs, lengths), classes)"
    };
    format!(
        r#"
def loss_of(model: Network, batch: tuple[Tensor, ...]) -> Tensor:
    inputs, lengths, classes = batch
    return {loss}"#
    )
}

/// The loss of a batch of tagged words; what pads them does not count.
pub(super) fn tagger_loss() -> String {
    r#"
def loss_of(model: Network, batch: tuple[Tensor, ...]) -> Tensor:
    inputs, lengths, tags = batch
    return functional.cross_entropy(model(inputs, lengths).flatten(0, 1), tags.flatten(), ignore_index=-1)"#
        .to_owned()
}

/// The loss of a batch of frames.
pub(super) fn transducer_loss() -> String {
    r#"
def loss_of(model: Network, batch: tuple[Tensor, ...]) -> Tensor:
    inputs, lengths, labels, label_lengths = batch
    scores = model(inputs, lengths)
    return functional.ctc_loss(scores, labels, lengths, label_lengths, BLANK, zero_infinity=True)"#
        .to_owned()
}

/// The loss of a batch of windows.
pub(super) fn forecaster_loss(loss: ForecastLoss) -> String {
    let loss = match loss {
        ForecastLoss::Squared => "mse_loss(model(inputs), targets)".to_owned(),
        ForecastLoss::Absolute => "l1_loss(model(inputs), targets)".to_owned(),
        ForecastLoss::Huber(huber) => format!("huber_loss(model(inputs), targets, delta={:?})", huber.delta),
    };
    format!(
        r#"
def loss_of(model: Network, batch: tuple[Tensor, ...]) -> Tensor:
    inputs, targets = batch
    return functional.{loss}"#
    )
}
