//! A race: the networks that train beside an experiment's own, and when everybody stops.
//!
//! A [`Rival`] is the experiment with some settings changed. It is written as words, such as
//! `cell:gru,hidden_size:64`, or `same` where nothing is changed, which fit into a link as they are.

use crate::experiment::Experiment;
use crate::settings::{Setting, SettingError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Rivals of one experiment.
pub const MAX_RIVALS: usize = 2;

/// Keys of the settings in which a rival may differ. All others are shared: a race is about one task, on the
/// same data in the same order, from the same seed, under the same budget.
pub const RACED: &[&str] = &[
    "cell",
    "hidden_size",
    "layers",
    "embedding_size",
    "initialisation",
    "clip_norm",
    "optimizer",
    "learning_rate",
    "momentum",
    "weight_decay",
];

/// Bytes of a rival in words.
const MAX_TEXT_BYTES: usize = 512;
/// The words for a rival without a change.
const SAME: &str = "same";

/// When training pauses by itself, so that a result is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Budget {
    /// As many steps, or seconds; 0: training goes on until it is paused.
    pub amount: u32,
    /// What is counted. In a race, whoever has spent least of it goes next.
    pub unit: BudgetUnit,
}

/// What a [`Budget`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BudgetUnit {
    /// Training steps: the same result on every machine.
    #[default]
    Steps,
    /// Seconds of training, for each network its own: how far it gets depends on the machine.
    Seconds,
}

/// A network that trains beside an experiment's own: the same experiment, but for some settings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rival {
    /// Keys of [`RACED`], in its order, each once, with a value as the setting writes it.
    changes: Vec<(&'static str, String)>,
}

/// A rival could not be read or changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RivalError {
    /// More words than any rival has.
    #[error("a rival takes at most {MAX_TEXT_BYTES} bytes, found {found}")]
    TooLong {
        /// Bytes found.
        found: usize,
    },
    /// A change is not written as one.
    #[error("a rival is written as key:value, separated by commas, or as “{SAME}”, found “{found}”")]
    NotAChange {
        /// What was found.
        found: String,
    },
    /// One setting is changed twice.
    #[error("a rival changes each setting once, found {key} twice")]
    Repeated {
        /// The setting's name.
        key: &'static str,
    },
    /// The setting is shared by everybody in a race.
    #[error("rivals share {key}; they may differ in {}", RACED.join(", "))]
    Shared {
        /// The setting's name.
        key: &'static str,
    },
    /// There is no such setting, or it does not take the value.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// There are more than can race.
    #[error("at most {MAX_RIVALS} rivals can race with a network, found {found}")]
    TooMany {
        /// How many there are.
        found: usize,
    },
}

impl Rival {
    /// Reads the rivals of an experiment, separated by semicolons. No words: no rivals.
    ///
    /// # Errors
    /// If there are too many, or one cannot be read.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, RivalError> {
        let words: Vec<&str> = text.split(';').filter(|words| !words.trim().is_empty()).collect();
        if words.len() > MAX_RIVALS {
            return Err(RivalError::TooMany { found: words.len() });
        }
        words.into_iter().map(str::parse).collect()
    }

    /// Writes the rivals of an experiment as [`Rival::parse_all`] reads them.
    #[must_use]
    pub fn all_to_text(rivals: &[Self]) -> String {
        rivals.iter().map(Self::to_string).collect::<Vec<_>>().join(";")
    }

    /// The settings that it changes, each with its value in words.
    pub fn changes(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.changes.iter().map(|(key, value)| (*key, value.as_str()))
    }

    /// The same, but for one setting.
    ///
    /// # Errors
    /// If rivals cannot differ in it, or it does not take this value.
    pub fn with(mut self, key: &str, value: &str) -> Result<Self, RivalError> {
        let setting = Setting::find(key)?;
        let Some(place) = RACED.iter().position(|raced| *raced == key) else {
            return Err(RivalError::Shared { key: setting.key });
        };
        // As the setting writes it: 064 and 64 are the same value.
        let mut example = Experiment::default();
        setting.set(&mut example, value)?;
        let before = |(key, _): &(&str, String)| RACED[..place].contains(key);
        let at = self.changes.partition_point(before);
        self.changes.retain(|(key, _)| *key != setting.key);
        self.changes.insert(at, (setting.key, setting.get(&example)));
        Ok(self)
    }

    /// The same, but for one setting that it does not change any longer.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.changes.retain(|(changed, _)| *changed != key);
        self
    }

    /// Checks that the experiment's lab takes what it changes: some keep a setting smaller than others.
    ///
    /// # Errors
    /// The first change that the lab does not take.
    pub fn check(&self, experiment: &Experiment) -> Result<(), SettingError> {
        let mut own = experiment.clone();
        self.changes.iter().try_for_each(|(key, value)| Setting::find(key)?.set(&mut own, value))
    }

    /// What it makes of an experiment.
    #[must_use]
    pub fn of(&self, experiment: &Experiment) -> Experiment {
        let mut own = Experiment { rivals: Vec::new(), ..experiment.clone() };
        for (key, value) in &self.changes {
            // Key and value were found good when the rival was made, and by the check of the experiment.
            Setting::find(key).and_then(|setting| setting.set(&mut own, value)).ok();
        }
        own
    }
}

impl fmt::Display for Rival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changes.is_empty() {
            return f.write_str(SAME);
        }
        for (index, (key, value)) in self.changes.iter().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            write!(f, "{separator}{key}:{value}")?;
        }
        Ok(())
    }
}

impl FromStr for Rival {
    type Err = RivalError;

    fn from_str(text: &str) -> Result<Self, RivalError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(RivalError::TooLong { found: text.len() });
        }
        let mut rival = Self::default();
        if text.trim() == SAME {
            return Ok(rival);
        }
        for words in text.split(',') {
            let not_a_change = || RivalError::NotAChange { found: words.trim().to_owned() };
            let (key, value) = words.split_once(':').ok_or_else(not_a_change)?;
            let count = rival.changes.len();
            rival = rival.with(key.trim(), value)?;
            if rival.changes.len() == count {
                return Err(RivalError::Repeated { key: Setting::find(key.trim())?.key });
            }
        }
        Ok(rival)
    }
}

impl TryFrom<String> for Rival {
    type Error = RivalError;

    fn try_from(text: String) -> Result<Self, RivalError> {
        text.parse()
    }
}

impl From<Rival> for String {
    fn from(rival: Rival) -> Self {
        rival.to_string()
    }
}

impl Experiment {
    /// Everybody in the race as an experiment of their own: this one without its rivals, then each rival.
    pub fn contenders(&self) -> impl Iterator<Item = Self> {
        std::iter::once(Rival::default()).chain(self.rivals.iter().cloned()).map(|rival| rival.of(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::CellKind;
    use crate::lab::LabKind;
    use crate::settings::SETTINGS;

    #[test]
    fn words_are_read_back_as_they_are_written() {
        for text in
            ["same", "cell:gru", "cell:gru,hidden_size:64", "layers:2,clip_norm:0", "learning_rate:0.001"]
        {
            assert_eq!(text.parse::<Rival>().unwrap().to_string(), text);
        }
        // In the order of the list, as the settings write their values.
        let rival: Rival = " clip_norm:0.50, cell:gru ,hidden_size:064".parse().unwrap();
        assert_eq!(rival.to_string(), "cell:gru,hidden_size:64,clip_norm:0.5");
        assert_eq!(rival.without("cell").without("clip_norm").to_string(), "hidden_size:64");
        let rivals = Rival::parse_all("cell:gru;same").unwrap();
        assert_eq!(Rival::all_to_text(&rivals), "cell:gru;same");
        assert_eq!(Rival::parse_all("").unwrap(), []);
    }

    #[test]
    fn a_lab_that_keeps_a_setting_small_keeps_it_small_for_rivals() {
        let rival: Rival = "hidden_size:64".parse().unwrap();
        let mut experiment = Experiment { rivals: vec![rival], ..Experiment::of(LabKind::Anatomy) };
        let message = experiment.check().unwrap_err().to_string();
        assert!(message.ends_with("must lie between 1 and 6, found 64"), "{message}");
        experiment.lab = LabKind::Text;
        assert_eq!(experiment.check(), Ok(()));
    }

    #[test]
    fn what_is_no_rival_is_named() {
        let long = "cell:gru,".repeat(80);
        let cases = [
            ("", "found “”"),
            ("cell", "found “cell”"),
            ("cell:gru,", "found “”"),
            ("cell:gru,cell:lstm", "found cell twice"),
            ("cell:transformer", "must be one of elman, lstm, gru"),
            ("hidden_size:0", "must lie between 1 and"),
            ("seed:4", "rivals share seed"),
            ("batch_size:4", "rivals share batch_size"),
            ("colour:red", "there is no setting “colour”"),
            (long.as_str(), "at most 512 bytes, found 720"),
        ];
        for (text, expected) in cases {
            let message = text.parse::<Rival>().unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
        assert_eq!(Rival::parse_all("same;same;same"), Err(RivalError::TooMany { found: 3 }));
    }

    #[test]
    fn a_contender_is_the_experiment_but_for_its_changes() {
        let mut experiment = Experiment { seed: 7, ..Experiment::default() };
        experiment.rivals = Rival::parse_all("cell:gru,clip_norm:0;same").unwrap();
        let contenders: Vec<Experiment> = experiment.contenders().collect();
        let alone = Experiment { rivals: Vec::new(), ..experiment.clone() };
        assert_eq!((&contenders[0], &contenders[2]), (&alone, &alone));
        assert_eq!(contenders[1].model.cell, CellKind::Gru);
        assert_eq!((contenders[1].training.clip_norm, contenders[1].seed), (0.0, 7));
    }

    #[test]
    fn a_race_goes_on_if_each_of_its_networks_can() {
        let mut race = Experiment { rivals: Rival::parse_all("cell:gru").unwrap(), ..Experiment::default() };
        assert!(
            !race.is_continued_by(&Experiment::default()) && !Experiment::default().is_continued_by(&race)
        );
        let with = |text: &str| Experiment { rivals: Rival::parse_all(text).unwrap(), ..race.clone() };
        assert!(race.is_continued_by(&with("cell:gru,clip_norm:0.5")));
        assert!(!race.is_continued_by(&with("cell:elman")));
        race.rivals = vec![Rival::default(); MAX_RIVALS + 1];
        assert!(race.check().unwrap_err().to_string().contains("at most 2 rivals"));
    }

    #[test]
    fn rivals_differ_in_settings_that_there_are() {
        for key in RACED {
            assert!(SETTINGS.iter().any(|setting| setting.key == *key), "{key}");
        }
    }

    #[test]
    fn a_message_with_a_bad_rival_is_refused_and_an_older_one_has_none() {
        let read = |text: &str| serde_json::from_str::<Experiment>(text);
        assert_eq!(read("{}").unwrap(), Experiment::default());
        assert_eq!(read(r#"{"rivals":["cell:gru"]}"#).unwrap().rivals[0].to_string(), "cell:gru");
        assert!(read(r#"{"rivals":["seed:1"]}"#).unwrap_err().to_string().contains("rivals share seed"));
    }
}
