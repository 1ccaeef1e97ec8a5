//! Numbers in columns, and how they become a CSV file (RFC 4180).

use std::fmt::Write;

/// Columns with a name each, and rows of as many cells; an empty cell stands for no value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new<C: Into<String>>(columns: impl IntoIterator<Item = C>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// One more row: what is missing at its end stays empty, what is too much is left out.
    pub fn push<C: ToString>(&mut self, cells: impl IntoIterator<Item = C>) {
        let mut row: Vec<String> = cells.into_iter().map(|cell| cell.to_string()).collect();
        row.resize(self.columns.len(), String::new());
        self.rows.push(row);
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The file: a row of names, then the rows, each ended by CR LF.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut text = String::new();
        for row in std::iter::once(&self.columns).chain(&self.rows) {
            for (index, cell) in row.iter().enumerate() {
                let separator = if index == 0 { "" } else { "," };
                // Writing to a string cannot fail.
                let _ = write!(text, "{separator}{}", quoted(cell));
            }
            text.push_str("\r\n");
        }
        text
    }
}

/// A number as a cell: as many digits as it takes to read the same number again, nothing for what is none.
#[must_use]
pub fn number(value: f32) -> String {
    if value.is_finite() { value.to_string() } else { String::new() }
}

/// In quotation marks where a comma, a quotation mark, a line's end or a space at either end would be misread.
fn quoted(cell: &str) -> String {
    let is_plain = !cell.contains([',', '"', '\r', '\n']) && cell.trim() == cell;
    if is_plain { cell.to_owned() } else { format!("\"{}\"", cell.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_would_be_misread_are_quoted() {
        let mut table = Table::new(["step", "symbol"]);
        for symbol in ["a", ",", "\"", "\n", " ", ""] {
            table.push(["1", symbol]);
        }
        let expected = "step,symbol\r\n1,a\r\n1,\",\"\r\n1,\"\"\"\"\r\n1,\"\n\"\r\n1,\" \"\r\n1,\r\n";
        assert_eq!(table.to_csv(), expected);
    }

    #[test]
    fn every_row_has_as_many_cells_as_there_are_columns() {
        let mut table = Table::new(["a", "b"]);
        assert!(table.is_empty());
        table.push(["1"]);
        table.push(["1", "2", "3"]);
        assert_eq!(table.to_csv(), "a,b\r\n1,\r\n1,2\r\n");
    }

    #[test]
    fn a_number_is_read_again_as_the_same() {
        for value in [0.1_f32, 1e-30, -3.402_823_5e38, f32::MIN_POSITIVE] {
            assert_eq!(number(value).parse::<f32>(), Ok(value));
        }
        assert_eq!(number(f32::NAN), "");
    }
}
