use super::experiment::{MAX_NAME_CHARS, bounded};
use super::*;
use crate::experiment::DataSource;
use crate::settings::{Setting, SettingKind};
use crate::snapshot::Quantity;
use std::collections::BTreeSet;

/// Sebastiano Vigna's SplitMix64: numbers that look random, from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.roll() % bound as u64) as usize
    }

    /// A value of the setting, any of them: decimals from all finite bit patterns within the bounds.
    fn value(&mut self, setting: &Setting) -> String {
        match setting.kind {
            SettingKind::Choice(choices) => choices[self.below(choices.len())].key.to_owned(),
            SettingKind::Whole(range) => {
                let count = u64::from(range.max) - u64::from(range.min) + 1;
                (u64::from(range.min) + self.roll() % count).to_string()
            }
            SettingKind::Decimal(range) => loop {
                let value = f32::from_bits(self.roll() as u32);
                if (range.min..=range.max).contains(&value) {
                    break value.to_string();
                }
            },
            SettingKind::Text(_) => {
                const LETTERS: &[char] =
                    &['a', 'Z', '7', ' ', '%', '&', '=', '#', '"', '<', '鯨', '\u{1F40B}'];
                let length = self.below(50);
                let letters: String = (0..length).map(|_| LETTERS[self.below(LETTERS.len())]).collect();
                format!("to be {letters}")
            }
        }
    }

    fn name(&mut self) -> String {
        const LETTERS: &[char] = &['a', 'Z', '7', ' ', '%', '&', '=', '#', '"', '<', '鯨', '\u{1F40B}', '\0'];
        (0..self.below(100)).map(|_| LETTERS[self.below(LETTERS.len())]).collect()
    }

    fn names(&mut self) -> BTreeSet<String> {
        (0..self.below(10)).map(|_| format!("name-{}", self.below(100))).collect()
    }

    fn link(&mut self) -> Link {
        let mut link = Link::default();
        for setting in SETTINGS {
            if self.below(2) == 0 {
                setting.set(&mut link.experiment, &self.value(setting)).unwrap();
            }
        }
        if self.below(3) == 0 {
            link.experiment.data = DataSource::Own { name: bounded(&self.name()) };
        }
        link.view.quantity = Quantity::ALL[self.below(Quantity::ALL.len())];
        link.view.open = (self.below(2) == 0).then(|| self.names());
        link.view.hidden = self.names();
        link.view.is_embedded = self.below(2) == 0;
        link
    }
}

/// As [`Link::parse`], where nothing may be wrong.
fn parse(fragment: &str) -> Link {
    let (link, faults) = Link::parse(fragment);
    assert_eq!(faults, [], "{fragment}");
    link
}

/// The sentences on a fragment, which may change nothing but what `expected` has changed.
fn sentences(fragment: &str, expected: &Link) -> Vec<String> {
    let (link, faults) = Link::parse(fragment);
    assert_eq!(link, *expected, "{fragment}");
    faults.iter().map(ToString::to_string).collect()
}

#[test]
fn a_link_is_readable() {
    assert_eq!(Link::default().to_fragment(), "v=1&lab=text");
    let fragment = "v=1&lab=text&data=own&data_name=my%20poems.txt&cell=gru&hidden_size=64&temperature=0.5&seed=3\
                    &view=update-gate&open=model,training&hide=optimizer,seed&embed=1";
    let link = parse(&format!("#{fragment}"));
    assert_eq!(link.experiment.data, DataSource::Own { name: "my poems.txt".into() });
    assert_eq!((link.experiment.model.hidden_size, link.experiment.seed), (64, 3));
    assert_eq!(link.view.quantity, Quantity::UpdateGate);
    assert!(!link.view.offers("seed") && link.view.offers("cell") && link.view.is_embedded);
    assert_eq!(link.to_fragment(), fragment);
    // In any order, and with what is the default anyway.
    let shuffled = "embed=1&seed=3&hide=seed,optimizer&layers=1&open=training,model&view=update-gate&temperature=0.5\
                    &data_name=my%20poems.txt&data=own&cell=gru&hidden_size=64";
    assert_eq!(parse(shuffled), link);
}

#[test]
fn the_defaults_of_version_1_stay() {
    const DEFAULTS: &[(&str, &str)] = &[
        ("cell", "lstm"),
        ("layers", "1"),
        ("hidden_size", "128"),
        ("embedding_size", "64"),
        ("initialisation", "pytorch"),
        ("optimizer", "adam"),
        ("learning_rate", "0.002"),
        ("momentum", "0.9"),
        ("weight_decay", "0.01"),
        ("clip_norm", "1"),
        ("batch_size", "32"),
        ("sequence_length", "64"),
        ("temperature", "0.8"),
        ("seed", "0"),
    ];
    assert_eq!(LINK_VERSION, 1);
    for (key, value) in DEFAULTS {
        let found = Setting::find(key).unwrap().get(&Experiment::default());
        assert_eq!(found, *value, "{key}: links rely on it; another default needs another LINK_VERSION");
    }
}

#[test]
fn every_link_comes_back_from_its_fragment() {
    let mut dice = Dice(7);
    for _ in 0..5000 {
        let link = dice.link();
        let fragment = link.to_fragment();
        assert!(fragment.len() < MAX_LINK_BYTES / 2, "{} bytes: {fragment}", fragment.len());
        assert!(fragment.bytes().all(|byte| byte.is_ascii_graphic()), "{fragment}");
        assert_eq!(parse(&fragment), link, "{fragment}");
    }
}

#[test]
fn every_setting_comes_back_from_its_bounds() {
    for setting in SETTINGS {
        let values = match setting.kind {
            SettingKind::Choice(choices) => choices.iter().map(|choice| choice.key.to_owned()).collect(),
            SettingKind::Whole(range) => vec![range.min.to_string(), range.max.to_string()],
            SettingKind::Decimal(range) => {
                let least = f32::from_bits(1);
                [range.min, range.max, least, f32::MIN_POSITIVE, 0.1].map(|value| value.to_string()).to_vec()
            }
            SettingKind::Text(longest) => vec!["ab".to_owned(), "é=& %".repeat(longest / 5)],
        };
        for value in values {
            let mut link = Link::default();
            setting.set(&mut link.experiment, &value).unwrap();
            let back = parse(&link.to_fragment());
            assert_eq!(setting.get(&back.experiment), value, "{}", setting.key);
        }
    }
}

#[test]
fn what_cannot_be_read_keeps_its_default_and_is_named() {
    let seed_3 = parse("seed=3");
    for (fragment, sentence) in [
        (
            "hidden_size=0",
            "“hidden_size” keeps its default: Hidden size must lie between 1 and 1000000, found 0.",
        ),
        (
            "learning_rate=NaN",
            "“learning_rate” keeps its default: Learning rate must lie between 0 and 3.4028235e38, found NaN.",
        ),
        (
            "learning_rate=inf",
            "“learning_rate” keeps its default: Learning rate must lie between 0 and 3.4028235e38, found inf.",
        ),
        (
            "cell=trans%0Aformer",
            "“cell” keeps its default: Cell must be one of elman, lstm, gru, found “trans\\nformer”.",
        ),
        ("lab=chess", "“lab” keeps its default: it must be anatomy or text or memory, found “chess”."),
        ("data=theirs", "“data” keeps its default: it must be shipped or own, found “theirs”."),
        ("embed=yes", "“embed” keeps its default: it must be 1 or 0, found “yes”."),
        (
            "view=x",
            "“view” keeps its default: it must be one of hidden, cell, input-gate, forget-gate, candidate, \
                    output-gate, reset-gate, update-gate, hidden-gradient, cell-gradient, found “x”.",
        ),
        (
            "hide=<b>",
            "“hide” keeps its default: it must be keys of settings and names of panels, joined by commas, \
                      found “<b>”.",
        ),
        ("hiden_size=3", "“hiden_size” is nothing that a link can say here."),
        ("=", "“” is nothing that a link can say here."),
        ("seed=4", "“seed” stands in the link more than once; the first is taken."),
        ("%73eed=4", "“seed” stands in the link more than once; the first is taken."),
        ("cell", "“cell” is no pair of a key and a value, such as cell=gru."),
        ("cell=%f", "“cell=%f” has a % that does not stand for a character; % itself is written %25."),
        ("cell=%ff", "“cell=%ff” has a % that does not stand for a character; % itself is written %25."),
        ("v=0", "“v” keeps its default: it must be 1, found “0”."),
        ("v=99999999999", "“v” keeps its default: it must be 1, found “99999999999”."),
        (
            "v=2",
            "The link is of version 2, written by a later release; this page reads version 1 and takes from it \
                 what it understands.",
        ),
    ] {
        assert_eq!(sentences(&format!("seed=3&{fragment}"), &seed_3), [sentence]);
    }
}

#[test]
fn a_link_that_went_through_html_is_understood() {
    assert_eq!(parse("#v=1&amp;lab=text&amp;cell=gru&"), parse("v=1&lab=text&cell=gru"));
}

#[test]
fn what_is_long_is_read_in_part() {
    let mut huge = "seed=3&".to_owned();
    let padding: String = (0..).map(|index| format!("k{index}={}&", "鯨".repeat(50))).take(6000).collect();
    huge.push_str(&padding);
    huge.push_str("seed=4");
    assert!(huge.len() > 900_000, "{}", huge.len());
    let found = sentences(&huge, &parse("seed=3"));
    assert_eq!(found.len(), 9);
    assert!(found[0].starts_with(&format!("The link has {} bytes", huge.len())), "{}", found[0]);
    assert!(found[8].ends_with("more parts of the link could not be read."), "{}", found[8]);
    // One part that fills all of it.
    assert_eq!(sentences(&format!("seed={}", "9".repeat(1_000_000)), &Link::default()).len(), 1);
    let long = sentences(&format!("seed={}", "9".repeat(5000)), &Link::default());
    assert!(long[0].len() < 200 && long[0].contains("9…”"), "{}", long[0]);
    let long_name = format!("data=own&data_name={}", "n".repeat(5000));
    let DataSource::Own { name } = parse(&long_name).experiment.data else { panic!("own") };
    assert_eq!(name.len(), MAX_NAME_CHARS);
    assert_eq!(sentences(&format!("hide={}", "a,".repeat(100)), &parse("hide=a")).len(), 0);
    let many: String = (0..49).map(|index| format!("a{index},")).collect();
    assert_eq!(sentences(&format!("hide={many}"), &Link::default()).len(), 1);
}

#[test]
fn nothing_makes_it_fail_and_what_it_gives_is_within_bounds() {
    const PIECES: &[&str] = &[
        "&",
        "=",
        "%",
        "%0",
        "%00",
        "%ff",
        "%E9%AF%A8",
        "#",
        ",",
        "v",
        "1",
        "lab",
        "text",
        "data",
        "own",
        "data_name",
        "cell",
        "gru",
        "hidden_size",
        "-1",
        "1e39",
        "NaN",
        "-0",
        "0x10",
        "seed",
        "view",
        "cell",
        "open",
        "hide",
        "embed",
        "\0",
        "\u{202e}",
        "鯨",
        " ",
        "+",
        "amp;",
        "learning_rate",
        "340282350000000000000000000000000000000",
    ];
    let mut dice = Dice(11);
    for _ in 0..20_000 {
        let fragment: String = (0..dice.below(40)).map(|_| PIECES[dice.below(PIECES.len())]).collect();
        let (link, faults) = Link::parse(&fragment);
        assert_eq!(link.experiment.check(), Ok(()), "{fragment}");
        assert!(faults.len() <= 9, "{fragment}");
        for sentence in faults.iter().map(ToString::to_string) {
            assert!(sentence.len() < 800 && !sentence.contains(['\0', '\u{202e}']), "{sentence}");
        }
        assert_eq!(parse(&link.to_fragment()), link, "{fragment}");
    }
}
