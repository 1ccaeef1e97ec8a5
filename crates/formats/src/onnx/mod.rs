//! Networks as ONNX, for other programs to run: opset 17, IR version 8.
//!
//! A file is a protocol buffer (`proto`, written by the few lines of `wire`: nothing here reads one, so
//! that neither a compiler of schemas nor a library is needed). A graph is put together by a
//! [`GraphBuilder`] from pieces: embedding, recurrent layers, linear layer, layer normalisation, pooling.
//!
//! # What a network over one sequence takes and gives
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
//!
//! # What an encoder and a decoder take and give
//! They are two files. The encoder's `h_n` and `c_n` are the decoder's first `h_0` and `c_0`, whose own are
//! those of its next step; the decoder reads one symbol a step.
//!
//! | input | shape | |
//! |---|---|---|
//! | encoder: `tokens`, `lengths` | as above | the source |
//! | encoder: `images` | `[batch, C, height, width]` | the pictures of a captioner; `height` and `width` are free |
//! | decoder: `tokens` | `[batch]` of int64 | the symbol that was written last |
//! | decoder: `h_0`, and `c_0` of an LSTM | `[L, batch, H]` | |
//! | decoder: `states`, `lengths` | `[time, batch, W]`, `[batch]` of int32 | with attention only: the encoder's states, and optionally how many of each source count |
//!
//! | output | shape | |
//! |---|---|---|
//! | encoder: `states` or `features` | `[time, batch, W]` or `[batch, F]` | of a source, 0 beyond its length; of a picture |
//! | decoder: `logits` | `[batch, V]` | of the next symbol |
//! | decoder: `attention` | `[batch, time]` | with attention only: how much it looked at each step of the source |
//! | both: `h_n`, and `c_n` of an LSTM | `[L, batch, H]` | |

mod builder;
mod decoder_step;
mod encoder;
mod network;
mod pieces;
mod pool;
mod proto;
mod recurrent;
mod sequence;
mod wire;

pub use builder::{Constant, Dim, Element, GraphBuilder, Value};
pub use network::{Network, Task};
pub use recurrent::Traces;

const TIME: Dim = Dim::Free("time");
const BATCH: Dim = Dim::Free("batch");
