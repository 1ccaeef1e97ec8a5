//! Any bytes are an experiment or are refused; one within its bounds is written and read again the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rnn_protocol::{Experiment, SETTINGS};

fuzz_target!(|bytes: &[u8]| {
    let Ok(experiment) = serde_json::from_slice::<Experiment>(bytes) else { return };
    let is_in_bounds = experiment.check().is_ok();
    let json = serde_json::to_string(&experiment).expect("an experiment can be written");
    if is_in_bounds {
        assert_eq!(serde_json::from_str::<Experiment>(&json).expect("what was written"), experiment);
        for setting in SETTINGS {
            let mut copy = experiment.clone();
            setting.set(&mut copy, &setting.get(&experiment)).expect("a value of its own");
            assert_eq!(copy, experiment);
        }
    }
});
