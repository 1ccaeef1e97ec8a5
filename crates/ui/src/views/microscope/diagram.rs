//! The flow through one unit of a cell, as a picture: what goes in, what each gate keeps, writes and lets out.
//!
//! Places are in units of a picture [`WIDTH`] wide; its links are drawn the thicker the larger their number.

use super::numbers::result;
use rnn_protocol::{CellForm, UnitReading};

/// Width of the picture.
pub const WIDTH: f64 = 360.0;
/// Half the width and the height of a box.
pub const BOX: (f64, f64) = (37.0, 19.0);
/// Radius of an operation.
pub const RADIUS: f64 = 14.0;

/// A picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagram {
    /// Its height.
    pub height: f64,
    /// Numbers that go in or come out.
    pub boxes: Vec<Value>,
    /// What is done with them.
    pub operations: Vec<Operation>,
    /// What flows from one to the next.
    pub links: Vec<Link>,
}

/// A number with its name. `_x` stands for a subscript.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// Where its middle is.
    pub place: (f64, f64),
    /// Its name.
    pub name: &'static str,
    /// The number.
    pub value: f64,
    /// Whether it is a gate, between 0 and 1.
    pub is_gate: bool,
}

/// Something that is done with numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Where its middle is.
    pub place: (f64, f64),
    /// What it is.
    pub sign: &'static str,
}

/// What flows.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The corners of its path.
    pub path: Vec<(f64, f64)>,
    /// The number.
    pub value: f64,
    /// Where the number is written, if it stands in no box.
    pub label: Option<(f64, f64)>,
}

/// The flow through a unit.
#[must_use]
pub fn diagram(form: CellForm, unit: &UnitReading) -> Diagram {
    match form {
        CellForm::Lstm => lstm(unit),
        CellForm::Gru => gru(unit),
        CellForm::ElmanTanh => elman(unit, "tanh"),
        CellForm::ElmanRelu => elman(unit, "relu"),
    }
}

fn gate_of(unit: &UnitReading, index: usize) -> f64 {
    unit.gates.get(index).map_or(0.0, |gate| f64::from(gate.value))
}

fn lstm(unit: &UnitReading) -> Diagram {
    let [input, forget, candidate, output] = [0, 1, 2, 3].map(|index| gate_of(unit, index));
    let before = f64::from(unit.cells_before.unwrap_or_default());
    let (cells, squashed) = (f64::from(unit.cells.unwrap_or_default()), unit.squashed.unwrap_or_default());
    let hidden = f64::from(unit.hidden);
    let mut picture = Diagram { height: 252.0, ..Diagram::default() };
    let [keep, add, write, squash, show] =
        [(120.0, 85.0), (210.0, 85.0), (210.0, 160.0), (308.0, 146.0), (308.0, 184.0)];
    picture.value((42.0, 85.0), "c_{t−1}", before);
    picture.gate((120.0, 24.0), "f", forget);
    picture.gate((120.0, 160.0), "i", input);
    picture.value((210.0, 226.0), "g", candidate);
    picture.value((308.0, 85.0), "c_t", cells);
    picture.gate((308.0, 24.0), "o", output);
    picture.value((308.0, 232.0), "h_t", hidden);
    picture.operations(&[(keep, "×"), (add, "+"), (write, "×"), (squash, "tanh"), (show, "×")]);
    picture.link(&[(79.0, 85.0), (106.0, 85.0)], before, None);
    picture.link(&[(120.0, 43.0), (120.0, 71.0)], forget, None);
    picture.link(&[(134.0, 85.0), (196.0, 85.0)], unit.kept, Some((165.0, 77.0)));
    picture.link(&[(157.0, 160.0), (196.0, 160.0)], input, None);
    picture.link(&[(210.0, 207.0), (210.0, 174.0)], candidate, None);
    picture.link(&[(210.0, 146.0), (210.0, 99.0)], unit.written, Some((238.0, 127.0)));
    picture.link(&[(224.0, 85.0), (271.0, 85.0)], cells, None);
    picture.link(&[(308.0, 104.0), (308.0, 132.0)], cells, None);
    picture.link(&[(308.0, 160.0), (308.0, 170.0)], squashed, Some((272.0, 168.0)));
    picture.link(&[(345.0, 24.0), (354.0, 24.0), (354.0, 184.0), (322.0, 184.0)], output, None);
    picture.link(&[(308.0, 198.0), (308.0, 213.0)], hidden, None);
    picture
}

fn gru(unit: &UnitReading) -> Diagram {
    let [reset, update, candidate] = [0, 1, 2].map(|index| gate_of(unit, index));
    let (before, hidden) = (f64::from(unit.hidden_before), f64::from(unit.hidden));
    let (input_share, state_share) = unit.gates.get(2).map_or((0.0, 0.0), |gate| {
        let input = gate.input_product + f64::from(gate.input_bias);
        (input, gate.recurrent_product + f64::from(gate.recurrent_bias))
    });
    let mut picture = Diagram { height: 252.0, ..Diagram::default() };
    let [keep, add, write, recall, join] =
        [(120.0, 72.0), (232.0, 72.0), (232.0, 140.0), (120.0, 182.0), (176.0, 182.0)];
    picture.value((42.0, 72.0), "h_{t−1}", before);
    picture.gate((120.0, 22.0), "z", update);
    picture.value((318.0, 72.0), "h_t", hidden);
    picture.value((318.0, 140.0), "1 − z", 1.0 - update);
    picture.value((232.0, 229.0), "n", candidate);
    picture.gate((120.0, 130.0), "r", reset);
    picture.value((42.0, 182.0), "W_h h + b", state_share);
    picture.value((120.0, 229.0), "W_x x + b", input_share);
    picture.operations(&[(keep, "×"), (add, "+"), (write, "×"), (recall, "×"), (join, "tanh")]);
    picture.link(&[(79.0, 72.0), (106.0, 72.0)], before, None);
    picture.link(&[(120.0, 41.0), (120.0, 58.0)], update, None);
    picture.link(&[(134.0, 72.0), (218.0, 72.0)], unit.kept, Some((176.0, 64.0)));
    picture.link(&[(246.0, 72.0), (281.0, 72.0)], hidden, None);
    picture.link(&[(281.0, 140.0), (246.0, 140.0)], 1.0 - update, None);
    picture.link(&[(232.0, 210.0), (232.0, 154.0)], candidate, None);
    picture.link(&[(232.0, 126.0), (232.0, 86.0)], unit.written, Some((261.0, 110.0)));
    picture.link(&[(79.0, 182.0), (106.0, 182.0)], state_share, None);
    picture.link(&[(120.0, 149.0), (120.0, 168.0)], reset, None);
    picture.link(&[(134.0, 182.0), (162.0, 182.0)], reset * state_share, Some((150.0, 170.0)));
    picture.link(&[(157.0, 229.0), (176.0, 229.0), (176.0, 196.0)], input_share, None);
    picture.link(&[(190.0, 182.0), (212.0, 182.0), (212.0, 210.0)], candidate, None);
    picture
}

fn elman(unit: &UnitReading, sign: &'static str) -> Diagram {
    let (input_share, state_share, sum) = unit.gates.first().map_or((0.0, 0.0, 0.0), |gate| {
        let input = gate.input_product + f64::from(gate.input_bias);
        let state = gate.recurrent_product + f64::from(gate.recurrent_bias);
        (input, state, gate.pre_activation)
    });
    let hidden = f64::from(unit.hidden);
    let mut picture = Diagram { height: 130.0, ..Diagram::default() };
    let [add, squash] = [(140.0, 65.0), (232.0, 65.0)];
    picture.value((42.0, 30.0), "W_x x + b", input_share);
    picture.value((42.0, 100.0), "W_h h + b", state_share);
    picture.value((318.0, 65.0), "h_t", hidden);
    picture.operations(&[(add, "+"), (squash, sign)]);
    picture.link(&[(79.0, 30.0), (140.0, 30.0), (140.0, 51.0)], input_share, None);
    picture.link(&[(79.0, 100.0), (140.0, 100.0), (140.0, 79.0)], state_share, None);
    picture.link(&[(154.0, 65.0), (218.0, 65.0)], sum, Some((186.0, 57.0)));
    picture.link(&[(246.0, 65.0), (281.0, 65.0)], hidden, None);
    picture
}

impl Diagram {
    fn value(&mut self, place: (f64, f64), name: &'static str, value: f64) {
        self.boxes.push(Value { place, name, value, is_gate: false });
    }

    fn gate(&mut self, place: (f64, f64), name: &'static str, value: f64) {
        self.boxes.push(Value { place, name, value, is_gate: true });
    }

    fn operations(&mut self, operations: &[((f64, f64), &'static str)]) {
        self.operations.extend(operations.iter().map(|&(place, sign)| Operation { place, sign }));
    }

    fn link(&mut self, path: &[(f64, f64)], value: f64, label: Option<(f64, f64)>) {
        self.links.push(Link { path: path.to_vec(), value, label });
    }
}

impl Link {
    /// How thick it is drawn.
    #[must_use]
    pub fn thickness(&self) -> f64 {
        let magnitude = if self.value.is_finite() { self.value.abs().min(1.0) } else { 1.0 };
        1.0 + 5.0 * magnitude
    }

    /// Its path, for SVG.
    #[must_use]
    pub fn points(&self) -> String {
        let corners: Vec<String> = self.path.iter().map(|(x, y)| format!("{x},{y}")).collect();
        corners.join(" ")
    }
}

/// What each gate keeps, writes and lets out, in words.
#[must_use]
pub fn deeds(form: CellForm, unit: &UnitReading) -> Vec<String> {
    let gate = |index: usize| gate_of(unit, index);
    let percent = |value: f64| format!("{:.1}%", 100.0 * value);
    let hidden = f64::from(unit.hidden);
    match form {
        CellForm::Lstm => {
            let before = f64::from(unit.cells_before.unwrap_or_default());
            vec![
                format!(
                    "f keeps {} of what the unit remembered: {} becomes {}.",
                    percent(gate(1)),
                    result(before),
                    result(unit.kept)
                ),
                format!(
                    "i writes {} of the candidate: {} becomes {}.",
                    percent(gate(0)),
                    result(gate(2)),
                    result(unit.written)
                ),
                format!(
                    "o lets out {} of what is remembered by then: tanh(c) = {} becomes h = {}.",
                    percent(gate(3)),
                    result(unit.squashed.unwrap_or_default()),
                    result(hidden)
                ),
            ]
        }
        CellForm::Gru => {
            vec![
                format!("r lets the candidate see {} of the past.", percent(gate(0))),
                format!(
                    "z keeps {} of the old state: {} becomes {}.",
                    percent(gate(1)),
                    result(f64::from(unit.hidden_before)),
                    result(unit.kept)
                ),
                format!(
                    "1 − z writes {} of the candidate: {} becomes {}.",
                    percent(1.0 - gate(1)),
                    result(gate(2)),
                    result(unit.written)
                ),
            ]
        }
        CellForm::ElmanTanh | CellForm::ElmanRelu => {
            vec![format!(
                "There are no gates: the state is written anew at every step, h = {}. What is left of the past \
                 came through W_hh.",
                result(hidden)
            )]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_lies_within_the_picture_and_links_end_at_parts() {
        let forms = [CellForm::Lstm, CellForm::Gru, CellForm::ElmanTanh, CellForm::ElmanRelu];
        for form in forms {
            let picture = diagram(form, &UnitReading::default());
            for value in &picture.boxes {
                let (x, y) = value.place;
                assert!(x >= BOX.0 && x + BOX.0 <= WIDTH, "{form:?} {}", value.name);
                assert!(y >= BOX.1 && y + BOX.1 <= picture.height, "{form:?} {}", value.name);
            }
            for link in &picture.links {
                for &(x, y) in [&link.path[0], link.path.last().unwrap()] {
                    let at_box = picture.boxes.iter().any(|value| {
                        let (left, top) = ((value.place.0 - x).abs(), (value.place.1 - y).abs());
                        left <= BOX.0 + 0.5 && top <= BOX.1 + 0.5
                    });
                    let at_operation = picture.operations.iter().any(|operation| {
                        let (across, down) = (operation.place.0 - x, operation.place.1 - y);
                        across.hypot(down) <= RADIUS + 0.5
                    });
                    assert!(at_box || at_operation, "{form:?}: a link at {x}, {y}");
                }
            }
        }
    }

    #[test]
    fn what_is_kept_written_and_let_out_is_said() {
        let gates = CellForm::Lstm.gates().iter().zip([0.25_f32, 0.5, -0.5, 0.75]);
        let gate = |(&gate, value)| rnn_protocol::GateReading {
            gate,
            row: 0,
            input_product: 0.0,
            input_bias: 0.0,
            recurrent_product: 0.0,
            recurrent_bias: 0.0,
            pre_activation: 0.0,
            value,
            products: Vec::new(),
        };
        let unit = UnitReading {
            gates: gates.map(gate).collect(),
            cells_before: Some(0.5),
            kept: 0.25,
            written: -0.125,
            squashed: Some(0.1244),
            hidden: 0.0933,
            ..UnitReading::default()
        };
        let deeds = deeds(CellForm::Lstm, &unit);
        assert_eq!(deeds[0], "f keeps 50.0% of what the unit remembered: 0.5000 becomes 0.2500.");
        assert_eq!(deeds[1], "i writes 25.0% of the candidate: −0.5000 becomes −0.1250.");
        assert!(deeds[2].starts_with("o lets out 75.0%"));
    }
}
