//! The header of a safetensors file, checked against the file before anything is taken from it.

use super::{ElementType, NumberType};
use crate::FormatError;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::ops::Range;

/// The longest header that is read, the limit of the reference implementation.
const MAX_HEADER_BYTES: usize = 100_000_000;

/// Bytes that give the header's length.
const LENGTH_BYTES: usize = 8;

/// The data begin at a multiple of this, for those who map files into memory.
const ALIGNMENT: usize = 8;

/// The key that is no tensor's name.
const METADATA: &str = "__metadata__";

/// A tensor of a file: its name, what it holds and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) elements: ElementType,
    pub(crate) shape: Vec<usize>,
    /// Bytes of the file.
    pub(crate) range: Range<usize>,
}

/// Reads and checks the header: afterwards, every range lies within the file and fits its shape, and the
/// tensors lie one after the other. Returns them in the order of their data.
pub(crate) fn read_header(file: &[u8]) -> Result<(Vec<Entry>, BTreeMap<String, String>), FormatError> {
    let (length, rest) =
        file.split_first_chunk::<LENGTH_BYTES>().ok_or(FormatError::NoHeader { found: file.len() })?;
    let found = u64::from_le_bytes(*length);
    let length = usize::try_from(found).ok().filter(|&length| length <= rest.len());
    let length = length.ok_or(FormatError::HeaderLength { file: file.len(), found })?;
    if length > MAX_HEADER_BYTES {
        return Err(FormatError::HeaderTooLong { max: MAX_HEADER_BYTES, found });
    }
    let (header, data) = rest.split_at(length);
    let header = str::from_utf8(header).map_err(|error| {
        let offset = LENGTH_BYTES + error.valid_up_to();
        FormatError::HeaderNotUtf8 { offset }
    })?;
    let Header { mut tensors, metadata } =
        serde_json::from_str(header).map_err(|error| FormatError::Header { reason: error.to_string() })?;
    tensors.sort_by_key(|(_, info)| info.data_offsets);
    let data_start = LENGTH_BYTES + length;
    let mut end = 0;
    let entries =
        tensors.into_iter().map(|(name, info)| entry(name, &info, data_start, data.len(), &mut end));
    let entries = entries.collect::<Result<_, _>>()?;
    if end != data.len() as u64 {
        return Err(FormatError::DataLength { expected: end, found: data.len() });
    }
    Ok((entries, metadata))
}

/// Checks one tensor, whose data must begin at `end`, the end of those before it.
fn entry(
    name: String,
    info: &TensorInfo,
    data_start: usize,
    data_len: usize,
    end: &mut u64,
) -> Result<Entry, FormatError> {
    let Some(elements) = ElementType::find(&info.dtype) else {
        return Err(FormatError::NumberType { name, found: info.dtype.clone() });
    };
    let count = info.shape.iter().try_fold(1_u64, |count, &size| count.checked_mul(size));
    let expected = count.and_then(|count| count.checked_mul(elements.size() as u64));
    let shape = info.shape.iter().map(|&size| usize::try_from(size).ok()).collect::<Option<Vec<_>>>();
    let (Some(expected), Some(shape)) = (expected, shape) else {
        return Err(FormatError::ShapeTooLarge { name, shape: info.shape.clone() });
    };
    let (from, to) = info.data_offsets;
    if from != *end {
        return Err(FormatError::RangeStart { name, expected: *end, found: from });
    }
    let found = to.saturating_sub(from);
    if found != expected {
        return Err(FormatError::RangeLength { name, expected, found });
    }
    // `to` may be below `from` for an empty tensor; `from` is the end of the one before in any case.
    *end = from + found;
    let within = |offset: u64| usize::try_from(offset).ok().filter(|&offset| offset <= data_len);
    let (Some(from), Some(to)) = (within(from), within(*end)) else {
        return Err(FormatError::DataLength { expected: *end, found: data_len });
    };
    Ok(Entry { name, elements, shape, range: data_start + from..data_start + to })
}

/// Writes the length and the header of tensors of `f32` that lie one after the other in this order.
pub(crate) fn write_header<'a>(
    tensors: impl Iterator<Item = (&'a str, &'a [usize], usize)>,
    metadata: &BTreeMap<String, String>,
) -> Result<Vec<u8>, FormatError> {
    let json = |error: serde_json::Error| FormatError::Header { reason: error.to_string() };
    let mut header = String::from("{");
    if !metadata.is_empty() {
        header += &format!("\"{METADATA}\":{}", serde_json::to_string(metadata).map_err(json)?);
    }
    let (mut names, mut end) = (HashSet::from([METADATA]), 0_u64);
    for (name, shape, count) in tensors {
        if !names.insert(name) {
            return Err(FormatError::Unwritable {
                name: name.to_owned(),
                reason: "the name is taken".into(),
            });
        }
        let start = end;
        end += (count * NumberType::F32.size()) as u64;
        let info = TensorInfo {
            dtype: NumberType::F32.name().to_owned(),
            shape: shape.iter().map(|&size| size as u64).collect(),
            data_offsets: (start, end),
        };
        let comma = if header.len() > 1 { "," } else { "" };
        let (name, info) = (serde_json::to_string(name), serde_json::to_string(&info));
        header += &format!("{comma}{}:{}", name.map_err(json)?, info.map_err(json)?);
    }
    header.push('}');
    let padded = header.len().next_multiple_of(ALIGNMENT);
    let mut bytes = (padded as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.resize(LENGTH_BYTES + padded, b' ');
    Ok(bytes)
}

/// One tensor, as the header has it.
#[derive(Debug, Serialize, Deserialize)]
struct TensorInfo {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

/// The header's JSON object. A key that occurs twice is an error: which of the two is meant is unknown.
struct Header {
    tensors: Vec<(String, TensorInfo)>,
    metadata: BTreeMap<String, String>,
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut header = Header { tensors: Vec::new(), metadata: BTreeMap::new() };
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !names.insert(name.clone()) {
                return Err(de::Error::custom(format_args!("the name “{name}” occurs twice")));
            }
            if name == METADATA {
                header.metadata = map.next_value::<UniqueWords>()?.0;
            } else {
                header.tensors.push((name, map.next_value()?));
            }
        }
        Ok(header)
    }
}

/// Words by key, each key once.
struct UniqueWords(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for UniqueWords {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(WordsVisitor).map(Self)
    }
}

struct WordsVisitor;

impl<'de> Visitor<'de> for WordsVisitor {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut words = BTreeMap::new();
        while let Some((key, word)) = map.next_entry::<String, String>()? {
            if words.contains_key(&key) {
                return Err(de::Error::custom(format_args!("the key “{key}” occurs twice")));
            }
            words.insert(key, word);
        }
        Ok(words)
    }
}
