//! Which screen an address leads to.

use rnn_protocol::{LabKind, Link};

/// What fills the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// The labs, to choose from.
    Home,
    /// A lab.
    Lab(LabKind),
}

/// The screen of an address that says nothing.
pub const START: Screen = Screen::Home;

/// Whether two fragments lead to different screens, so that going from one to the other is a step that the browser's
/// Back undoes.
#[must_use]
pub fn is_step(from: &str, to: &str) -> bool {
    let screen = |fragment: &str| Screen::of(fragment, &Link::parse(fragment).0);
    screen(from) != screen(to)
}

impl Screen {
    /// The screen that this fragment, which stands for `link`, leads to.
    #[must_use]
    pub fn of(fragment: &str, link: &Link) -> Self {
        if fragment.trim_start_matches('#').is_empty() { START } else { Self::Lab(link.experiment.lab) }
    }

    /// The fragment of the address, without its `#`, while `link` is on this screen.
    #[must_use]
    pub fn fragment(self, link: &Link) -> String {
        match self {
            Self::Home => String::new(),
            Self::Lab(_) => link.to_fragment(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lab_is_reached_by_its_link_and_only_home_has_no_words() {
        let link = Link::of_lab(LabKind::Text);
        let lab = Screen::Lab(LabKind::Text);
        assert_eq!(Screen::of(&lab.fragment(&link), &link), lab);
        assert_eq!(Screen::of("#lab=text", &link), lab);
        assert_eq!([Screen::of("", &link), Screen::of("#", &link)], [START, START]);
        assert_eq!(Screen::Home.fragment(&link), "");
        assert_eq!(START, Screen::Home);
    }

    #[test]
    fn a_page_in_a_frame_is_never_the_home_page() {
        let link = Link::parse("#embed=1").0;
        assert_eq!(Screen::of("#embed=1", &link), Screen::Lab(LabKind::Text));
    }

    #[test]
    fn another_lab_is_a_step_and_another_setting_is_none() {
        assert!(
            is_step("", "#lab=text") && is_step("#lab=memory", "") && is_step("#lab=text", "#lab=memory")
        );
        assert!(!is_step("#", "") && !is_step("#seed=2", "v=1&lab=text&seed=3"));
    }
}
