//! What is seen of a run: one card a file.

pub mod card;
pub mod chart_card;
pub mod generated_text;
pub mod gradient_flow;
pub mod gradient_norm;
pub mod itemised;
pub mod loss;
pub mod microscope;
pub mod parameter_norms;
pub mod race;
pub mod race_verdict;
pub mod rewind;
pub mod tracing;
pub mod unrolled;

pub use card::Card;
pub use chart_card::{Chart, ChartCard};
pub use generated_text::GeneratedText;
pub use gradient_flow::GradientFlow;
pub use gradient_norm::GradientNorm;
pub use itemised::ItemisedGradient;
pub use loss::LossCurve;
pub use microscope::CellMicroscope;
pub use parameter_norms::ParameterNorms;
pub use race::{ContenderMark, RaceTable};
pub use rewind::Rewind;
pub use unrolled::{CellInHand, UnrolledNetwork};
