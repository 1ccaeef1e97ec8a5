//! Any bytes are a link in part; what they are read as is within its bounds, and is written and read again the
//! same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rnn_protocol::{Link, MAX_LINK_BYTES};

fuzz_target!(|bytes: &[u8]| {
    let (link, faults) = Link::parse(&String::from_utf8_lossy(bytes));
    assert_eq!(link.experiment.check(), Ok(()));
    for fault in faults {
        assert!(fault.to_string().len() < 1024);
    }
    let fragment = link.to_fragment();
    assert!(fragment.len() < MAX_LINK_BYTES);
    assert_eq!(Link::parse(&fragment), (link, Vec::new()));
});
