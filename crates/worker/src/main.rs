//! Runs sessions off the page's thread.

fn main() {}
