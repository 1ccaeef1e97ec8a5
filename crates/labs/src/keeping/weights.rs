//! Weights alone, such as a state dict of PyTorch's: a network takes them over and begins at step 0.

use super::KeepingError;
use crate::Lab;
use rnn_formats::WeightFile;

/// Has a lab at step 0 take over weights under its own names and shapes.
///
/// # Errors
/// If one is missing, too many, or of another shape; then the lab is of no more use.
pub(crate) fn adopt_weights(lab: &mut dyn Lab, file: &WeightFile) -> Result<(), KeepingError> {
    let other = |reason: String| KeepingError::OtherNetwork { reason };
    let symbols =
        file.metadata.get("vocabulary").and_then(|words| serde_json::from_str::<Vec<String>>(words).ok());
    if symbols.is_some_and(|symbols| symbols != lab.symbols()) {
        return Err(other("they were trained on a text with other characters".to_owned()));
    }
    let mut state = lab.training().state()?;
    state.trainer.last_good = None;
    let parameters = lab.parameters();
    for tensor in &mut state.trainer.present.parameters {
        let shape = parameters
            .find(&tensor.name)
            .map(|id| parameters.shape(id))
            .map_err(|error| other(error.to_string()))?;
        let found =
            file.tensor(&tensor.name).ok_or_else(|| other(format!("“{}” is missing", tensor.name)))?;
        if found.shape != shape.dims() {
            let (name, expected) = (&tensor.name, shape.dims());
            return Err(other(format!("“{name}” must have the shape {expected:?}, found {:?}", found.shape)));
        }
        tensor.numbers.clone_from(&found.values);
    }
    let is_known = |name: &str| state.trainer.present.parameters.iter().any(|known| known.name == name);
    if let Some(stranger) = file.tensors.iter().find(|tensor| !is_known(&tensor.name)) {
        return Err(other(format!("it has no “{}”", stranger.name)));
    }
    Ok(lab.training_mut().go_on_from(&state)?)
}
