//! A GPU for the tests of this crate.

use rnn_gpu::{Choice, Gpu};

/// A GPU, Mesa's lavapipe if there is no other. Without one the test is skipped, loudly; where `CI` is set it
/// fails, because nobody reads what a passing test says.
#[expect(clippy::print_stdout, reason = "what is skipped says so")]
pub(crate) fn gpu() -> Option<Gpu> {
    match Gpu::open_blocking(Choice::Fastest) {
        Ok(gpu) => Some(gpu),
        Err(error) => {
            let advice = "install mesa-vulkan-drivers, which brings a software GPU";
            assert!(std::env::var_os("CI").is_none(), "{error}; {advice}");
            println!("SKIPPED: {error}; {advice}");
            None
        }
    }
}
