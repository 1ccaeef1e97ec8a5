//! What the home page knows: the miniatures of the labs, and whether they may move.

use super::PageState;
use rnn_protocol::{Experiment, LabKind, Link, MiniatureLook, MiniatureNews};

/// The home page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Home {
    miniatures: Vec<Miniature>,
    /// What the visitor has chosen; until then the system's wish for less motion decides.
    pub choice: Option<Motion>,
    /// Whether the system wishes less motion.
    pub is_motion_reduced: bool,
    /// Whether the tab is out of sight.
    pub is_hidden: bool,
}

/// Whether the miniatures train.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// They do.
    Playing,
    /// They stand still.
    Paused,
}

/// What is known of a lab's miniature.
#[derive(Debug, Clone, PartialEq)]
pub struct Miniature {
    /// The lab.
    pub lab: LabKind,
    /// What determines it, once it is set up.
    pub experiment: Option<Experiment>,
    /// Steps that it takes at most.
    pub step_limit: u32,
    /// How it stands.
    pub look: Option<MiniatureLook>,
    /// Why it cannot be set up or go on.
    pub trouble: Option<String>,
}

impl Miniature {
    /// Of a lab, before anything is known.
    #[must_use]
    pub fn new(lab: LabKind) -> Self {
        Self { lab, experiment: None, step_limit: 0, look: None, trouble: None }
    }

    /// Whether it has taken all its steps.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.look.as_ref().is_some_and(|look| look.step >= self.step_limit)
    }
}

impl Home {
    /// Takes in what is told of a miniature.
    pub fn apply(&mut self, news: MiniatureNews) {
        match news {
            MiniatureNews::Begun { experiment, step_limit } => {
                let miniature = self.entry(experiment.lab);
                *miniature =
                    Miniature { experiment: Some(*experiment), step_limit, ..Miniature::new(miniature.lab) };
            }
            MiniatureNews::Looked { lab, look } => self.entry(lab).look = Some(*look),
            MiniatureNews::Failed { lab, message } => self.entry(lab).trouble = Some(message),
        }
    }

    /// What is known of a lab's miniature.
    #[must_use]
    pub fn miniature(&self, lab: LabKind) -> Option<&Miniature> {
        self.miniatures.iter().find(|miniature| miniature.lab == lab)
    }

    /// Nothing is known of any miniature any more.
    pub fn forget(&mut self) {
        self.miniatures.clear();
    }

    /// What the visitor wants, or else the system.
    #[must_use]
    pub fn wanted(&self) -> Motion {
        let unasked = if self.is_motion_reduced { Motion::Paused } else { Motion::Playing };
        self.choice.unwrap_or(unasked)
    }

    /// What is done: nobody sees a tab that is out of sight.
    #[must_use]
    pub fn motion(&self) -> Motion {
        if self.is_hidden { Motion::Paused } else { self.wanted() }
    }

    /// Whether every lab's miniature has taken all its steps, or cannot.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let is_over = |miniature: &Miniature| miniature.is_done() || miniature.trouble.is_some();
        LabKind::ALL.iter().all(|lab| self.miniature(*lab).is_some_and(is_over))
    }

    fn entry(&mut self, lab: LabKind) -> &mut Miniature {
        let at = self.miniatures.iter().position(|miniature| miniature.lab == lab);
        let at = at.unwrap_or_else(|| {
            self.miniatures.push(Miniature::new(lab));
            self.miniatures.len() - 1
        });
        &mut self.miniatures[at]
    }
}

impl PageState {
    /// The way into a lab: as it stands, where it is on stage; otherwise as it begins.
    #[must_use]
    pub fn link_into(&self, lab: LabKind) -> Link {
        let is_on_stage = self.facts.as_ref().is_some_and(|facts| facts.experiment.lab == lab);
        if is_on_stage { self.link() } else { Link::of_lab(lab) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::tests::facts;
    use rnn_protocol::Event;

    fn looked(lab: LabKind, step: u32) -> MiniatureNews {
        MiniatureNews::Looked { lab, look: Box::new(MiniatureLook { step, ..MiniatureLook::default() }) }
    }

    #[test]
    fn what_is_told_of_a_miniature_is_kept_by_lab_until_it_begins_again() {
        let mut home = Home::default();
        for lab in LabKind::ALL {
            let experiment = Box::new(Experiment::of(lab));
            home.apply(MiniatureNews::Begun { experiment, step_limit: 9 });
            home.apply(looked(lab, 7));
        }
        assert!(!home.is_over() && !home.miniature(LabKind::Text).unwrap().is_done());
        for lab in LabKind::ALL {
            home.apply(looked(lab, 9));
        }
        assert!(home.is_over());
        let experiment = Box::new(Experiment::of(LabKind::Text));
        home.apply(MiniatureNews::Begun { experiment, step_limit: 9 });
        assert_eq!(home.miniature(LabKind::Text).unwrap().look, None);
        home.apply(MiniatureNews::Failed { lab: LabKind::Text, message: "it is too short".into() });
        assert!(home.is_over());
        home.forget();
        assert!(!home.is_over() && home.miniature(LabKind::Text).is_none());
    }

    #[test]
    fn the_way_into_a_lab_leads_to_the_run_on_stage_and_otherwise_to_its_beginning() {
        let mut state = PageState::default();
        let mut staged = facts(1, 4, None);
        staged.experiment.seed = 7;
        state.apply(Event::Opened(staged));
        assert_eq!(state.link_into(LabKind::Text).experiment.seed, 7);
        assert_eq!(state.link_into(LabKind::Memory), Link::of_lab(LabKind::Memory));
    }

    #[test]
    fn the_visitor_is_asked_before_the_system_and_nothing_moves_out_of_sight() {
        let mut home = Home::default();
        assert_eq!(home.motion(), Motion::Playing);
        home.is_motion_reduced = true;
        assert_eq!(home.motion(), Motion::Paused);
        home.choice = Some(Motion::Playing);
        assert_eq!(home.motion(), Motion::Playing);
        home.is_hidden = true;
        assert_eq!((home.motion(), home.wanted()), (Motion::Paused, Motion::Playing));
    }
}
