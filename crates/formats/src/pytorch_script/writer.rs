//! The pieces of a script for networks that write: encoder–decoder and captioner.

use super::layers;
use rnn_compute::models::{
    AttentionKind, CaptionerConfig, CellKind, DecoderConfig, Directions, EncoderDecoderConfig,
    ImageEncoderConfig,
};
use rnn_compute::ops::DotScale;

/// The sizes of an encoder–decoder as constants.
pub(super) fn encoder_decoder_sizes(config: &EncoderDecoderConfig) -> String {
    let EncoderDecoderConfig { source_vocabulary, target_vocabulary, embedding, hidden, layers, .. } = config;
    let width = config.encoder().width();
    format!(
        "SOURCE_VOCABULARY, TARGET_VOCABULARY, EMBEDDING = {source_vocabulary}, {target_vocabulary}, {embedding}\n\
         HIDDEN, WIDTH, LAYERS = {hidden}, {width}, {layers}{}",
        decoder_constants(&config.decoder())
    )
}

/// The sizes of a captioner as constants.
pub(super) fn captioner_sizes(config: &CaptionerConfig) -> String {
    let DecoderConfig { vocabulary, embedding, hidden, layers, .. } = config.decoder;
    let ImageEncoderConfig { channels, filters, .. } = &config.encoder;
    format!(
        "CHANNELS, FILTERS = {channels}, {filters:?}\nTARGET_VOCABULARY, EMBEDDING = {vocabulary}, {embedding}\n\
         WIDTH, LAYERS = {hidden}, {layers}{}",
        decoder_constants(&config.decoder)
    )
}

fn decoder_constants(config: &DecoderConfig) -> String {
    let attention = match config.attention {
        Some(AttentionKind::Additive { size }) => format!("\nATTENTION = {size}"),
        _ => String::new(),
    };
    attention + &layers::dropout_constants(config.dropout, &config.recurrent())
}

/// The encoder of a source.
pub(super) fn source_encoder(config: &EncoderDecoderConfig) -> String {
    let made = layers::made(&config.encoder(), "EMBEDDING", "HIDDEN");
    let is_both = config.directions == Directions::Both;
    let (dropout, read) = dropout(config.dropout, "self.embedding(tokens)");
    let state = match (is_both, config.cell) {
        (false, _) => "last",
        (true, CellKind::Lstm) => "tuple(side_by_side(part) for part in last)",
        (true, _) => "side_by_side(last)",
    };
    let helper = if is_both {
        r#"


def side_by_side(state: Tensor) -> Tensor:
    """Both directions of each layer as one, [2·L, B, H] to [L, B, 2·H]."""
    return torch.cat([state[0::2], state[1::2]], dim=-1)"#
    } else {
        ""
    };
    format!(
        r#"
class Encoder(nn.Module):
    """Reads a source."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(SOURCE_VOCABULARY, EMBEDDING)
        self.rnn = {made}{dropout}

    def forward(self, tokens: Tensor, lengths: Tensor):
        """From symbols [T, B] to the states [T, B, WIDTH], and the state that the decoder begins with."""
        read = {read}
        packed = pack_padded_sequence(read, lengths.cpu(), enforce_sorted=False)
        states, last = self.rnn(packed)
        states, _ = pad_packed_sequence(states, total_length=len(tokens))
        return states, {state}{helper}"#
    )
}

/// The encoder of a picture.
pub(super) fn image_encoder(config: &CaptionerConfig) -> String {
    let is_lstm = config.decoder.cell == CellKind::Lstm;
    let made = |name: &str| {
        format!("\n        self.{name} = nn.ModuleList(nn.Linear(features, WIDTH) for _ in range(LAYERS))")
    };
    let cells = if is_lstm { made("cells") } else { String::new() };
    let state = if is_lstm { "state(self.hidden), state(self.cells)" } else { "state(self.hidden)" };
    let (hidden, kernel) = (made("hidden"), ImageEncoderConfig::KERNEL);
    let padding = kernel / 2;
    format!(
        r#"
class Encoder(nn.Module):
    """Looks at a picture."""

    def __init__(self):
        super().__init__()
        channels, features = [CHANNELS, *FILTERS], FILTERS[-1]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, {kernel}, padding={padding}) for before, after in zip(channels, FILTERS)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) for channels in FILTERS){hidden}{cells}

    def forward(self, images: Tensor):
        """From pictures [B, CHANNELS, height, width] to the state that the decoder begins with."""
        for convolution, norm in zip(self.convolutions, self.norms):
            images = functional.max_pool2d(norm(convolution(images)).relu(), 2)
        features = images.mean(dim=(2, 3))

        def state(layers: nn.ModuleList) -> Tensor:
            return torch.stack([layer(features).tanh() for layer in layers])

        return {state}"#
    )
}

/// The decoder.
pub(super) fn decoder(config: &DecoderConfig) -> String {
    let (dropout, top) = dropout(config.dropout, "hidden[0]");
    let inputs = if config.attention.is_some() { "EMBEDDING + WIDTH" } else { "EMBEDDING" };
    let made = layers::made(&config.recurrent(), inputs, "WIDTH");
    let top_state = if config.cell == CellKind::Lstm { "state[0][-1]" } else { "state[-1]" };
    let (member, look) = match config.attention {
        None => ("", String::new()),
        Some(_) => {
            let look = format!(
                r#"
        context, attention = self.attention({top_state}, states, lengths)
        read = torch.cat([read, context], dim=-1)"#
            );
            ("\n        self.attention = Attention()", look)
        }
    };
    let (arguments, reads, gives, attention) = if config.attention.is_some() {
        (
            ", states: Tensor, lengths: Tensor",
            " and source states [T, B, WIDTH]",
            ",\n        the state after it, and the attention [B, T]",
            "attention",
        )
    } else {
        ("", "", ",\n        and the state after it", "None")
    };
    format!(
        r#"
class Decoder(nn.Module):
    """Writes one symbol after the other."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(TARGET_VOCABULARY, EMBEDDING){member}
        self.rnn = {made}
        self.output = nn.Linear(WIDTH, TARGET_VOCABULARY){dropout}

    def forward(self, ids: Tensor, state{arguments}):
        """One step: from symbols [B]{reads} to scores [B, TARGET_VOCABULARY]{gives}."""
        read = self.embedding(ids){look}
        hidden, state = self.rnn(read[None], state)
        return self.output({top}), state, {attention}"#
    )
}

/// What compares the decoder's state with those of the source.
pub(super) fn attention(kind: AttentionKind) -> String {
    let (members, scores) = match kind {
        AttentionKind::Additive { .. } => (
            r#"
    def __init__(self):
        super().__init__()
        self.query = nn.Linear(WIDTH, ATTENTION)
        self.key = nn.Linear(WIDTH, ATTENTION)
        self.score = nn.Linear(ATTENTION, 1, bias=False)
"#,
            "self.score((self.query(state) + self.key(states)).tanh())[..., 0]",
        ),
        AttentionKind::Dot(DotScale::One) => ("", "(state * states).sum(dim=-1)"),
        AttentionKind::Dot(DotScale::InverseRoot) => ("", "(state * states).sum(dim=-1) / WIDTH**0.5"),
    };
    format!(
        r#"
class Attention(nn.Module):
    """Looks at the source."""
{members}
    def forward(self, state: Tensor, states: Tensor, lengths: Tensor):
        """From a state [B, WIDTH] and states [T, B, WIDTH] to a context [B, WIDTH] and weights [B, T]."""
        scores = {scores}
        is_padding = torch.arange(len(states))[:, None] >= lengths
        weights = scores.masked_fill(is_padding, -torch.inf).softmax(dim=0)
        return (weights[..., None] * states).sum(dim=0), weights.T"#
    )
}

/// Both as one, the loss, and writing.
pub(super) fn network(attention: Option<AttentionKind>, is_captioner: bool) -> String {
    let (arguments, names, takes) = if is_captioner {
        ("images: Tensor", "images", "pictures")
    } else {
        ("tokens: Tensor, lengths: Tensor", "tokens, lengths", "sources")
    };
    let sources = if attention.is_some() { ", states, lengths" } else { "" };
    let encoded = match (is_captioner, attention) {
        (true, _) => "state",
        (false, None) => "_, state",
        (false, Some(_)) => "states, state",
    };
    format!(
        r#"
class Network(nn.Module):
    """An encoder and a decoder that goes on from its state."""

    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()

    def forward(self, {arguments}, targets: Tensor) -> Tensor:
        """Scores [S, B, TARGET_VOCABULARY] of targets [S, B], each from the true ones before it."""
        {encoded} = self.encoder({names})
        read, scores = torch.full_like(targets[0], BEGIN), []
        for target in targets:
            step, state, _ = self.decoder(read, state{sources})
            scores.append(step)
            read = target.clamp(min=0)
        return torch.stack(scores)

    @torch.no_grad()
    def write(self, {arguments}, steps: int) -> tuple[Tensor, Tensor]:
        """What it finds likeliest for {takes}: symbols and their scores, [steps, B] and one axis more."""
        {encoded} = self.encoder({names})
        read, scores = torch.full(({batch},), BEGIN), []
        symbols = []
        for _ in range(steps):
            step, state, _ = self.decoder(read, state{sources})
            read = step.argmax(dim=-1)
            scores.append(step)
            symbols.append(read)
        return torch.stack(symbols), torch.stack(scores)


def loss_of(model: Network, batch: tuple[Tensor, ...]) -> Tensor:
    {names}, targets = batch
    scores = model({names}, targets)
    return functional.cross_entropy(scores.flatten(0, 1), targets.flatten(), ignore_index=-1)"#,
        batch = if is_captioner { "len(images)" } else { "len(lengths)" },
    )
}

/// The member that drops, and the expression with it.
fn dropout(probability: f64, expression: &str) -> (&'static str, String) {
    if probability > 0.0 {
        ("\n        self.dropout = nn.Dropout(DROPOUT)", format!("self.dropout({expression})"))
    } else {
        ("", expression.to_owned())
    }
}
