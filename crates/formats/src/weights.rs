//! Weights as safetensors, under the names and shapes of a PyTorch state dict.

use crate::FormatError;
use crate::safetensors::{ElementType, Entry, NumberType, read_header, write_header};
use rnn_compute::{Backend, Parameters, Real};
use std::collections::BTreeMap;

/// One named array.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tensor {
    /// As in a PyTorch state dict.
    pub name: String,
    /// Slowest dimension first.
    pub shape: Vec<usize>,
    /// Row-major.
    pub values: Vec<f32>,
    /// What the file held before it was read as `f32`.
    pub stored_as: NumberType,
}

/// An array of whole numbers or truth values in a file, which was read past: no network computes with one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholeTensor {
    /// As in a PyTorch state dict.
    pub name: String,
    /// Slowest dimension first.
    pub shape: Vec<usize>,
    /// The name of its type in the file: `I64`, `BOOL`.
    pub stored_as: &'static str,
}

/// Named arrays and a few words about them: a trained network, or the whole state of a trainer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WeightFile {
    /// The arrays, in the order of the file's data.
    pub tensors: Vec<Tensor>,
    /// What the file held besides, without its values. Never written.
    pub whole: Vec<WholeTensor>,
    /// Words by key.
    pub metadata: BTreeMap<String, String>,
}

impl Tensor {
    /// An array of `f32`.
    #[must_use]
    pub fn new(name: impl Into<String>, shape: impl Into<Vec<usize>>, values: Vec<f32>) -> Self {
        Self { name: name.into(), shape: shape.into(), values, stored_as: NumberType::F32 }
    }
}

impl WeightFile {
    /// The values of all parameters.
    #[must_use]
    pub fn from_parameters<B: Backend>(
        parameters: &Parameters<B>,
        metadata: BTreeMap<String, String>,
    ) -> Self {
        let tensor = |id| {
            let values = parameters.read(id).iter().map(|value| value.to_f64() as f32).collect();
            Tensor::new(parameters.name(id), parameters.shape(id).dims(), values)
        };
        Self { tensors: parameters.ids().map(tensor).collect(), metadata, ..Self::default() }
    }

    /// The array of this name.
    #[must_use]
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// The values of the array of this name.
    #[must_use]
    pub fn values(&self, name: &str) -> Option<&[f32]> {
        self.tensor(name).map(|tensor| &*tensor.values)
    }

    /// A sentence about numbers that were stored in another type than they were read in, if any were.
    #[must_use]
    pub fn conversion_note(&self) -> Option<String> {
        let mut counts = BTreeMap::new();
        for tensor in self.tensors.iter().filter(|tensor| tensor.stored_as != NumberType::F32) {
            *counts.entry(tensor.stored_as.name()).or_insert(0_usize) += 1;
        }
        let parts: Vec<String> = counts.iter().map(|(name, count)| format!("{count} of {name}")).collect();
        let total = self.tensors.len();
        (!parts.is_empty()).then(|| format!("Converted to F32: {}, of {total} tensors.", parts.join(" and ")))
    }

    /// Writes the file. The same file gives the same bytes.
    ///
    /// # Errors
    /// If a tensor's shape and number of values differ, or two tensors have the same name.
    pub fn to_bytes(&self) -> Result<Vec<u8>, FormatError> {
        for Tensor { name, shape, values, .. } in &self.tensors {
            let count = shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size));
            if count != Some(values.len()) {
                let reason = format!("{} numbers do not have the shape {shape:?}", values.len());
                return Err(FormatError::Unwritable { name: name.clone(), reason });
            }
        }
        let entries = self.tensors.iter().map(|tensor| (&*tensor.name, &*tensor.shape, tensor.values.len()));
        let mut bytes = write_header(entries, &self.metadata)?;
        let data = self.tensors.iter().flat_map(|tensor| &tensor.values);
        bytes.extend(data.flat_map(|value| value.to_le_bytes()));
        Ok(bytes)
    }

    /// Reads a file. Numbers in other types than `f32` are converted; see [`Self::conversion_note`]. Whole
    /// numbers, such as the counters of a batch norm, are read past.
    ///
    /// # Errors
    /// If it is damaged, or holds numbers that are not finite or of a type that is not known.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FormatError> {
        let (entries, metadata) = read_header(bytes)?;
        let mut file = Self { metadata, ..Self::default() };
        for Entry { name, elements, shape, range } in entries {
            match elements {
                ElementType::Real(numbers) => {
                    let values = finite(&name, numbers, bytes.get(range).unwrap_or_default())?;
                    file.tensors.push(Tensor { name, shape, values, stored_as: numbers });
                }
                ElementType::Whole { name: stored_as, .. } => {
                    file.whole.push(WholeTensor { name, shape, stored_as });
                }
            }
        }
        Ok(file)
    }
}

/// The numbers of a tensor, unless one of them is not finite.
fn finite(name: &str, numbers: NumberType, bytes: &[u8]) -> Result<Vec<f32>, FormatError> {
    let values = numbers.read(bytes);
    match values.iter().position(|value| !value.is_finite()) {
        Some(position) => {
            let (name, found) = (name.to_owned(), numbers.in_words(bytes, position));
            Err(FormatError::NotFinite { name, position, found })
        }
        None => Ok(values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_compute::{Cpu, ParameterList, ParameterRole};
    use safetensors::tensor::{Dtype, TensorView};
    use safetensors::{SafeTensors, serialize};
    use std::collections::HashMap;

    fn file() -> WeightFile {
        let values: Vec<f32> = (0..6).map(|i| i as f32 / 3.0 - 1.0).collect();
        WeightFile {
            tensors: vec![
                Tensor::new("output.weight", [2, 3], values),
                Tensor::new("nothing", [0, 7], vec![]),
                Tensor::new("“step”\n", [], vec![f32::MIN_POSITIVE / 2.0]),
            ],
            metadata: BTreeMap::from([("vocabulary".into(), "[\"a\",\"“\"]".into())]),
            ..WeightFile::default()
        }
    }

    #[test]
    fn parameters_are_written_under_their_names_with_what_is_said_about_them() {
        let mut list = ParameterList::default();
        let weight = list.declare("rnn.weight", [2, 3], ParameterRole::LinearWeight);
        list.declare("bias", [2], ParameterRole::LinearBias { inputs: 3 });
        let mut parameters = Parameters::new(Cpu, &list);
        parameters.write(weight, &[0.5, -1.5, 0.1, 2.0, 3.0, -0.25]).unwrap();
        let metadata = BTreeMap::from([("step".to_owned(), "7".to_owned())]);
        let file = WeightFile::from_parameters(&parameters, metadata.clone());
        let tensors = vec![
            Tensor::new("rnn.weight", [2, 3], vec![0.5, -1.5, 0.1, 2.0, 3.0, -0.25]),
            Tensor::new("bias", [2], vec![0.0; 2]),
        ];
        assert_eq!(file, WeightFile { tensors, metadata, ..WeightFile::default() });
    }

    #[test]
    fn a_file_reads_back_bit_for_bit() {
        let bytes = file().to_bytes().unwrap();
        assert_eq!(WeightFile::from_bytes(&bytes).unwrap(), file());
        assert_eq!(WeightFile::from_bytes(&bytes).unwrap().to_bytes().unwrap(), bytes);
        let empty = WeightFile::default();
        assert_eq!(WeightFile::from_bytes(&empty.to_bytes().unwrap()).unwrap(), empty);
    }

    #[test]
    fn the_reference_implementation_reads_what_is_written() {
        let bytes = file().to_bytes().unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        assert_eq!(header.metadata().clone().unwrap(), file().metadata.into_iter().collect());
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(tensors.len(), 3);
        for tensor in file().tensors {
            let view = tensors.tensor(&tensor.name).unwrap();
            assert_eq!((view.dtype(), view.shape()), (Dtype::F32, &*tensor.shape));
            assert_eq!(NumberType::F32.read(view.data()), tensor.values);
        }
    }

    #[test]
    fn what_the_reference_implementation_writes_is_read_and_converted() {
        let (double, half, brain) = (0.1_f64.to_le_bytes(), [0x55, 0x35], [0x49, 0xc0]);
        let views = [
            ("double", TensorView::new(Dtype::F64, vec![1], &double).unwrap()),
            ("half", TensorView::new(Dtype::F16, vec![1, 1], &half).unwrap()),
            ("brain", TensorView::new(Dtype::BF16, vec![], &brain).unwrap()),
        ];
        let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        let file = WeightFile::from_bytes(&serialize(views, Some(metadata)).unwrap()).unwrap();
        assert_eq!(file.metadata["format"], "pt");
        assert_eq!(file.values("double"), Some(&[0.1][..]));
        assert_eq!(file.values("half"), Some(&[0.333_251_95][..]));
        assert_eq!(file.values("brain"), Some(&[-3.140_625][..]));
        assert_eq!(file.tensor("half").unwrap().shape, [1, 1]);
        let note = file.conversion_note().unwrap();
        assert_eq!(note, "Converted to F32: 1 of BF16 and 1 of F16 and 1 of F64, of 3 tensors.");
    }

    #[test]
    fn whole_numbers_are_read_past() {
        let (weight, counter, mask) = (0.5_f32.to_le_bytes(), 1000_i64.to_le_bytes(), [1, 0]);
        let views = [
            ("norm.num_batches_tracked", TensorView::new(Dtype::I64, vec![], &counter).unwrap()),
            ("norm.weight", TensorView::new(Dtype::F32, vec![1], &weight).unwrap()),
            ("mask", TensorView::new(Dtype::BOOL, vec![1, 2], &mask).unwrap()),
        ];
        let file = WeightFile::from_bytes(&serialize(views, None).unwrap()).unwrap();
        assert_eq!(file.tensors, [Tensor::new("norm.weight", [1], vec![0.5])]);
        let mut whole = file.whole.clone();
        whole.sort_by(|a, b| a.name.cmp(&b.name));
        let whole: Vec<_> =
            whole.iter().map(|whole| (&*whole.name, &*whole.shape, whole.stored_as)).collect();
        let expected = [("mask", &[1, 2][..], "BOOL"), ("norm.num_batches_tracked", &[][..], "I64")];
        assert_eq!(whole, expected);
        assert_eq!(WeightFile::from_bytes(&file.to_bytes().unwrap()).unwrap().whole, []);
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
        let (name, found) = ("output.weight".to_owned(), "NaN".to_owned());
        assert_eq!(error, FormatError::NotFinite { name, position: 3, found });
        file.tensors[0].shape = vec![3, 3];
        assert!(matches!(file.to_bytes(), Err(FormatError::Unwritable { .. })));
        file.tensors[0] = file.tensors[1].clone();
        assert!(matches!(file.to_bytes(), Err(FormatError::Unwritable { .. })));
    }
}
