//! A GPU for the tests of this crate.

use rnn_gpu::{Choice, Gpu};

/// A GPU, Mesa's lavapipe if there is no other. Without one the test fails on Linux, where one is easily had, and
/// where `CI` is set, because nobody reads what a passing test says; elsewhere it is skipped, loudly.
#[expect(clippy::print_stdout, reason = "what is skipped says so")]
pub(crate) fn gpu() -> Option<Gpu> {
    match Gpu::open_blocking(Choice::Fastest) {
        Ok(gpu) => Some(gpu),
        Err(error) => {
            let advice = "`cargo xtask test` installs a software GPU (the package mesa-vulkan-drivers)";
            let is_asked_for = cfg!(target_os = "linux") || std::env::var_os("CI").is_some();
            assert!(!is_asked_for, "{error}; {advice}");
            println!("SKIPPED: {error}; {advice}");
            None
        }
    }
}
