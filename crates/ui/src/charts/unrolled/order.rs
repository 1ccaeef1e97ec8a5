//! The order in which a row's units are drawn: by their number, or by what they have to do with something.
//!
//! A unit's score is Pearson's correlation of its values with a signal over the steps of the sequence, or its
//! mean. 3 rows of 256 units and 128 steps are some 500,000 operations.

use rnn_protocol::Snapshot;

/// What units are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Criterion {
    /// Their number.
    #[default]
    Number,
    /// Their mean.
    Mean,
    /// The time step.
    Position,
    /// Steps since the last white space.
    PositionInWord,
    /// Steps since the last line break.
    PositionInLine,
    /// Whether a letter is read.
    Letters,
    /// Whether a capital letter is read.
    Capitals,
    /// Whether a digit is read.
    Digits,
    /// Whether white space is read.
    Spaces,
    /// Whether punctuation is read, quotation marks not counted.
    Punctuation,
    /// Whether a quotation mark is read.
    Quotes,
    /// Whether the last double quotation mark opened a quotation.
    InsideQuotes,
}

/// An order of the units of each row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Order {
    /// What they are sorted by.
    pub criterion: Criterion,
    /// Row by row, the units in their order; empty for that of their numbers.
    units: Vec<Vec<usize>>,
    /// Row by row, where each unit stands.
    positions: Vec<Vec<usize>>,
    /// Row by row, each unit's score.
    scores: Vec<Vec<f32>>,
}

impl Criterion {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 12] = [
        Self::Number,
        Self::Mean,
        Self::Position,
        Self::PositionInWord,
        Self::PositionInLine,
        Self::Letters,
        Self::Capitals,
        Self::Digits,
        Self::Spaces,
        Self::Punctuation,
        Self::Quotes,
        Self::InsideQuotes,
    ];

    /// Its name in the document.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Mean => "mean",
            Self::Position => "position",
            Self::PositionInWord => "position-in-word",
            Self::PositionInLine => "position-in-line",
            Self::Letters => "letters",
            Self::Capitals => "capitals",
            Self::Digits => "digits",
            Self::Spaces => "spaces",
            Self::Punctuation => "punctuation",
            Self::Quotes => "quotes",
            Self::InsideQuotes => "inside-quotes",
        }
    }

    /// Its name on screen.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Mean => "mean",
            Self::Position => "position in the window",
            Self::PositionInWord => "position in the word",
            Self::PositionInLine => "position in the line",
            Self::Letters => "letters",
            Self::Capitals => "capital letters",
            Self::Digits => "digits",
            Self::Spaces => "white space",
            Self::Punctuation => "punctuation",
            Self::Quotes => "quotation marks",
            Self::InsideQuotes => "being inside quotes",
        }
    }

    /// The one of this key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|criterion| criterion.key() == key)
    }

    /// Those that tell the units of a window apart that reads these symbols: what happens at every step or at
    /// none correlates with nothing.
    #[must_use]
    pub fn offered(symbols: &[String]) -> Vec<Self> {
        let varies = |criterion: &Self| match criterion {
            Self::Number | Self::Mean => true,
            other => other.signal(symbols).windows(2).any(|pair| (pair[0] - pair[1]).abs() > 0.0),
        };
        Self::ALL.into_iter().filter(varies).collect()
    }

    /// What it is at each step; nothing for those that are no signal.
    fn signal(self, symbols: &[String]) -> Vec<f32> {
        let is = |class: fn(char) -> bool| -> Vec<f32> {
            let first = |symbol: &String| symbol.chars().next().is_some_and(class);
            symbols.iter().map(|symbol| f32::from(u8::from(first(symbol)))).collect()
        };
        let since = |class: fn(char) -> bool| -> Vec<f32> {
            let mut steps = 0.0;
            let count = |symbol: &String| {
                steps = if symbol.chars().next().is_some_and(class) { 0.0 } else { steps + 1.0 };
                steps
            };
            symbols.iter().map(count).collect()
        };
        match self {
            Self::Number | Self::Mean => Vec::new(),
            Self::Position => (0..symbols.len()).map(|step| step as f32).collect(),
            Self::PositionInWord => since(char::is_whitespace),
            // Without a line break in the window it would be the position in the window.
            Self::PositionInLine if !symbols.iter().any(|symbol| symbol.contains('\n')) => Vec::new(),
            Self::PositionInLine => since(|character| character == '\n'),
            Self::Letters => is(char::is_alphabetic),
            Self::Capitals => is(char::is_uppercase),
            Self::Digits => is(char::is_numeric),
            Self::Spaces => is(char::is_whitespace),
            Self::Punctuation => is(|character| {
                !is_quote(character) && !character.is_alphanumeric() && !character.is_whitespace()
            }),
            Self::Quotes => is(is_quote),
            Self::InsideQuotes => inside_quotes(symbols),
        }
    }
}

impl Order {
    /// By a criterion, on the steps of a snapshot's sequence: the highest score on top.
    #[must_use]
    pub fn by(criterion: Criterion, snapshot: &Snapshot) -> Self {
        let header = &snapshot.header;
        let (units, length) = (header.units as usize, header.length());
        let signal = criterion.signal(&header.symbols[..length]);
        if criterion == Criterion::Number || units == 0 {
            return Self { criterion, ..Self::default() };
        }
        let score = |row: usize| {
            let values = &snapshot.unit_values(row)[..length * units];
            if criterion == Criterion::Mean {
                means(values, units)
            } else {
                correlations(values, units, &signal)
            }
        };
        let scores: Vec<Vec<f32>> = (0..header.rows()).map(score).collect();
        let sorted = |scores: &Vec<f32>| {
            let mut units: Vec<usize> = (0..units).collect();
            units.sort_by(|&one, &other| scores[other].total_cmp(&scores[one]));
            units
        };
        Self { criterion, scores: scores.clone(), ..Self::of_units(scores.iter().map(sorted).collect()) }
    }

    /// Of the units of each row in their order.
    #[must_use]
    pub fn of_units(units: Vec<Vec<usize>>) -> Self {
        let inverse = |units: &Vec<usize>| {
            let mut positions = vec![0; units.len()];
            for (position, &unit) in units.iter().enumerate() {
                positions[unit] = position;
            }
            positions
        };
        Self { positions: units.iter().map(inverse).collect(), units, ..Self::default() }
    }

    /// The unit at a position.
    #[must_use]
    pub fn unit_at(&self, row: usize, position: usize) -> usize {
        self.units.get(row).and_then(|units| units.get(position)).copied().unwrap_or(position)
    }

    /// Where a unit stands.
    #[must_use]
    pub fn position_of(&self, row: usize, unit: usize) -> usize {
        self.positions.get(row).and_then(|positions| positions.get(unit)).copied().unwrap_or(unit)
    }

    /// What a unit was sorted by.
    #[must_use]
    pub fn score(&self, row: usize, unit: usize) -> Option<f32> {
        self.scores.get(row)?.get(unit).copied()
    }
}

fn is_quote(character: char) -> bool {
    matches!(character, '"' | '“' | '”' | '„' | '«' | '»')
}

/// Whether each step lies behind a mark that opened a quotation. The straight mark opens and closes in turn;
/// the first one in a window opens.
fn inside_quotes(symbols: &[String]) -> Vec<f32> {
    let mut is_inside = false;
    let follow = |symbol: &String| {
        match symbol.chars().next() {
            Some('"') => is_inside = !is_inside,
            Some('“' | '„' | '«') => is_inside = true,
            Some('”' | '»') => is_inside = false,
            _ => {}
        }
        f32::from(u8::from(is_inside))
    };
    symbols.iter().map(follow).collect()
}

fn means(values: &[f32], units: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f32; units];
    for row in values.chunks_exact(units) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    let steps = (values.len() / units).max(1) as f32;
    sums.into_iter().map(|sum| sum / steps).collect()
}

/// Pearson's correlation of each unit's values `[T, H]` with the signal; 0 where either is constant.
fn correlations(values: &[f32], units: usize, signal: &[f32]) -> Vec<f32> {
    let mean_of_signal = signal.iter().sum::<f32>() / signal.len().max(1) as f32;
    let means = means(values, units);
    let (mut products, mut squares) = (vec![0.0_f32; units], vec![0.0_f32; units]);
    let mut signal_square = 0.0;
    for (row, at) in values.chunks_exact(units).zip(signal) {
        let above = at - mean_of_signal;
        signal_square += above * above;
        for (unit, value) in row.iter().enumerate() {
            let own = value - means[unit];
            products[unit] += own * above;
            squares[unit] += own * own;
        }
    }
    let score = |(product, square): (f32, f32)| {
        let scale = (square * signal_square).sqrt();
        if scale > 0.0 && scale.is_finite() { product / scale } else { 0.0 }
    };
    products.into_iter().zip(squares).map(score).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::SnapshotHeader;

    fn symbols(text: &str) -> Vec<String> {
        text.chars().map(String::from).collect()
    }

    /// One row whose units have these courses.
    fn snapshot(text: &str, courses: &[&[f32]]) -> Snapshot {
        let header = SnapshotHeader {
            symbols: symbols(text),
            layers: 1,
            units: courses.len() as u32,
            ..SnapshotHeader::default()
        };
        let steps = header.steps();
        let mut values: Vec<f32> =
            (0..steps).flat_map(|step| courses.iter().map(move |course| course[step])).collect();
        values.resize(header.value_count(), 0.0);
        Snapshot::new(header, values).unwrap()
    }

    #[test]
    fn the_unit_that_follows_the_position_comes_first() {
        let snapshot = snapshot("abcd", &[&[0.4, 0.3, 0.2, 0.1], &[0.5; 4], &[-0.9, -0.8, -0.7, -0.6]]);
        let order = Order::by(Criterion::Position, &snapshot);
        assert_eq!([0, 1, 2].map(|position| order.unit_at(0, position)), [2, 1, 0]);
        assert_eq!(order.position_of(0, 2), 0);
        let scores = [0, 1, 2].map(|unit| order.score(0, unit).unwrap());
        for (score, expected) in scores.into_iter().zip([-1.0, 0.0, 1.0]) {
            assert!((score - expected).abs() < 1e-5, "{scores:?}");
        }
        assert_eq!(Order::by(Criterion::Mean, &snapshot).unit_at(0, 0), 1);
        assert_eq!(Order::by(Criterion::Number, &snapshot).unit_at(0, 2), 2);
    }

    #[test]
    fn a_correlation_is_pearson_s() {
        // NumPy: corrcoef([.1, .9, .2, .7, .3], [0, 1, 0, 0, 1])[0, 1]
        let snapshot = snapshot("a b\nc", &[&[0.1, 0.9, 0.2, 0.7, 0.3]]);
        let signal = [0.0, 1.0, 0.0, 0.0, 1.0];
        let found = correlations(snapshot.unit_values(0), 1, &signal)[0];
        assert!((found - 0.425_195).abs() < 1e-5, "{found}");
    }

    #[test]
    fn signals_are_those_of_the_text() {
        let text = symbols("He:\n\"Ay 7\"");
        let signal = |criterion: Criterion| criterion.signal(&text);
        assert_eq!(signal(Criterion::Letters), [1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!(signal(Criterion::Capitals)[5], 1.0);
        assert_eq!(signal(Criterion::Digits)[8], 1.0);
        assert_eq!(signal(Criterion::Punctuation)[2..5], [1.0, 0.0, 0.0]);
        assert_eq!(signal(Criterion::Quotes)[4..], [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(signal(Criterion::InsideQuotes)[3..], [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
        assert_eq!(signal(Criterion::PositionInWord)[..6], [1.0, 2.0, 3.0, 0.0, 1.0, 2.0]);
        assert_eq!(signal(Criterion::PositionInLine)[6..], [3.0, 4.0, 5.0, 6.0]);
    }

    #[test]
    fn only_what_varies_is_offered() {
        let plain = Criterion::offered(&symbols("abc"));
        assert_eq!(
            plain,
            [Criterion::Number, Criterion::Mean, Criterion::Position, Criterion::PositionInWord]
        );
        let rich = Criterion::offered(&symbols("“A, 1”\nb"));
        assert_eq!(rich, Criterion::ALL);
        for criterion in Criterion::ALL {
            assert_eq!(Criterion::from_key(criterion.key()), Some(criterion));
        }
    }

    #[test]
    fn numbers_that_are_none_stand_somewhere() {
        let broken = snapshot("ab", &[&[f32::NAN, 1.0], &[0.0, 1.0]]);
        for criterion in Criterion::ALL {
            let order = Order::by(criterion, &broken);
            let mut units = [0, 1].map(|position| order.unit_at(0, position));
            units.sort_unstable();
            assert_eq!(units, [0, 1], "{criterion:?}");
        }
    }
}
