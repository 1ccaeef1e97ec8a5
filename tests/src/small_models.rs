//! Small models without dropout, with all else that they can have.

use rnn_compute::models::{
    AttentionKind, CaptionerConfig, CellKind, DecoderConfig, Directions, EncoderDecoderConfig, ForecastLoss,
    ForecasterConfig, ImageEncoderConfig, LanguageModelConfig, RecurrentConfig,
};

/// V, of whatever is read or written.
pub const SYMBOLS: usize = 9;
/// What a sequence of numbers holds at each step.
pub const WIDTH: usize = 5;

/// The captioner's decoder.
pub const DECODER: DecoderConfig = DecoderConfig {
    vocabulary: SYMBOLS,
    embedding: 3,
    hidden: 5,
    layers: 2,
    cell: CellKind::Lstm,
    dropout: 0.0,
    attention: None,
    source_width: 0,
};

/// Two blocks of convolution.
#[must_use]
pub fn captioner() -> CaptionerConfig {
    let encoder = ImageEncoderConfig { size: [9, 7], channels: 2, filters: vec![3, 5] };
    CaptionerConfig { encoder, decoder: DECODER }
}

/// Three numbers from the last state.
#[must_use]
pub fn forecaster(directions: Directions) -> ForecasterConfig {
    let recurrent = recurrent(CellKind::Gru, WIDTH, directions);
    ForecasterConfig { recurrent, outputs: 3, dropout: 0.0, loss: ForecastLoss::Squared }
}

/// Two layers with norms.
#[must_use]
pub fn language_model(cell: CellKind) -> LanguageModelConfig {
    LanguageModelConfig { layer_norm: true, ..LanguageModelConfig::new(cell, SYMBOLS, 5, 7, 2) }
}

/// Two layers in each part.
#[must_use]
pub fn encoder_decoder(
    cell: CellKind,
    directions: Directions,
    attention: Option<AttentionKind>,
) -> EncoderDecoderConfig {
    EncoderDecoderConfig {
        source_vocabulary: SYMBOLS,
        target_vocabulary: SYMBOLS,
        embedding: 3,
        hidden: 5,
        layers: 2,
        cell,
        directions,
        dropout: 0.0,
        attention,
    }
}

/// Two layers with norms.
#[must_use]
pub fn recurrent(cell: CellKind, inputs: usize, directions: Directions) -> RecurrentConfig {
    RecurrentConfig { directions, layer_norm: true, ..RecurrentConfig::new(cell, inputs, 33, 2) }
}
