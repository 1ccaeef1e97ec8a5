//! `cargo run --release -- SECONDS`: the lines, natively.

use rnn_bench::clock::millis_clock;

fn main() {
    let seconds = std::env::args().nth(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(8.0);
    let location = format!("native {}-{}", std::env::consts::ARCH, std::env::consts::OS);
    for line in rnn_peer_gemm::lines(&location, seconds, &millis_clock()) {
        println!("{line}");
    }
}
