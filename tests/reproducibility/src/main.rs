//! `reproducibility SEED` trains every case natively and writes the reports as a JSON array.

use rnn_reproducibility::reports;
use std::error::Error;
use std::io::{self, Write};

fn main() -> Result<(), Box<dyn Error>> {
    let seed = std::env::args().nth(1).ok_or("expected a seed, found none")?.parse()?;
    Ok(writeln!(io::stdout(), "{}", reports(seed)?)?)
}
