//! Thins a curve to what its pixels can show.

/// At most the first, lowest, highest and last point of each of `columns` equal parts of the x range,
/// in order of x. A spike that is one point wide stays visible, and no more is drawn than can be
/// seen. Points whose y is no number are left out.
#[must_use]
pub fn to_columns(
    points: impl Iterator<Item = (f64, f64)>,
    range: (f64, f64),
    columns: usize,
) -> Vec<(f64, f64)> {
    let width = (range.1 - range.0) / columns.max(1) as f64;
    let mut kept = Vec::new();
    let mut column: Option<Column> = None;
    for point in points.filter(|point| point.1.is_finite()) {
        let index = ((point.0 - range.0) / width) as i64;
        match &mut column {
            Some(open) if open.index == index => open.add(point),
            _ => {
                if let Some(full) = column.take() {
                    full.write(&mut kept);
                }
                column = Some(Column { index, first: point, low: point, high: point, last: point });
            }
        }
    }
    if let Some(full) = column {
        full.write(&mut kept);
    }
    kept
}

struct Column {
    index: i64,
    first: (f64, f64),
    low: (f64, f64),
    high: (f64, f64),
    last: (f64, f64),
}

impl Column {
    fn add(&mut self, point: (f64, f64)) {
        if point.1 < self.low.1 {
            self.low = point;
        }
        if point.1 > self.high.1 {
            self.high = point;
        }
        self.last = point;
    }

    fn write(self, kept: &mut Vec<(f64, f64)>) {
        let (left, right) =
            if self.low.0 <= self.high.0 { (self.low, self.high) } else { (self.high, self.low) };
        for point in [self.first, left, right, self.last] {
            if kept.last() != Some(&point) {
                kept.push(point);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spike_survives_and_the_number_of_points_is_bound_by_the_columns() {
        let curve = (0..20_000).map(|x| (f64::from(x), if x == 7_777 { 99.0 } else { f64::from(x % 7) }));
        let thin = to_columns(curve, (0.0, 20_000.0), 300);
        assert!(thin.len() <= 4 * 300);
        assert!(thin.contains(&(7_777.0, 99.0)));
        assert!(thin.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        assert_eq!((thin[0].0, thin[thin.len() - 1].0), (0.0, 19_999.0));
    }

    #[test]
    fn a_short_curve_is_left_as_it_is() {
        let curve = [(0.0, 1.0), (1.0, 3.0), (2.0, 2.0)];
        assert_eq!(to_columns(curve.into_iter(), (0.0, 100.0), 400), curve);
        assert_eq!(to_columns(std::iter::empty(), (0.0, 1.0), 10), []);
        assert_eq!(to_columns([(0.0, f64::NAN), (1.0, 1.0)].into_iter(), (0.0, 9.0), 9), [(1.0, 1.0)]);
    }
}
