//! What a session does with texts and settings that cannot be trained on: a sentence, and nothing lost.

use rnn_protocol::{Command, DataSource, Event, Experiment};
use rnn_tests::driver::{Driver, small, text};

#[test]
fn divergence_is_said_and_the_last_good_weights_stay() {
    for clip in ["0", "1"] {
        let mut driver = Driver::unwatched();
        driver.open(small(&[("clip_norm", clip)]), text());
        driver.steps(10);
        driver.send(Command::Open { experiment: small(&[("clip_norm", clip), ("learning_rate", "1e38")]) });
        driver.send(Command::Play);
        while driver.slice() {}
        let Some(Event::Diverged { step, message, .. }) =
            driver.events.iter().rfind(|event| matches!(event, Event::Diverged { .. }))
        else {
            panic!("a learning rate of 1e38 must diverge: {:?}", driver.events);
        };
        assert!(*step > 10, "{message}");
        assert!(message.contains("learning rate") && message.contains("are kept"), "{message}");
        assert_eq!(message.contains("clip the gradient"), clip == "0", "{message}");
        assert!(driver.weights().iter().all(|weight| weight.is_finite()));
        // A smaller rate, and training goes on from there.
        driver.send(Command::Open { experiment: small(&[("clip_norm", clip)]) });
        let before = driver.losses(1).len();
        driver.steps(3);
        let losses = driver.losses(1);
        assert_eq!(losses.len(), before + 3);
        assert!(losses.iter().all(|(_, loss, _)| loss.is_finite()));
    }
}

#[test]
fn an_update_that_only_the_held_out_text_shows_to_be_bad_is_taken_back() {
    let mut driver = Driver::unwatched();
    driver.open(small(&[]), text());
    driver.steps(5);
    let weights = driver.weights();
    driver.send(Command::Open { experiment: small(&[("learning_rate", "1e38")]) });
    driver.steps(1);
    assert_ne!(driver.weights(), weights);
    driver.session.request_evaluation();
    while driver.slice() {}
    let Some(Event::Diverged { kept_step: 5, .. }) = driver.events.last() else {
        panic!("expected a divergence that keeps step 5, found {:?}", driver.events.last());
    };
    assert_eq!(driver.weights(), weights);
}

#[test]
fn what_cannot_be_run_is_refused_and_loses_nothing() {
    let mut driver = Driver::unwatched();
    driver.send(Command::Play);
    assert!(driver.refusal().contains("No experiment is open"));
    driver.open(small(&[]), text());
    driver.steps(6);
    let weights = driver.weights();

    driver.send(Command::Open { experiment: small(&[("hidden_size", "100000")]) });
    assert!(driver.refusal().contains("TiB of memory; the limit is 1.0 GiB"), "{}", driver.refusal());
    driver.send(Command::Open { experiment: small(&[("hidden_size", "4000")]) });
    assert!(driver.refusal().contains("GiB of memory"), "{}", driver.refusal());
    let own = |name: &str| Experiment { data: DataSource::Own { name: name.into() }, ..small(&[]) };
    let cases: [(&[u8], &str); 5] = [
        (b"", "empty"),
        (b"a", "1 of at least 32"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0\x01\0\0\0", "binary"),
        (b"na\xefve, na\xefve, na\xefve, na\xefve, na\xefve, na\xefve", "UTF-8"),
        (b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "at least two"),
    ];
    for (bytes, expected) in cases {
        driver.open(own("bad.txt"), bytes);
        assert!(driver.refusal().contains(expected), "{}", driver.refusal());
    }
    driver.send(Command::Open { experiment: own("never-sent.txt") });
    assert!(driver.refusal().contains("never-sent.txt"));

    assert_eq!(driver.weights(), weights);
    driver.steps(1);
    assert_eq!(driver.losses(1).len(), 7);
}

#[test]
fn short_and_chinese_texts_train() {
    let poem = "床前明月光，疑是地上霜。举头望明月，低头思故乡。\n".repeat(3);
    let many: String = (0..6000_u32).filter_map(|i| char::from_u32(0x4e00 + i)).collect();
    for text in ["hello world, hello world, hello".repeat(2), poem, many] {
        let mut driver = Driver::unwatched();
        driver.open(small(&[("batch_size", "32"), ("sequence_length", "64")]), text.clone());
        driver.steps(2);
        let facts = driver.facts();
        assert!(facts.symbol_count >= 2);
        assert_eq!(facts.training_items.unwrap_or(0) + facts.held_out_items, text.chars().count() as u64);
        assert_eq!(facts.notes.iter().any(|note| note.contains("short")), text.chars().count() < 2000);
        assert!(driver.losses(1).iter().all(|(_, loss, _)| loss.is_finite()));
    }
}

#[test]
fn nothing_happens_before_the_builds_agree() {
    let mut driver = Driver::unwatched();
    driver.send(Command::Hello { build: "another".into() });
    assert!(driver.refusal().contains("another") && driver.refusal().contains("Reload"));
    driver.open(small(&[]), text());
    assert!(driver.refusal().contains("agreed"));
    assert!(driver.session.lab().is_none());
}
