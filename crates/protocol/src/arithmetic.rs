//! How the worker's module rounds.

use serde::{Deserialize, Serialize};

/// How the worker's module rounds. It belongs to the module and not to the experiment: a run says what
/// is computed, this how far its last digits can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arithmetic {
    /// Every operation is rounded on its own: the same bits in every browser and natively.
    #[default]
    Reproducible,
    /// A product and a sum may be rounded once, as the processor does it fastest: the last digits may
    /// differ between machines.
    Fast,
}
