//! An experiment and what the page shows of it, as the fragment of an address.
//!
//! `#v=1&lab=text&cell=gru&hidden_size=64&view=forget-gate&hide=optimizer,seed&embed=1`
//!
//! A fragment is pairs of key and value, joined by `&` and percent-encoded. The version of the format
//! comes first, then the lab, then, as far as they differ from what the lab begins with, the rest of
//! the experiment ([`EXPERIMENT_WORDS`], [`SETTINGS`]) and the view ([`VIEW_WORDS`]). A version stands
//! for its defaults, too: who changes one raises [`LINK_VERSION`], so that an old link is known for
//! one.
//!
//! Anybody can write a link, and mail programs mangle them. Reading one therefore never fails: what
//! cannot be read keeps its default and is named by a [`LinkFault`].

mod experiment;
mod fault;
mod pairs;
mod percent;
mod view;
mod word;

pub use experiment::EXPERIMENT_WORDS;
pub use fault::LinkFault;
pub use view::{VIEW_WORDS, ViewState};
pub use word::LinkWord;

use crate::experiment::Experiment;
use crate::lab::LabKind;
use crate::settings::SETTINGS;
use experiment::{LAB, default_of};
use fault::{Faults, quoted};
use pairs::{Pairs, pairs_of};

/// The version that is written, and the highest that is understood.
pub const LINK_VERSION: u32 = 1;

/// Bytes of a fragment that are read; what [`Link::to_fragment`] writes stays far below.
pub const MAX_LINK_BYTES: usize = 8 << 10;

/// The key of the version.
const VERSION: &str = "v";

/// What an address stands for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Link {
    /// What determines the run. A visitor's own data is only named: its bytes cannot travel in a link.
    pub experiment: Experiment,
    /// What the page shows of it.
    pub view: ViewState,
}

impl Link {
    /// What a lab begins with, as the page shows it.
    #[must_use]
    pub fn of_lab(lab: LabKind) -> Self {
        Self { experiment: default_of(lab), view: ViewState::default() }
    }

    /// Reads a fragment, with or without its `#`. What cannot be read keeps its default and is named
    /// by a fault; every setting of the result is within its bounds.
    #[must_use]
    pub fn parse(fragment: &str) -> (Self, Vec<LinkFault>) {
        let mut faults = Faults::default();
        let mut pairs = pairs_of(fragment.strip_prefix('#').unwrap_or(fragment), &mut faults);
        if let Some(version) = pairs.remove(VERSION) {
            check_version(&version, &mut faults);
        }
        // The lab first: it decides the defaults.
        let mut lab = LabKind::default();
        read(&[LAB], &mut lab, &mut pairs, &mut faults);
        let mut link = Self::of_lab(lab);
        read(EXPERIMENT_WORDS, &mut link.experiment, &mut pairs, &mut faults);
        for setting in SETTINGS {
            let Some(value) = pairs.remove(setting.key) else { continue };
            // A value that had to be cut is none of a setting's.
            if let Err(error) = setting.set(&mut link.experiment, &quoted(&value)) {
                faults.push(LinkFault::Setting { key: setting.key, error });
            }
        }
        read(VIEW_WORDS, &mut link.view, &mut pairs, &mut faults);
        for key in pairs.into_keys() {
            faults.push(LinkFault::UnknownKey { key: quoted(&key) });
        }
        (link, faults.into_list())
    }

    /// Writes the fragment, without its `#`.
    #[must_use]
    pub fn to_fragment(&self) -> String {
        let Self { experiment, view } = self;
        let default = default_of(experiment.lab);
        let settings = SETTINGS.iter().filter_map(|setting| {
            let value = setting.get(experiment);
            (value != setting.get(&default)).then_some((setting.key, value))
        });
        let pairs = [(VERSION, LINK_VERSION.to_string())]
            .into_iter()
            .chain(written(&[LAB], &experiment.lab))
            .chain(written(EXPERIMENT_WORDS, experiment))
            .chain(settings)
            .chain(written(VIEW_WORDS, view));
        pairs.map(|(key, value)| format!("{key}={}", percent::encode(&value))).collect::<Vec<_>>().join("&")
    }
}

fn check_version(found: &str, faults: &mut Faults) {
    match found.parse::<u32>() {
        Ok(version) if (1..=LINK_VERSION).contains(&version) => {}
        Ok(version) if version > LINK_VERSION => faults.push(LinkFault::LaterVersion { found: version }),
        _ => faults.push(LinkFault::value(VERSION, LINK_VERSION.to_string(), found)),
    }
}

/// Reads the words that are there, in the order of the list.
fn read<T>(words: &[LinkWord<T>], into: &mut T, pairs: &mut Pairs, faults: &mut Faults) {
    for word in words {
        let set = pairs.remove(word.key).map(|value| word.set(into, &value));
        if let Some(Err(fault)) = set {
            faults.push(fault);
        }
    }
}

/// The words that differ from their defaults.
fn written<T>(words: &[LinkWord<T>], from: &T) -> impl Iterator<Item = (&'static str, String)> {
    words.iter().filter_map(|word| Some((word.key, word.get(from)?)))
}

#[cfg(test)]
mod tests;
