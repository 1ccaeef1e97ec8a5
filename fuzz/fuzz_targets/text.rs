//! Any bytes are a text to learn from or are refused; every symbol is one of the vocabulary.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rnn_labs::text::TextData;

fuzz_target!(|bytes: &[u8]| {
    let Ok(data) = TextData::read(bytes.to_vec()) else { return };
    let count = data.vocabulary().len();
    assert!(count >= 2);
    assert!(!data.training().is_empty() && !data.validation().is_empty());
    assert!(data.training().iter().chain(data.validation()).all(|&id| usize::from(id) < count));
});
