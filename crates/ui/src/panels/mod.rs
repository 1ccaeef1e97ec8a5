//! Where the experiment is edited: one section a subject.

pub mod data;
pub mod gpu;
pub mod keep;
pub mod race;
pub mod section;
pub mod settings;
pub mod speed;

pub use data::{DataPanel, name as data_name};
pub use keep::KeepPanel;
pub use race::RacePanel;
pub use section::Section;
pub use settings::SettingsPanel;
pub use speed::SpeedPanel;
