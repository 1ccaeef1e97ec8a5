//! The same sessions from a terminal.

fn main() {}
