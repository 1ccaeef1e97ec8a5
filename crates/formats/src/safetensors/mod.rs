//! The safetensors container: eight bytes with the length of a header (little-endian), the header (JSON:
//! for each tensor its type, shape and range of bytes), and the tensors' bytes one after the other.
//!
//! The reader is our own, and not the `safetensors` crate's, for its errors (which tensor, what was
//! expected, what was found), because a name that occurs twice must be an error and not its last
//! occurrence, and so that the same weights give the same bytes. The tests hold it against that crate in
//! both directions.

mod header;
mod numbers;

pub(crate) use header::{Entry, read_header, write_header};
pub(crate) use numbers::ElementType;
pub use numbers::NumberType;
