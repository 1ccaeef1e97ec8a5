//! The unrolled network as places, lines and words: pure functions of a snapshot, drawn by
//! [`crate::views::unrolled`].
//!
//! Time goes from left to right. As in textbooks the inputs stand below, the layers above them in the order
//! in which they compute, and what was predicted on top. A *row* is a layer walked one way, a *cell* one unit
//! of a row at one time step, a *position* a unit's place within its row, which the chosen [`Order`] decides.

pub mod layout;
pub mod links;
pub mod order;
pub mod playback;
pub mod search;
pub mod words;

pub use layout::{Cell, Extent, Layout, Zoom};
pub use order::{Criterion, Order};
pub use playback::{Pass, Playback, Speed};
