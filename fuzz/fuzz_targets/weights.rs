//! Any bytes are a weight file or are refused; what is read is finite, fits its shapes, and is written and
//! read again bit for bit.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rnn_formats::{NumberType, WeightFile};

/// The longest header within the bytes, with its true length in front: what the fuzzer seldom comes to.
fn with_length(bytes: &[u8]) -> Vec<u8> {
    let end = bytes.iter().rposition(|&byte| byte == b'}').map_or(0, |last| last + 1);
    let mut file = (end as u64).to_le_bytes().to_vec();
    file.extend_from_slice(bytes);
    file
}

fn check(bytes: &[u8]) {
    let Ok(mut file) = WeightFile::from_bytes(bytes) else { return };
    for tensor in &mut file.tensors {
        assert_eq!(tensor.values.len(), tensor.shape.iter().product::<usize>());
        assert!(tensor.values.iter().all(|value| value.is_finite()));
        // Half a value for each byte at most.
        assert!(2 * tensor.values.len() <= bytes.len());
        // It is written as what it was read as.
        tensor.stored_as = NumberType::F32;
    }
    if let Ok(state) = file.checkpoint() {
        let again = WeightFile::from_checkpoint(&state, file.metadata.clone()).expect("a state in words");
        assert!(again.checkpoint().is_ok());
    }
    let written = file.to_bytes().expect("what was read can be written");
    let again = WeightFile::from_bytes(&written).expect("what was written can be read");
    // Empty tensors have no place of their own among the others.
    let sorted = |mut file: WeightFile| {
        file.tensors.sort_by(|a, b| a.name.cmp(&b.name));
        file
    };
    assert_eq!(sorted(again), sorted(file));
}

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    check(&with_length(bytes));
});
