//! What the page shows of each lab: one file or folder a lab, and the match that lists them.

pub mod anatomy;
pub mod memory;
pub mod text;

use crate::state::PageState;
use leptos::prelude::*;
use rnn_protocol::{Experiment, LabKind};

/// What the page shows of a lab.
#[derive(Debug, Clone, Copy)]
pub struct LabPage {
    /// What the network does, as the end of a sentence that begins with its name.
    pub task: fn(&PageState) -> String,
    /// The section on its data.
    pub data: fn() -> AnyView,
    /// Its sections of settings, in their order.
    pub panels: &'static [Panel],
    /// A card above all others, as wide as they are together.
    pub wide: Option<fn() -> AnyView>,
    /// The cards on how training goes, in their order.
    pub training: fn() -> AnyView,
    /// The cards on what happens over time steps, in their order.
    pub time: fn() -> AnyView,
}

/// One section of settings.
#[derive(Debug, Clone, Copy)]
pub struct Panel {
    /// Its name in links.
    pub key: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Keys of its settings.
    pub keys: &'static [&'static str],
    /// What is said below them while none is in hand.
    pub hint: &'static str,
    /// What it says about itself when it is closed.
    pub digest: fn(&Experiment) -> String,
}

/// What the page shows of a lab.
#[must_use]
pub fn page_of(lab: LabKind) -> &'static LabPage {
    match lab {
        LabKind::Text => &text::PAGE,
        LabKind::Memory => &memory::PAGE,
        LabKind::Anatomy => &anatomy::PAGE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::Setting;

    #[test]
    fn every_setting_of_a_lab_is_in_one_of_its_panels() {
        for lab in LabKind::ALL {
            let keys: Vec<&str> = page_of(lab).panels.iter().flat_map(|panel| panel.keys).copied().collect();
            for setting in Setting::of(lab) {
                let count = keys.iter().filter(|key| **key == setting.key).count();
                assert_eq!(count, 1, "{}: {}", lab.description().name, setting.key);
            }
            assert_eq!(keys.len(), Setting::of(lab).count(), "{}", lab.description().name);
        }
    }
}
