//! The words of a link about an experiment that are no settings: its lab, the source of its data,
//! and its rivals.

use super::word::LinkWord;
use crate::experiment::{DataSource, Experiment};
use crate::lab::LabKind;
use crate::race::{Rival, RivalError};

/// Characters of the name of a visitor's own data that a link keeps.
pub(super) const MAX_NAME_CHARS: usize = 80;
/// What own data is called whose name is lost.
const NAMELESS: &str = "a text of your own";

/// The lab. It is written even where it is the default: it says what the link is about.
pub(super) const LAB: LinkWord<LabKind> = LinkWord {
    key: "lab",
    get: |lab| Some(lab.description().word.to_owned()),
    set: |lab, value| {
        let expected = || LabKind::ALL.map(|lab| lab.description().word).join(" or ");
        *lab = LabKind::from_word(value).ok_or_else(expected)?;
        Ok(())
    },
};

/// Every other word about an experiment, in the order in which they are written and read.
pub const EXPERIMENT_WORDS: &[LinkWord<Experiment>] = &[
    LinkWord {
        key: "data",
        get: |experiment| own_name(experiment).map(|_| "own".to_owned()),
        set: |experiment, value| {
            experiment.data = match value {
                "shipped" => DataSource::Shipped,
                "own" => DataSource::Own { name: NAMELESS.to_owned() },
                _ => return Err("shipped or own".to_owned()),
            };
            Ok(())
        },
    },
    LinkWord {
        key: "data_name",
        get: |experiment| own_name(experiment).map(bounded),
        set: |experiment, value| {
            if let DataSource::Own { name } = &mut experiment.data {
                *name = bounded(value);
            }
            Ok(())
        },
    },
    LinkWord {
        key: "rivals",
        get: |experiment| (!experiment.rivals.is_empty()).then(|| Rival::all_to_text(&experiment.rivals)),
        set: |experiment, value| {
            let expected = |error: RivalError| format!("rivals such as cell:gru,hidden_size:64 ({error})");
            let rivals = Rival::parse_all(value).map_err(expected)?;
            rivals
                .iter()
                .try_for_each(|rival| rival.check(experiment))
                .map_err(|error| expected(error.into()))?;
            experiment.rivals = rivals;
            Ok(())
        },
    },
];

/// The experiment that a lab begins with.
pub(super) fn default_of(lab: LabKind) -> Experiment {
    Experiment::of(lab)
}

fn own_name(experiment: &Experiment) -> Option<&str> {
    match &experiment.data {
        DataSource::Own { name } => Some(name),
        DataSource::Shipped => None,
    }
}

/// The name as far as a link keeps it.
pub(super) fn bounded(name: &str) -> String {
    let name: String = name.trim().chars().take(MAX_NAME_CHARS).collect();
    // Cutting may leave another space at the end.
    match name.trim_end() {
        "" => NAMELESS.to_owned(),
        name => name.to_owned(),
    }
}
