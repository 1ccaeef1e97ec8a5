//! An image captioner: a small convolutional network looks at a picture, and its features set the state
//! from which a decoder writes (Vinyals, Toshev, Bengio and Erhan, 2015).

use super::{CellKind, Decoder, DecoderConfig, DecoderGraph, Dense};
use crate::backend::Backend;
use crate::ops::{
    Activation, BatchNorm, BatchNormWeights, CellState, ConvolutionConfig, MaxPoolConfig, activation,
    batch_norm, convolution, global_average_pool, max_pool,
};
use crate::tape::{Recorder, Shape, Var, at_least_one};
use crate::{ComputeError, ParameterId, ParameterList, ParameterRole};

/// The sizes of an image encoder: blocks of convolution, batch norm, ReLU and max pooling by two, then
/// the mean over what is left of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageEncoderConfig {
    /// Height and width of a picture.
    pub size: [usize; 2],
    /// Channels of a picture.
    pub channels: usize,
    /// Channels of each block; the last are the features.
    pub filters: Vec<usize>,
}

impl ImageEncoderConfig {
    /// Side of the kernels; images keep their size, since half of it is added on each side.
    pub const KERNEL: usize = 3;
}

/// The sizes of a captioner.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptionerConfig {
    /// The part that looks.
    pub encoder: ImageEncoderConfig,
    /// The part that writes; without attention.
    pub decoder: DecoderConfig,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Block {
    weight: (ParameterId, Shape),
    bias: ParameterId,
    norm: BatchNormWeights,
}

/// The parameters of a captioner.
#[derive(Debug, Clone, PartialEq)]
pub struct Captioner {
    config: CaptionerConfig,
    blocks: Vec<Block>,
    /// Features to the state of each layer: h, and for the LSTM c.
    states: Vec<(Dense, Option<Dense>)>,
    decoder: Decoder,
}

/// The tensors of a recorded captioner.
#[derive(Debug, Clone)]
pub struct CaptionerGraph {
    /// Pictures, `[B, C, height, width]`.
    pub images: Var,
    /// Features, `[B, F]`.
    pub features: Var,
    /// The decoder.
    pub decoder: DecoderGraph,
}

impl Captioner {
    /// Declares `encoder.convolutions.0.…`, `encoder.norms.0.…`, `encoder.hidden.0.…` (and for the LSTM
    /// `encoder.cells.0.…`), and `decoder.…`.
    ///
    /// # Errors
    /// If a size is zero or there is no block.
    pub fn declare(list: &mut ParameterList, config: CaptionerConfig) -> Result<Self, ComputeError> {
        let ImageEncoderConfig { channels, filters, .. } = &config.encoder;
        let mut inputs = at_least_one("channels of a picture", *channels)?;
        let mut blocks = Vec::with_capacity(filters.len());
        for (index, &outputs) in filters.iter().enumerate() {
            let shape = Shape::from([
                at_least_one("filters", outputs)?,
                inputs,
                ImageEncoderConfig::KERNEL,
                ImageEncoderConfig::KERNEL,
            ]);
            let name = format!("encoder.convolutions.{index}");
            let role = ParameterRole::ConvolutionWeight;
            let weight = (list.declare(format!("{name}.weight"), shape, role), shape);
            let role = ParameterRole::LinearBias {
                inputs: inputs.saturating_mul(ImageEncoderConfig::KERNEL * ImageEncoderConfig::KERNEL),
            };
            let bias = list.declare(format!("{name}.bias"), [outputs], role);
            let norm = BatchNormWeights::declare(list, &format!("encoder.norms.{index}"), outputs);
            blocks.push(Block { weight, bias, norm });
            inputs = outputs;
        }
        at_least_one("blocks of an image encoder", blocks.len())?;
        let DecoderConfig { hidden, layers, cell, .. } = config.decoder;
        let mut dense = |kind: &str, layer: usize| {
            Dense::declare(list, &format!("encoder.{kind}.{layer}"), [inputs, hidden])
        };
        let mut states = Vec::with_capacity(layers);
        for layer in 0..layers {
            let cells = if cell == CellKind::Lstm { Some(dense("cells", layer)?) } else { None };
            states.push((dense("hidden", layer)?, cells));
        }
        let decoder = Decoder::declare(list, "decoder.", config.decoder)?;
        Ok(Self { config, blocks, states, decoder })
    }

    /// The sizes.
    #[must_use]
    pub fn config(&self) -> &CaptionerConfig {
        &self.config
    }

    /// The decoder.
    #[must_use]
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// Records the image encoder: pictures, features, and the states that they set.
    ///
    /// # Errors
    /// If the batch is empty, or a picture is too small for the blocks.
    pub fn record_encoder<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        batch: usize,
    ) -> Result<(Var, Var, Vec<CellState>), ComputeError> {
        let ImageEncoderConfig { size: [height, width], channels, .. } = self.config.encoder;
        let images = recorder.constant([at_least_one("batch", batch)?, channels, height, width]);
        let same_size =
            ConvolutionConfig { padding: ImageEncoderConfig::KERNEL / 2, ..ConvolutionConfig::default() };
        let mut seen = images;
        for block in &self.blocks {
            let convolved = convolution(recorder, seen, block.weight, Some(block.bias), same_size)?;
            let normed = batch_norm(recorder, convolved, block.norm, BatchNorm::default())?;
            let active = activation(recorder, normed, Activation::Relu);
            seen = max_pool(recorder, active, MaxPoolConfig::of_kernel(2))?;
        }
        let features = global_average_pool(recorder, seen)?;
        let mut states = Vec::with_capacity(self.states.len());
        for (hidden, cells) in &self.states {
            let mut state = |dense: &Dense| -> Result<Var, ComputeError> {
                let projected = dense.record(recorder, features)?;
                Ok(activation(recorder, projected, Activation::Tanh))
            };
            let hidden = state(hidden)?;
            let cells = cells.as_ref().map(state).transpose()?;
            states.push(CellState { hidden, cells });
        }
        Ok((images, features, states))
    }

    /// Records both, with captions of at most `steps` symbols.
    ///
    /// # Errors
    /// If a size is zero, or a picture is too small for the blocks.
    pub fn record<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        batch: usize,
        steps: usize,
    ) -> Result<CaptionerGraph, ComputeError> {
        let (images, features, states) = self.record_encoder(recorder, batch)?;
        let decoder = self.decoder.record(recorder, [steps, batch], states, None)?;
        Ok(CaptionerGraph { images, features, decoder })
    }
}
