//! Parts without knowledge of the page: they take values and give words back.

pub mod chart_box;
pub mod copy;
pub mod export_menu;
pub mod field;
pub mod segmented;
pub mod slider;
pub mod stat;
pub mod switch;

pub use chart_box::{ChartBox, PaintOn};
pub use copy::{CopyButton, CopyField};
pub use export_menu::ExportMenu;
pub use field::SettingField;
pub use segmented::{Segment, Segmented};
pub use slider::Slider;
pub use stat::Stat;
pub use switch::Switch;
