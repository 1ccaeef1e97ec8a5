//! The symbols of the numbers of a walk, and the equations that its lines belong to. `_x` and `_{xy}` stand for
//! subscripts. Indices in brackets count from 0: `W_{hh}[1,0]` is what unit 1 takes from unit 0.

use rnn_protocol::{
    CellForm, FactorForm, NumberPlace, WalkFactor, WalkFunction, WalkLine, WalkLook, WalkNumber,
};

/// What a number is called.
#[must_use]
pub fn symbol(look: &WalkLook, place: NumberPlace) -> String {
    let own = match place.number {
        WalkNumber::FromScores => return format!("∂L/∂{} from s", hidden(place)),
        WalkNumber::FromNext => return format!("∂L/∂{} from t+1", hidden(place)),
        _ => plain(look, place),
    };
    if place.is_gradient { format!("∂L/∂{own}") } else { own }
}

/// A factor's symbol, in the form in which it enters.
#[must_use]
pub fn factor_symbol(look: &WalkLook, factor: &WalkFactor) -> String {
    let own = symbol(look, factor.place);
    match factor.form {
        FactorForm::Plain | FactorForm::Reciprocal => own,
        FactorForm::OneMinus => format!("1 − {own}"),
        FactorForm::OneMinusSquare => format!("1 − {own}²"),
    }
}

fn hidden(place: NumberPlace) -> String {
    format!("h_{{{}}}[{}]", time(place), place.row)
}

fn time(place: NumberPlace) -> String {
    place.step.map_or_else(|| "−1".to_owned(), |step| step.to_string())
}

fn plain(look: &WalkLook, place: NumberPlace) -> String {
    let NumberPlace { row, column, .. } = place;
    let (gate, unit) = gate_of(look, row);
    let time = time(place);
    match place.number {
        WalkNumber::Embedding => format!("E[{row},{column}]"),
        WalkNumber::Input => format!("x_{{{time}}}[{row}]"),
        WalkNumber::InputWeight => format!("W_{{i{}}}[{unit},{column}]", gate.unwrap_or("h")),
        WalkNumber::InputBias => format!("b_{{i{}}}[{unit}]", gate.unwrap_or("h")),
        WalkNumber::RecurrentWeight => format!("W_{{h{}}}[{unit},{column}]", gate.unwrap_or("h")),
        WalkNumber::RecurrentBias => format!("b_{{h{}}}[{unit}]", gate.unwrap_or("h")),
        WalkNumber::RecurrentShare => format!("q_{{{time}}}[{row}]"),
        WalkNumber::PreActivation => match gate {
            Some(gate) => format!("a_{{{gate},{time}}}[{unit}]"),
            None => format!("a_{{{time}}}[{unit}]"),
        },
        WalkNumber::Gate => format!("{}_{{{time}}}[{unit}]", gate.unwrap_or("h")),
        WalkNumber::Hidden | WalkNumber::FromScores | WalkNumber::FromNext => hidden(place),
        WalkNumber::Cell => format!("c_{{{time}}}[{row}]"),
        WalkNumber::SquashedCell => format!("tanh(c_{{{time}}}[{row}])"),
        WalkNumber::OutputWeight => format!("W_{{out}}[{row},{column}]"),
        WalkNumber::OutputBias => format!("b_{{out}}[{row}]"),
        WalkNumber::Score => format!("s_{{{time}}}[{row}]"),
        WalkNumber::Power => format!("e_{{{time}}}[{row}]"),
        WalkNumber::PowerSum => format!("Σe_{{{time}}}"),
        WalkNumber::Probability => format!("p_{{{time}}}[{row}]"),
        WalkNumber::StepLoss => format!("ℓ_{{{time}}}"),
        WalkNumber::Loss => "L".to_owned(),
        WalkNumber::Steps => "T".to_owned(),
    }
}

/// The letter of a row's gate, where the cell has several, and its unit.
#[must_use]
pub fn gate_of(look: &WalkLook, row: u32) -> (Option<&'static str>, u32) {
    let units = look.units.max(1);
    let letters: &[&str] = match look.form {
        CellForm::ElmanTanh | CellForm::ElmanRelu => &[],
        CellForm::Lstm => &["i", "f", "g", "o"],
        CellForm::Gru => &["r", "z", "n"],
    };
    (letters.get((row / units) as usize).copied(), row % units)
}

/// The equation that a line belongs to, as it stands in books.
#[must_use]
pub fn equation(look: &WalkLook, line: &WalkLine) -> String {
    let place = line.place;
    let (gate, _) = gate_of(look, place.row);
    let (is_lstm, is_gru) = (look.form == CellForm::Lstm, look.form == CellForm::Gru);
    let gate = gate.unwrap_or("h");
    let sum = if is_lstm || is_gru { format!("a_{gate}") } else { "a_t".to_owned() };
    if place.is_gradient {
        return gradient_equation(look, place, gate, &sum);
    }
    match place.number {
        WalkNumber::Input => "x_t = the row of E at the token’s index".to_owned(),
        WalkNumber::RecurrentShare => "q = W_{hn} h_{t−1} + b_{hn}".to_owned(),
        WalkNumber::PreActivation if is_gru && gate == "n" => "a_n = W_{in} x_t + b_{in} + r · q".to_owned(),
        WalkNumber::PreActivation => {
            format!("{sum} = W_{{i{gate}}} x_t + b_{{i{gate}}} + W_{{h{gate}}} h_{{t−1}} + b_{{h{gate}}}")
        }
        WalkNumber::Gate => {
            let bent = if line.function == WalkFunction::Tanh { "tanh" } else { "σ" };
            format!("{gate} = {bent}({sum})")
        }
        WalkNumber::Cell => "c_t = f · c_{t−1} + i · g".to_owned(),
        WalkNumber::SquashedCell => "tanh(c_t)".to_owned(),
        WalkNumber::Hidden if is_lstm => "h_t = o · tanh(c_t)".to_owned(),
        WalkNumber::Hidden if is_gru => "h_t = (1 − z) · n + z · h_{t−1}".to_owned(),
        WalkNumber::Hidden => "h_t = tanh(a_t)".to_owned(),
        WalkNumber::Score => "s_t = W_{out} h_t + b_{out}".to_owned(),
        WalkNumber::Power => "e_t = exp(s_t)".to_owned(),
        WalkNumber::PowerSum => "Σe_t = the sum over the vocabulary".to_owned(),
        WalkNumber::Probability => "p_t = e_t / Σe_t".to_owned(),
        WalkNumber::StepLoss => "ℓ_t = −ln p_t[true next token]".to_owned(),
        WalkNumber::Loss => "L = (ℓ_0 + … + ℓ_{T−1}) / T".to_owned(),
        _ => String::new(),
    }
}

fn gradient_equation(look: &WalkLook, place: NumberPlace, gate: &str, sum: &str) -> String {
    match (place.number, look.form) {
        (WalkNumber::Score, _) => "∂L/∂s_t = (p_t − 1 at the true next token) / T".to_owned(),
        (WalkNumber::OutputWeight, _) => "∂L/∂W_{out} = Σ_t ∂L/∂s_t · h_t".to_owned(),
        (WalkNumber::OutputBias, _) => "∂L/∂b_{out} = Σ_t ∂L/∂s_t".to_owned(),
        (WalkNumber::FromScores, _) => "from the scores: W_{out}ᵀ ∂L/∂s_t".to_owned(),
        (WalkNumber::FromNext, CellForm::Gru) => {
            "from the next step: z_{t+1} · ∂L/∂h_{t+1} + W_hᵀ ∂L/∂(W_h h_t)".to_owned()
        }
        (WalkNumber::FromNext, CellForm::Lstm) => {
            "from the next step: W_hᵀ ∂L/∂a_{t+1}, all gates".to_owned()
        }
        (WalkNumber::FromNext, _) => "from the next step: W_{hh}ᵀ ∂L/∂a_{t+1}".to_owned(),
        (WalkNumber::Hidden, _) => "∂L/∂h_t = from the scores + from the next step".to_owned(),
        (WalkNumber::Cell, _) => {
            "∂L/∂c_t = ∂L/∂h_t · o · (1 − tanh(c_t)²) + ∂L/∂c_{t+1} · f_{t+1}".to_owned()
        }
        (WalkNumber::PreActivation, CellForm::Lstm) => match gate {
            "i" => "∂L/∂a_i = ∂L/∂c_t · g · i · (1 − i)",
            "f" => "∂L/∂a_f = ∂L/∂c_t · c_{t−1} · f · (1 − f)",
            "g" => "∂L/∂a_g = ∂L/∂c_t · i · (1 − g²)",
            _ => "∂L/∂a_o = ∂L/∂h_t · tanh(c_t) · o · (1 − o)",
        }
        .to_owned(),
        (WalkNumber::PreActivation, CellForm::Gru) => match gate {
            "r" => "∂L/∂a_r = ∂L/∂a_n · q · r · (1 − r)",
            "z" => "∂L/∂a_z = ∂L/∂h_t · (h_{t−1} − n) · z · (1 − z)",
            _ => "∂L/∂a_n = ∂L/∂h_t · (1 − z) · (1 − n²)",
        }
        .to_owned(),
        (WalkNumber::PreActivation, _) => "∂L/∂a_t = ∂L/∂h_t · (1 − h_t²)".to_owned(),
        (WalkNumber::RecurrentShare, _) => "∂L/∂q = ∂L/∂a_n · r".to_owned(),
        (WalkNumber::InputWeight, _) => format!("∂L/∂W_{{i{gate}}} = Σ_t ∂L/∂{sum} · x_t"),
        (WalkNumber::InputBias, _) => format!("∂L/∂b_{{i{gate}}} = Σ_t ∂L/∂{sum}"),
        (WalkNumber::RecurrentWeight, CellForm::Gru) if gate == "n" => {
            "∂L/∂W_{hn} = Σ_t ∂L/∂q · h_{t−1}".to_owned()
        }
        (WalkNumber::RecurrentBias, CellForm::Gru) if gate == "n" => "∂L/∂b_{hn} = Σ_t ∂L/∂q".to_owned(),
        (WalkNumber::RecurrentWeight, _) => format!("∂L/∂W_{{h{gate}}} = Σ_t ∂L/∂{sum} · h_{{t−1}}"),
        (WalkNumber::RecurrentBias, _) => format!("∂L/∂b_{{h{gate}}} = Σ_t ∂L/∂{sum}"),
        (WalkNumber::Input, CellForm::ElmanTanh | CellForm::ElmanRelu) => {
            "∂L/∂x_t = W_{ih}ᵀ ∂L/∂a_t".to_owned()
        }
        (WalkNumber::Input, _) => "∂L/∂x_t = W_iᵀ ∂L/∂a, all gates".to_owned(),
        (WalkNumber::Embedding, _) => "∂L/∂E[row] = Σ ∂L/∂x_t where the row was read".to_owned(),
        _ => String::new(),
    }
}
