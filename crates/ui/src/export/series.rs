//! Series over training steps as one table.

use super::{Table, number};
use std::collections::BTreeMap;

/// Numbers over steps, under a name.
pub struct Series {
    /// Its column.
    pub name: String,
    /// Step and number, in any order.
    pub points: Vec<(u32, f32)>,
}

impl Series {
    /// These numbers under this name.
    pub fn new(name: impl Into<String>, points: impl IntoIterator<Item = (u32, f32)>) -> Self {
        Self { name: name.into(), points: points.into_iter().collect() }
    }
}

/// A row for each step at which any series has a number, and a column for each series. What holds at every step
/// (`constants`) stands in every row.
#[must_use]
pub fn table_of_steps(series: &[Series], constants: &[(String, f32)]) -> Table {
    let names = series.iter().map(|series| series.name.clone());
    let names = names.chain(constants.iter().map(|(name, _)| name.clone()));
    let mut table = Table::new(["step".to_owned()].into_iter().chain(names));
    let mut rows: BTreeMap<u32, Vec<Option<f32>>> = BTreeMap::new();
    for (column, series) in series.iter().enumerate() {
        for &(step, value) in &series.points {
            rows.entry(step).or_default().resize(column + 1, None);
            if let Some(cell) = rows.get_mut(&step).and_then(|row| row.last_mut()) {
                *cell = Some(value);
            }
        }
    }
    for (step, mut row) in rows {
        row.resize(series.len(), None);
        let values = row.into_iter().chain(constants.iter().map(|(_, value)| Some(*value)));
        let cells = values.map(|value| value.map_or_else(String::new, number));
        table.push([step.to_string()].into_iter().chain(cells));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_meet_in_the_row_of_their_step() {
        let loss = Series::new("loss", [(1, 4.0), (3, 2.5)]);
        let held_out = Series::new("held_out", [(3, 3.0), (2, 3.5), (2, 3.25)]);
        let table = table_of_steps(&[loss, held_out], &[("chance".to_owned(), 0.125)]);
        assert_eq!(
            table.to_csv(),
            "step,loss,held_out,chance\r\n1,4,,0.125\r\n2,,3.25,0.125\r\n3,2.5,3,0.125\r\n"
        );
        assert!(table_of_steps(&[], &[]).is_empty());
    }
}
