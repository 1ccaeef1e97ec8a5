//! Weights as safetensors, under the names and shapes of a PyTorch state dict.

use rnn_compute::{Backend, Parameters, Real};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensorError, SafeTensors};
use std::collections::HashMap;
use thiserror::Error;

/// Why a file of weights cannot be read or written.
#[derive(Debug, Error)]
pub enum FormatError {
    /// The container is damaged or something else.
    #[error("this is not a complete safetensors file: {0}")]
    Container(#[from] SafeTensorError),
    /// A tensor holds other numbers than this project computes with.
    #[error("the tensor “{name}” must hold F32 numbers, found {found:?}; convert it first")]
    NumberType {
        /// The tensor.
        name: String,
        /// Its type.
        found: Dtype,
    },
    /// A tensor holds a number that no training can go on from.
    #[error("the tensor “{name}” holds a number that is not finite")]
    NotFinite {
        /// The tensor.
        name: String,
    },
}

/// One named array.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// As in a PyTorch state dict.
    pub name: String,
    /// Slowest dimension first.
    pub shape: Vec<usize>,
    /// Row-major.
    pub values: Vec<f32>,
}

/// Named arrays and a few words about them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WeightFile {
    /// The arrays.
    pub tensors: Vec<Tensor>,
    /// Words by key.
    pub metadata: HashMap<String, String>,
}

impl WeightFile {
    /// The values of all parameters.
    #[must_use]
    pub fn from_parameters<B: Backend>(
        parameters: &Parameters<B>,
        metadata: HashMap<String, String>,
    ) -> Self {
        let tensor = |id| Tensor {
            name: parameters.name(id).to_owned(),
            shape: parameters.shape(id).dims().to_vec(),
            values: parameters.read(id).iter().map(|value| value.to_f64() as f32).collect(),
        };
        Self { tensors: parameters.ids().map(tensor).collect(), metadata }
    }

    /// The values of the array of this name.
    #[must_use]
    pub fn values(&self, name: &str) -> Option<&[f32]> {
        self.tensors.iter().find(|tensor| tensor.name == name).map(|tensor| &*tensor.values)
    }

    /// Writes the file.
    ///
    /// # Errors
    /// If a tensor's shape and number of values differ.
    pub fn to_bytes(&self) -> Result<Vec<u8>, FormatError> {
        let bytes = |tensor: &Tensor| tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let data: Vec<Vec<u8>> = self.tensors.iter().map(bytes).collect();
        let view = |(tensor, data)| -> Result<_, SafeTensorError> {
            let tensor: &Tensor = tensor;
            Ok((&tensor.name, TensorView::new(Dtype::F32, tensor.shape.clone(), data)?))
        };
        let views = self.tensors.iter().zip(data.iter().map(Vec::as_slice)).map(view);
        let views = views.collect::<Result<Vec<_>, _>>()?;
        Ok(safetensors::serialize(views, Some(self.metadata.clone()))?)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// If it is damaged, or holds anything but finite F32 numbers.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FormatError> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let tensors = SafeTensors::deserialize(bytes)?;
        let tensors = tensors.iter().map(|(name, view)| tensor(name, &view)).collect::<Result<_, _>>()?;
        Ok(Self { tensors, metadata: header.metadata().clone().unwrap_or_default() })
    }
}

fn tensor(name: &str, view: &TensorView<'_>) -> Result<Tensor, FormatError> {
    if view.dtype() != Dtype::F32 {
        return Err(FormatError::NumberType { name: name.to_owned(), found: view.dtype() });
    }
    let (numbers, _) = view.data().as_chunks::<4>();
    let values: Vec<f32> = numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(FormatError::NotFinite { name: name.to_owned() });
    }
    Ok(Tensor { name: name.to_owned(), shape: view.shape().to_vec(), values })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> WeightFile {
        let values: Vec<f32> = (0..6).map(|i| i as f32 / 3.0 - 1.0).collect();
        WeightFile {
            tensors: vec![Tensor { name: "output.weight".into(), shape: vec![2, 3], values }],
            metadata: HashMap::from([("vocabulary".into(), "[\"a\",\"“\"]".into())]),
        }
    }

    #[test]
    fn a_file_reads_back_bit_for_bit() {
        assert_eq!(WeightFile::from_bytes(&file().to_bytes().unwrap()).unwrap(), file());
    }

    #[test]
    fn damaged_files_are_refused() {
        let bytes = file().to_bytes().unwrap();
        for cut in 0..bytes.len() {
            assert!(WeightFile::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        let mut file = file();
        file.tensors[0].values[3] = f32::NAN;
        let error = WeightFile::from_bytes(&file.to_bytes().unwrap()).unwrap_err();
        assert!(matches!(error, FormatError::NotFinite { name } if name == "output.weight"));
    }
}
