//! `rnn-bench` measures workloads natively and writes a line of JSON for each; `rnn-bench --help` says what can be
//! asked of it. `cargo xtask bench` calls it. It needs nothing beside itself: copied to another machine, it
//! measures that.

#[cfg(not(target_arch = "wasm32"))]
mod program;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    program::main()
}

/// A page measures by way of the library.
#[cfg(target_arch = "wasm32")]
fn main() {}
