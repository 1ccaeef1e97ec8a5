//! The labs, and what is said of each: its name, what its numbers mean, and what it can do.

use serde::{Deserialize, Serialize};
use std::f32::consts::LN_2;

/// One task with its data, model, metric and output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabKind {
    /// Predict the next character of a text.
    #[default]
    Text,
    /// Keep something in mind over many steps.
    Memory,
    /// Follow every number of a tiny network through one sentence.
    Anatomy,
}

/// What is said of a lab, on the page and on the command line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabDescription {
    /// Its word in files, in addresses and on the command line.
    pub word: &'static str,
    /// Its name on screen.
    pub name: &'static str,
    /// How many are read and how many answered, such as `many to many`.
    pub shape: &'static str,
    /// What is learned from which data, and what one sees, in one or two sentences.
    pub invitation: &'static str,
    /// What the loss of a step means.
    pub loss: Measure,
    /// What is measured on the held-out data, of the network and of its baselines.
    pub held_out: Measure,
    /// On what that is, as the end of a phrase.
    pub measured_on: &'static str,
    /// What is counted and learnt from.
    pub item: Item,
    /// Names of the models that the network is compared with, in their order.
    pub baselines: &'static [&'static str],
    /// Where its data comes from.
    pub data: DataNeed,
    /// Whether the network writes: whether [`crate::Command::Generate`] has an answer.
    pub has_output: bool,
    /// Whether a device may take the steps.
    pub takes_devices: bool,
    /// Training steps a second at most while somebody looks on; `None`: as many as can be.
    pub steps_per_second: Option<u32>,
}

/// A number that says how good a network is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// Its name within a sentence, such as `bits per character`.
    pub name: &'static str,
    /// Its unit beside a number, such as `bits/char`; may be empty.
    pub unit: &'static str,
    /// What the session's number is divided by before it is shown.
    pub divisor: f32,
    /// How it is written.
    pub form: NumberForm,
    /// Which way is better.
    pub better: Better,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberForm {
    /// With so many decimals.
    Decimals(u8),
    /// A share of 1 as a percentage with one decimal.
    Percent,
}

/// Which way a number is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// The lower the better.
    Lower,
    /// The higher the better.
    Higher,
}

/// What a lab counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// One of it, such as `character`.
    pub one: &'static str,
    /// Beside a number, such as `chars`.
    pub short: &'static str,
}

/// Where a lab's data comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataNeed {
    /// From a file, this one or the visitor's own; its bytes travel beside the experiment.
    File(ShippedFile),
    /// From the experiment alone: it is generated from the seed.
    Nothing,
}

/// A file that a lab is served with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShippedFile {
    /// Its name on screen.
    pub name: &'static str,
    /// Where it lies, from the page and from the project's root.
    pub path: &'static str,
}

const BITS_PER_CHARACTER: Measure = Measure {
    name: "bits per character",
    unit: "bits/char",
    divisor: LN_2,
    form: NumberForm::Decimals(3),
    better: Better::Lower,
};

const TEXT: LabDescription = LabDescription {
    word: "text",
    name: "Text",
    shape: "many to many",
    invitation: "Reads Moby-Dick, or a text of yours, and predicts each next character. Watch it learn to write, \
                 and what each unit keeps in mind from letter to letter.",
    loss: BITS_PER_CHARACTER,
    // The session measures it in bits.
    held_out: Measure { divisor: 1.0, ..BITS_PER_CHARACTER },
    measured_on: "held out",
    item: Item { one: "character", short: "chars" },
    baselines: &["unigram", "5-gram"],
    data: DataNeed::File(ShippedFile { name: "Moby-Dick", path: "static/data/moby-dick.txt" }),
    has_output: true,
    takes_devices: true,
    steps_per_second: None,
};

const MEMORY: LabDescription = LabDescription {
    word: "memory",
    name: "Memory",
    shape: "many to one",
    invitation: "Reads a generated sequence and must still know its beginning at the end. Stretch the delay until \
                 the gradient vanishes, and race cells that keep it longer.",
    loss: Measure {
        name: "mean loss of a sequence",
        unit: "",
        divisor: 1.0,
        form: NumberForm::Decimals(4),
        better: Better::Lower,
    },
    held_out: Measure {
        name: "recall",
        unit: "recall",
        divisor: 1.0,
        form: NumberForm::Percent,
        better: Better::Higher,
    },
    measured_on: "held out",
    item: Item { one: "sequence", short: "sequences" },
    baselines: &["chance"],
    data: DataNeed::Nothing,
    has_output: false,
    takes_devices: false,
    steps_per_second: None,
};

const ANATOMY: LabDescription = LabDescription {
    word: "anatomy",
    name: "Anatomy",
    shape: "step by step",
    invitation: "Reads one short sentence with a network of three units. Step through every number of it: from \
                 tokens to the loss, and back to every weight.",
    loss: Measure {
        name: "mean loss of a prediction",
        unit: "nats",
        divisor: 1.0,
        form: NumberForm::Decimals(4),
        better: Better::Lower,
    },
    held_out: Measure {
        name: "next tokens right",
        unit: "right",
        divisor: 1.0,
        form: NumberForm::Percent,
        better: Better::Higher,
    },
    measured_on: "on the sentence",
    item: Item { one: "token", short: "tokens" },
    baselines: &["most frequent token"],
    data: DataNeed::Nothing,
    has_output: false,
    takes_devices: false,
    steps_per_second: Some(60),
};

impl LabKind {
    /// Every lab, in the order of the page.
    pub const ALL: [Self; 3] = [Self::Anatomy, Self::Text, Self::Memory];

    /// What is said of it.
    #[must_use]
    pub fn description(self) -> &'static LabDescription {
        match self {
            Self::Text => &TEXT,
            Self::Memory => &MEMORY,
            Self::Anatomy => &ANATOMY,
        }
    }

    /// The lab of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lab| lab.description().word == word)
    }
}

impl LabDescription {
    /// Whether the loss of a step and what is measured on the held-out data can be drawn on one axis.
    #[must_use]
    pub fn has_one_measure(&self) -> bool {
        self.loss.name == self.held_out.name
    }
}

impl Measure {
    /// The session's number as it is shown.
    #[must_use]
    pub fn shown(&self, number: f32) -> f32 {
        number / self.divisor
    }

    /// A shown number in words, such as `2.395` or `98.4%`.
    #[must_use]
    pub fn write(&self, shown: f32) -> String {
        match self.form {
            NumberForm::Decimals(decimals) => format!("{shown:.0$}", usize::from(decimals)),
            NumberForm::Percent => format!("{:.1}%", shown * 100.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_lab_is_the_one_it_has_in_files() {
        for lab in LabKind::ALL {
            let word = lab.description().word;
            assert_eq!(serde_json::to_string(&lab).unwrap(), format!("\"{word}\""));
            assert_eq!(LabKind::from_word(word), Some(lab));
        }
        assert_eq!(LabKind::from_word("Text"), None);
    }

    #[test]
    fn every_lab_invites_in_a_sentence_that_a_card_can_hold() {
        for lab in LabKind::ALL {
            let LabDescription { name, shape, invitation, .. } = lab.description();
            assert!(!shape.is_empty() && invitation.ends_with('.'), "{name}");
            assert!((40..240).contains(&invitation.len()), "{name}: {} bytes", invitation.len());
        }
    }

    #[test]
    fn numbers_are_written_as_their_lab_says() {
        let text = LabKind::Text.description();
        assert_eq!(text.loss.write(text.loss.shown(2.0 * LN_2)), "2.000");
        assert!(text.has_one_measure());
        let memory = LabKind::Memory.description();
        assert_eq!(memory.held_out.write(memory.held_out.shown(0.9844)), "98.4%");
        assert!(!memory.has_one_measure());
    }
}
