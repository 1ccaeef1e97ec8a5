//! Finds an image captioner. There is no custom of naming its parts: they have our names, or it is none.

use super::decoder;
use super::infer::Hints;
use super::names::Names;
use super::state_dict::StateDict;
use crate::FormatError;
use rnn_compute::models::{CaptionerConfig, ImageEncoderConfig};

/// Side of a picture where it is not said: that of small pictures (CIFAR's), or what the poolings need.
const SIDE: usize = 32;

/// Whether a file is that of a captioner.
pub(super) fn is_one(file: &StateDict<'_>) -> bool {
    file.find(&convolution(0)).is_some()
}

/// Finds both of its parts.
pub(super) fn find(
    file: StateDict<'_>,
    hints: &Hints,
    names: &mut Names,
) -> Result<CaptionerConfig, FormatError> {
    let (encoder, decoder) = file.split(|name| name.starts_with("encoder."));
    let shapes = (0..).map_while(|index| encoder.find(&convolution(index))).map(|tensor| &*tensor.shape);
    let (mut filters, mut channels) = (Vec::new(), 0);
    for shape in shapes {
        // Whether the kernels have the right size is seen when all parameters are compared.
        let &[outputs, inputs, ..] = shape else { break };
        if filters.is_empty() {
            channels = inputs;
        }
        filters.push(outputs);
    }
    let side = u32::try_from(filters.len()).ok().and_then(|blocks| 2_usize.checked_pow(blocks));
    let side = side.map_or(SIDE, |least| least.max(SIDE));
    let size = hints.image_size.unwrap_or([side; 2]);
    let decoder = decoder::find(decoder, None, hints, names)?;
    Ok(CaptionerConfig { encoder: ImageEncoderConfig { size, channels, filters }, decoder })
}

fn convolution(index: usize) -> String {
    format!("encoder.convolutions.{index}.weight")
}
