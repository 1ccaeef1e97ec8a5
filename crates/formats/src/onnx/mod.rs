//! Networks as ONNX, for other programs to run: opset 17, IR version 8.
//!
//! A file is a protocol buffer (`proto`, written by the few lines of `wire`: nothing here reads one, so
//! that neither a compiler of schemas nor a library is needed). A graph is put together by a
//! [`GraphBuilder`] from pieces: embedding, recurrent layers, linear layer, layer normalisation, pooling.
//!
//! # What every network's graph takes and gives
//! | input | shape | |
//! |---|---|---|
//! | `tokens` or `features` | `[time, batch]` of int64, or `[time, batch, I]` | symbols, or numbers where there is no embedding |
//! | `lengths` | `[batch]` of int32 | optional; how many steps of each sequence count, 1 or more; all by default |
//! | `h_0`, and `c_0` of an LSTM | `[L·D, batch, H]` | optional; the states before the first step, zero by default |
//!
//! | output | shape | |
//! |---|---|---|
//! | `logits`, `log_probabilities`, `predictions` or `hidden` | `[time, batch, O]`, or `[batch, O]` of a classifier | |
//! | `h_n`, and `c_n` of an LSTM | `[L·D, batch, H]` | the states after each sequence's last step |
//!
//! `time` and `batch` are free. A language model writes one symbol at a time when `h_n` and `c_n` are
//! handed back as `h_0` and `c_0`. What is given for steps beyond a sequence's length has no meaning.

mod builder;
mod network;
mod pieces;
mod pool;
mod proto;
mod recurrent;
mod wire;

pub use builder::{Constant, Dim, Element, GraphBuilder, Value};
pub use network::{Network, Task};
pub use pool::Pooling;
pub use recurrent::Traces;
