//! Where an address leads: what is taken from it, and what is said about the rest.

use super::{PageState, Screen};
use rnn_protocol::{DataSource, Experiment, LabKind, Link, LinkFault, SETTINGS};

/// Sentences about what the page was asked for and does not do, until they are dismissed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// A few words.
    pub title: &'static str,
    /// What was expected, what was found, what to do.
    pub sentences: Vec<String>,
}

impl PageState {
    /// The address of what is requested and shown.
    #[must_use]
    pub fn link(&self) -> Link {
        Link { experiment: self.requested.clone(), view: self.view.clone() }
    }

    /// Its fragment, without the `#`.
    #[must_use]
    pub fn fragment(&self) -> String {
        self.screen.fragment(&self.link())
    }

    /// Shows what a fragment stands for, where a lab has `panels`. Returns the experiment to open.
    pub fn arrive(&mut self, fragment: &str, panels: fn(LabKind) -> Vec<&'static str>) -> Experiment {
        let (link, mut faults) = Link::parse(fragment);
        self.screen = Screen::of(fragment, &link);
        if self.screen == Screen::Home {
            // What is on stage stays there, to be gone back to.
            self.notice = None;
            return self.requested.clone();
        }
        let Link { mut experiment, mut view } = link;
        let panels = panels(experiment.lab);
        if let Some(open) = &mut view.open {
            open.retain(|name| knows("open", name, |name| panels.contains(&name), &mut faults));
        }
        let is_control =
            |name: &str| panels.contains(&name) || SETTINGS.iter().any(|setting| setting.key == name);
        view.hidden.retain(|name| knows("hide", name, is_control, &mut faults));
        let mut sentences: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let staged = self.facts.as_ref().map(|facts| &facts.experiment.data);
        if let DataSource::Own { name } = &experiment.data
            && staged != Some(&experiment.data)
        {
            sentences.push(own_data_is_missing(name));
            experiment.data = DataSource::Shipped;
        }
        self.view = view;
        self.notice = (!sentences.is_empty())
            .then_some(Notice { title: "The link could not be followed in everything", sentences });
        experiment
    }

    /// The first experiment, which came with the address, cannot be run: the lab's own takes its place.
    pub fn fall_back(&mut self, reason: &str) -> Experiment {
        let default = Link::of_lab(self.requested.lab).experiment;
        let sentence = format!("{reason} The network that the lab begins with stands in.");
        self.notice = Some(Notice {
            title: "The network of the link cannot be trained here",
            sentences: vec![sentence],
        });
        self.alert = None;
        self.requested = default.clone();
        default
    }
}

fn knows(
    key: &'static str,
    name: &str,
    is_known: impl Fn(&str) -> bool,
    faults: &mut Vec<LinkFault>,
) -> bool {
    let is_known = is_known(name);
    if !is_known {
        let expected = match key {
            "open" => "the name of a panel",
            _ => "the key of a setting or the name of a panel",
        };
        faults.push(LinkFault::value(key, expected, name));
    }
    is_known
}

fn own_data_is_missing(name: &str) -> String {
    format!(
        "“{name}” was its maker's own text, and a text cannot travel in a link: choose it under Data. Until then \
         the network learns what the lab comes with."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::tests::facts;
    use rnn_protocol::{Event, Quantity};

    const PANELS: fn(LabKind) -> Vec<&'static str> = |_| vec!["model", "training"];

    fn arrive(fragment: &str) -> (PageState, Experiment) {
        let mut state = PageState::default();
        let experiment = state.arrive(fragment, PANELS);
        (state, experiment)
    }

    #[test]
    fn an_address_gives_its_experiment_and_its_view_and_gets_them_back() {
        let fragment = "v=1&lab=text&cell=gru&seed=3&view=update-gate&open=model&hide=seed,training&embed=1";
        let (mut state, experiment) = arrive(&format!("#{fragment}"));
        assert_eq!((experiment.seed, state.view.quantity), (3, Quantity::UpdateGate));
        assert_eq!((state.screen, &state.notice), (Screen::Lab(LabKind::Text), &None));
        state.requested = experiment;
        assert_eq!(state.fragment(), fragment);
    }

    #[test]
    fn the_home_page_leaves_what_is_on_stage_alone() {
        let (mut state, experiment) = arrive("seed=3&hide=seed");
        state.requested = experiment.clone();
        assert_eq!(state.arrive("#", PANELS), experiment);
        assert_eq!((state.screen, state.fragment()), (Screen::Home, String::new()));
        assert!(state.view.hidden.contains("seed"));
    }

    #[test]
    fn names_of_nothing_are_told_and_left_out() {
        let (state, _) = arrive("open=model,kitchen&hide=seed,sead");
        assert_eq!(state.view.open.unwrap().into_iter().collect::<Vec<_>>(), ["model"]);
        assert_eq!(state.view.hidden.into_iter().collect::<Vec<_>>(), ["seed"]);
        let sentences = state.notice.unwrap().sentences;
        assert!(sentences[0].contains("“kitchen”") && sentences[1].contains("“sead”"), "{sentences:?}");
        assert_eq!(sentences.len(), 2);
    }

    #[test]
    fn own_data_is_asked_for_unless_it_is_on_stage() {
        let link = "data=own&data_name=poems.txt&seed=2";
        let (mut state, experiment) = arrive(link);
        assert_eq!(experiment.data, DataSource::Shipped);
        assert!(state.notice.as_ref().unwrap().sentences[0].contains("“poems.txt”"));
        let own = DataSource::Own { name: "poems.txt".into() };
        let mut staged = facts(1, 0, None);
        staged.experiment.data = own.clone();
        state.apply(Event::Opened(staged));
        assert_eq!(state.arrive(link, PANELS).data, own);
        assert_eq!(state.notice, None);
    }

    #[test]
    fn a_network_that_cannot_be_trained_gives_way_to_the_labs_own() {
        let (mut state, experiment) = arrive("hidden_size=1000000");
        state.request(experiment);
        state.apply(Event::Refused { message: "It would need 300 GB.".into() });
        assert_eq!(state.fall_back("It would need 300 GB."), Experiment::default());
        assert!(state.notice.unwrap().sentences[0].starts_with("It would need 300 GB."));
        assert_eq!(state.alert, None);
    }
}
