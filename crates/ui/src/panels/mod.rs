//! Where the experiment is edited: one section a subject.

pub mod data;
pub mod gpu;
pub mod keep;
pub mod offered;
pub mod race;
pub mod section;
pub mod settings;
pub mod speed;

pub use data::{DataPanel, name as data_name};
pub use keep::KeepPanel;
pub use offered::{Offered, is_any_offered};
pub use race::RacePanel;
pub use section::{Section, is_window_wide};
pub use settings::SettingsPanel;
pub use speed::SpeedPanel;

use crate::labs::page_of;
use rnn_protocol::LabKind;

/// What a panel holds, for those who name it without showing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline {
    /// Its name in links.
    pub key: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Keys of its settings.
    pub settings: &'static [&'static str],
}

/// The panels of a lab, in their order.
#[must_use]
pub fn outlines(lab: LabKind) -> Vec<Outline> {
    let of_settings = page_of(lab).panels.iter();
    let of_settings =
        of_settings.map(|panel| Outline { key: panel.key, title: panel.title, settings: panel.keys });
    let data = Outline { key: "data", title: "Data", settings: &[] };
    let behind = [("race", "Race"), ("keep", "Keep"), ("speed", "Speed")];
    let behind = behind.map(|(key, title)| Outline { key, title, settings: &[] });
    std::iter::once(data).chain(of_settings).chain(behind).collect()
}

/// The names of a lab's panels in links, in their order.
#[must_use]
pub fn panel_keys(lab: LabKind) -> Vec<&'static str> {
    outlines(lab).iter().map(|outline| outline.key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::SETTINGS;

    #[test]
    fn no_two_controls_have_the_same_name_in_links() {
        for lab in LabKind::ALL {
            let mut keys = panel_keys(lab);
            keys.extend(SETTINGS.iter().map(|setting| setting.key));
            let count = keys.len();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), count, "{keys:?}");
        }
    }
}
