//! Where a unit is highest, and which units are most active.

use rnn_protocol::Snapshot;

/// The steps of the sequence at which a unit's value is highest, the highest first.
#[must_use]
pub fn highest_steps(snapshot: &Snapshot, row: usize, unit: usize, count: usize) -> Vec<(usize, f32)> {
    let units = snapshot.header.units as usize;
    let course = snapshot.unit_values(row).chunks_exact(units.max(1)).take(snapshot.header.length());
    let mut steps: Vec<(usize, f32)> =
        course.map(|values| values.get(unit).copied().unwrap_or(f32::NAN)).enumerate().collect();
    steps.retain(|(_, value)| value.is_finite());
    // A stable sort: of equal ones the earliest comes first.
    steps.sort_by(|one, other| other.1.total_cmp(&one.1));
    steps.truncate(count);
    steps
}

/// The units of a row that are furthest from 0 at a step, the furthest first.
#[must_use]
pub fn most_active_units(snapshot: &Snapshot, row: usize, step: usize, count: usize) -> Vec<(usize, f32)> {
    let size = snapshot.header.units as usize;
    let values = snapshot.unit_values(row).get(step * size..(step + 1) * size).unwrap_or_default();
    let mut units: Vec<(usize, f32)> = values.iter().copied().enumerate().collect();
    units.retain(|(_, value)| value.is_finite());
    units.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
    units.truncate(count);
    units
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::SnapshotHeader;

    fn snapshot() -> Snapshot {
        let header = SnapshotHeader {
            symbols: ["a", "b", "c", "d"].map(String::from).to_vec(),
            length: Some(3),
            layers: 2,
            units: 3,
            ..SnapshotHeader::default()
        };
        let mut values = vec![0.0; 12];
        // Row 1, [T, H]; the last step is padding.
        values.extend([0.1, -0.9, 0.5, 0.7, 0.0, f32::NAN, 0.7, 0.2, 0.4, 9.0, 9.0, 9.0]);
        values.extend([0.0; 16]);
        Snapshot::new(header, values).unwrap()
    }

    #[test]
    fn the_highest_steps_come_first_and_padding_does_not_count() {
        assert_eq!(highest_steps(&snapshot(), 1, 0, 2), [(1, 0.7), (2, 0.7)]);
        assert_eq!(highest_steps(&snapshot(), 1, 0, 9).len(), 3);
        assert_eq!(
            highest_steps(&snapshot(), 1, 2, 9),
            [(0, 0.5), (2, 0.4)],
            "what is no number is left out"
        );
        assert_eq!(highest_steps(&snapshot(), 1, 7, 9), []);
    }

    #[test]
    fn the_most_active_units_may_be_negative() {
        assert_eq!(most_active_units(&snapshot(), 1, 0, 2), [(1, -0.9), (2, 0.5)]);
        assert_eq!(most_active_units(&snapshot(), 1, 40, 2), []);
    }
}
