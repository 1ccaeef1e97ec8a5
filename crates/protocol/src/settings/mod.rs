//! The experiment's settings by name: what a setting is, and how it is read and written as text.

mod list;

pub use list::SETTINGS;

use crate::LabKind;
use crate::anatomy::{AnatomySettings, SentenceFault};
use crate::experiment::Experiment;
use crate::race::MAX_RIVALS;
use thiserror::Error;

/// What a change of a setting means for a network that is already training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingScope {
    /// The network or its data change: a new run begins at step 0.
    NewRun,
    /// The running network goes on with the new value.
    Live,
    /// The windows that the network reads are cut anew: it goes on where the batch stays the same
    /// ([`Experiment::is_recut_by`]), otherwise a new run begins.
    Window,
}

/// The values that a setting takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SettingKind {
    /// One of these words.
    Choice(&'static [Choice]),
    /// A whole number.
    Whole(Range<u32>),
    /// A decimal number.
    Decimal(Range<f32>),
    /// Words, of so many characters at most.
    Text(usize),
}

/// One word of a choice: as it is written in files and on the command line, and as it is on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// In files and on the command line.
    pub key: &'static str,
    /// On screen.
    pub label: &'static str,
}

/// Bounds, both included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range<T> {
    /// Smallest value.
    pub min: T,
    /// Largest value.
    pub max: T,
}

/// One setting of an [`Experiment`].
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its name in files and on the command line.
    pub key: &'static str,
    /// Its name on screen.
    pub label: &'static str,
    /// One sentence for a person who meets it for the first time.
    pub help: &'static str,
    /// The values it takes.
    pub kind: SettingKind,
    /// What changing it means for a running network.
    pub scope: SettingScope,
    /// The labs that read it.
    pub labs: &'static [LabKind],
    get: fn(&Experiment) -> String,
    set: fn(&mut Experiment, &Setting, &str) -> Result<(), SettingError>,
}

/// A setting could not be changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SettingError {
    /// No setting has this name.
    #[error("there is no setting “{key}”; the settings are {known}")]
    Unknown {
        /// What was asked for.
        key: String,
        /// The names there are.
        known: String,
    },
    /// The value is not a number.
    #[error("{label} must be a number, found “{found}”")]
    NotANumber {
        /// The setting's name on screen.
        label: &'static str,
        /// What was given.
        found: String,
    },
    /// The number lies outside its bounds.
    #[error("{label} must lie between {min} and {max}, found {found}")]
    OutOfRange {
        /// The setting's name on screen.
        label: &'static str,
        /// Smallest value.
        min: String,
        /// Largest value.
        max: String,
        /// What was given.
        found: String,
    },
    /// The word is none of the choices.
    #[error("{label} must be one of {choices}, found “{found}”")]
    NotAChoice {
        /// The setting's name on screen.
        label: &'static str,
        /// The words there are.
        choices: String,
        /// What was given.
        found: String,
    },
    /// The words cannot be read as a sentence.
    #[error("The sentence {fault}")]
    Sentence {
        /// What is wrong with it.
        fault: SentenceFault,
    },
    /// More networks than can race.
    #[error("at most {MAX_RIVALS} rivals can race with a network, found {found}")]
    TooManyRivals {
        /// How many there are.
        found: usize,
    },
}

impl Setting {
    /// The setting of this name.
    ///
    /// # Errors
    /// [`SettingError::Unknown`], with the names there are.
    pub fn find(key: &str) -> Result<&'static Self, SettingError> {
        SETTINGS.iter().find(|setting| setting.key == key).ok_or_else(|| SettingError::Unknown {
            key: key.to_owned(),
            known: SETTINGS.iter().map(|setting| setting.key).collect::<Vec<_>>().join(", "),
        })
    }

    /// The settings that a lab reads, in the order of the panels.
    pub fn of(lab: LabKind) -> impl Iterator<Item = &'static Self> {
        SETTINGS.iter().filter(move |setting| setting.is_read_by(lab))
    }

    /// Whether a lab reads it.
    #[must_use]
    pub fn is_read_by(&self, lab: LabKind) -> bool {
        self.labs.contains(&lab)
    }

    /// Its value in `experiment`, as it is written in files and on the command line.
    #[must_use]
    pub fn get(&self, experiment: &Experiment) -> String {
        (self.get)(experiment)
    }

    /// Sets it from text.
    ///
    /// # Errors
    /// When the text is not one of its values; `experiment` is then unchanged.
    pub fn set(&self, experiment: &mut Experiment, value: &str) -> Result<(), SettingError> {
        (self.set)(experiment, self, value.trim())
    }

    fn whole(&self, value: &str) -> Result<u32, SettingError> {
        let SettingKind::Whole(range) = self.kind else { return Err(self.not_a_number(value)) };
        // Parsed wider than it is kept, so that 5,000,000,000 is out of range and not "no number".
        let number: i64 = value.parse().map_err(|_| self.not_a_number(value))?;
        u32::try_from(number)
            .ok()
            .filter(|n| (range.min..=range.max).contains(n))
            .ok_or_else(|| self.out_of_range(range.min.to_string(), range.max.to_string(), value))
    }

    fn decimal(&self, value: &str) -> Result<f32, SettingError> {
        let SettingKind::Decimal(range) = self.kind else { return Err(self.not_a_number(value)) };
        let number: f32 = value.parse().map_err(|_| self.not_a_number(value))?;
        if (range.min..=range.max).contains(&number) {
            Ok(number)
        } else {
            let max = if range.max < 1e6 { range.max.to_string() } else { format!("{:e}", range.max) };
            Err(self.out_of_range(range.min.to_string(), max, value))
        }
    }

    /// A size, which the Anatomy lab keeps small, because it shows every number.
    fn size(&self, experiment: &Experiment, largest_shown: u32, value: &str) -> Result<u32, SettingError> {
        let size = self.whole(value)?;
        if experiment.lab == LabKind::Anatomy && size > largest_shown {
            return Err(self.out_of_range("1".to_owned(), largest_shown.to_string(), value));
        }
        Ok(size)
    }

    /// A sentence and what it is cut into belong together.
    fn sentence(experiment: &mut Experiment, anatomy: AnatomySettings) -> Result<(), SettingError> {
        let AnatomySettings { sentence, tokens } = &anatomy;
        tokens.check(sentence).map_err(|fault| SettingError::Sentence { fault })?;
        experiment.anatomy = anatomy;
        Ok(())
    }

    fn not_a_number(&self, found: &str) -> SettingError {
        SettingError::NotANumber { label: self.label, found: found.to_owned() }
    }

    fn out_of_range(&self, min: String, max: String, found: &str) -> SettingError {
        SettingError::OutOfRange { label: self.label, min, max, found: found.to_owned() }
    }

    fn not_a_choice(&self, found: &str) -> SettingError {
        let choices = match self.kind {
            SettingKind::Choice(choices) => {
                choices.iter().map(|choice| choice.key).collect::<Vec<_>>().join(", ")
            }
            SettingKind::Whole(_) | SettingKind::Decimal(_) | SettingKind::Text(_) => String::new(),
        };
        SettingError::NotAChoice { label: self.label, choices, found: found.to_owned() }
    }
}

impl Experiment {
    /// Checks every setting against its bounds, and those that rivals change, for an experiment that comes from a file or a message.
    ///
    /// # Errors
    /// The first setting that is out of bounds.
    pub fn check(&self) -> Result<(), SettingError> {
        if self.rivals.len() > MAX_RIVALS {
            return Err(SettingError::TooManyRivals { found: self.rivals.len() });
        }
        let mut copy = self.clone();
        SETTINGS.iter().try_for_each(|setting| setting.set(&mut copy, &setting.get(self)))?;
        self.rivals.iter().try_for_each(|rival| rival.check(self))
    }

    /// Whether a network trained under `self` can go on training under `other`, and each of its rivals, too:
    /// they differ at most in settings of [`SettingScope::Live`].
    #[must_use]
    pub fn is_continued_by(&self, other: &Self) -> bool {
        self.lab == other.lab
            && self.data == other.data
            && SETTINGS
                .iter()
                .filter(|setting| setting.scope != SettingScope::Live)
                .all(|setting| setting.get(self) == setting.get(other))
            && self.rivals.len() == other.rivals.len()
            && self
                .contenders()
                .zip(other.contenders())
                .skip(1)
                .all(|(own, others)| own.is_continued_by(&others))
    }
}

impl Experiment {
    /// Whether `other` differs in the length of the windows, and otherwise at most in live settings: the weights, the
    /// optimiser and the state that is carried on are then of use under it, too. A race has its lengths for good.
    #[must_use]
    pub fn is_recut_by(&self, other: &Self) -> bool {
        let mut same = other.clone();
        let windows = Setting::of(self.lab).filter(|setting| setting.scope == SettingScope::Window);
        let is_copied =
            windows.map(|setting| setting.set(&mut same, &setting.get(self))).all(|set| set.is_ok());
        is_copied
            && self.rivals.is_empty()
            && self.is_continued_by(&same)
            && self.training.sequence_length != other.training.sequence_length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_reads_back_what_it_writes() {
        for setting in SETTINGS {
            let mut experiment = Experiment::default();
            let value = match setting.kind {
                SettingKind::Choice(choices) => choices[choices.len() - 1].key.to_owned(),
                SettingKind::Whole(range) => (range.min + 1).to_string(),
                SettingKind::Decimal(range) => (range.min + 0.25).to_string(),
                SettingKind::Text(_) => "to be or not to be".to_owned(),
            };
            assert_ne!(setting.get(&experiment), value, "{} must change for this test", setting.key);
            setting.set(&mut experiment, &value).unwrap();
            assert_eq!(setting.get(&experiment), value, "{}", setting.key);
            let stays = setting.scope == SettingScope::Live;
            assert_eq!(Experiment::default().is_continued_by(&experiment), stays, "{}", setting.key);
        }
    }

    #[test]
    fn windows_of_another_length_keep_the_network_and_nothing_else_does() {
        let before = Experiment::default();
        let with = |words: &[(&str, &str)]| {
            let mut experiment = before.clone();
            for (key, value) in words {
                Setting::find(key).unwrap().set(&mut experiment, value).unwrap();
            }
            experiment
        };
        assert!(before.is_recut_by(&with(&[("sequence_length", "32")])));
        assert!(before.is_recut_by(&with(&[("sequence_length", "32"), ("learning_rate", "0.1")])));
        assert!(!before.is_continued_by(&with(&[("sequence_length", "32")])));
        assert!(!before.is_recut_by(&with(&[("learning_rate", "0.1")])), "that goes on anyway");
        assert!(!before.is_recut_by(&with(&[("sequence_length", "32"), ("batch_size", "8")])));
        let memory = Experiment::of(LabKind::Memory);
        let mut longer = memory.clone();
        longer.training.sequence_length = 7;
        assert!(!memory.is_recut_by(&longer), "its sequences are as long as the task");
    }

    #[test]
    fn a_bad_value_is_named_and_changes_nothing() {
        let cases = [
            ("hidden_size", "0", "Hidden size must lie between 1 and 1000000, found 0"),
            ("hidden_size", "5000000000", "Hidden size must lie between 1 and 1000000, found 5000000000"),
            ("hidden_size", "many", "Hidden size must be a number, found “many”"),
            ("cell", "transformer", "Cell must be one of elman, lstm, gru, found “transformer”"),
            ("temperature", "20", "Temperature must lie between 0 and 10, found 20"),
            ("learning_rate", "-1", "Learning rate must lie between 0 and 3.4028235e38, found -1"),
            ("learning_rate", "NaN", "Learning rate must lie between 0 and 3.4028235e38, found NaN"),
        ];
        for (key, value, expected) in cases {
            let mut experiment = Experiment::default();
            let error = Setting::find(key).unwrap().set(&mut experiment, value).unwrap_err();
            assert_eq!(error.to_string(), expected);
            assert_eq!(experiment, Experiment::default());
        }
        let mut experiment = Experiment::default();
        assert_eq!(experiment.check(), Ok(()));
        experiment.model.layers = u32::MAX;
        assert!(experiment.check().is_err());
        assert!(matches!(Setting::find("hiden_size"), Err(SettingError::Unknown { .. })));
    }
}
