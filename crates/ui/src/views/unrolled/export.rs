//! The unrolled network as files: the picture that is in view, and its numbers.

use super::picture::{Picture, Shot};
use super::scene::Scene;
use crate::charts::Theme;
use crate::charts::unrolled::words::row_name;
use crate::export::{ChartExport, Table, number};
use leptos::prelude::*;
use rnn_protocol::Snapshot;
use std::ops::Range;
use std::sync::Arc;

/// How it becomes files. Its many marks stay pixels in the SVG, too.
pub(super) fn export_of(scene: Scene) -> ChartExport {
    let theme: RwSignal<Theme> = expect_context();
    let name = Signal::derive(move || {
        let shown = scene.shown.get();
        shown.map_or_else(
            || "unrolled".to_owned(),
            |shown| format!("unrolled-{}-step-{}", shown.quantity.key(), shown.step),
        )
    });
    let table = move |()| {
        let steps = scene.layout().visible_steps();
        scene.peek(|snapshot| snapshot.map_or_else(Table::default, |snapshot| table_of(snapshot, steps)))
    };
    ChartExport {
        name,
        table: Callback::new(table),
        // Another picture than the page's, whose still part is kept in the screen's pixels.
        paint: Arc::new(move |surface| {
            theme.with_untracked(|theme| {
                scene.with_shot(theme, |shot: &Shot<'_>| Picture::default().paint(surface, shot));
            });
        }),
        size: scene.size.into(),
        svg: None,
    }
}

/// A row for each time step in view and each row of the picture, a column for each unit.
fn table_of(snapshot: &Snapshot, steps: Range<usize>) -> Table {
    let header = &snapshot.header;
    let units = header.units as usize;
    let names = (0..units).map(|unit| format!("unit_{unit}"));
    let mut table = Table::new(["time_step", "input", "row"].map(str::to_owned).into_iter().chain(names));
    for step in steps.filter(|&step| step < header.length()) {
        for row in 0..header.rows() {
            let values = &snapshot.unit_values(row)[step * units..][..units];
            let place = [step.to_string(), header.symbols[step].clone(), row_name(header, row)];
            table.push(place.into_iter().chain(values.iter().copied().map(number)));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::SnapshotHeader;

    #[test]
    fn the_table_has_each_unit_of_what_is_in_view() {
        let header = SnapshotHeader {
            symbols: vec!["a".into(), ",".into(), "c".into()],
            layers: 2,
            units: 2,
            ..SnapshotHeader::default()
        };
        let values = (0..header.value_count()).map(|index| index as f32 / 2.0).collect();
        let snapshot = Snapshot::new(header, values).unwrap();
        let csv = table_of(&snapshot, 1..3).to_csv();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines[0], "time_step,input,row,unit_0,unit_1");
        assert_eq!(lines[1], "1,\",\",Layer 1,1,1.5");
        assert_eq!(lines[4], "2,c,Layer 2,5,5.5");
        assert_eq!(lines.len(), 5);
    }
}
