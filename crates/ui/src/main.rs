//! Starts the page.

fn main() {
    rnn_ui::start();
}
