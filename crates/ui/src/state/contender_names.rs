//! What the networks of a race are called: by what tells them apart.

use rnn_protocol::{Experiment, RACED, Setting, SettingKind};

/// A name for each network, no two alike.
#[must_use]
pub fn contender_names(experiments: &[Experiment]) -> Vec<String> {
    let settings = RACED.iter().filter_map(|key| Setting::find(key).ok());
    let differing: Vec<&Setting> = settings.filter(|setting| differs(experiments, setting)).collect();
    let mut names: Vec<String> = Vec::new();
    for experiment in experiments {
        let words: Vec<String> = differing.iter().map(|setting| words(setting, experiment)).collect();
        let name = if words.is_empty() { words_of_cell(experiment) } else { words.join(", ") };
        // Equal networks are told apart by their place.
        let is_alone = experiments.iter().filter(|other| is_equal(other, experiment)).count() == 1;
        let name = if is_alone { name } else { format!("{name} ({})", names.len() + 1) };
        names.push(name);
    }
    names
}

fn differs(experiments: &[Experiment], setting: &Setting) -> bool {
    experiments.windows(2).any(|pair| setting.get(&pair[0]) != setting.get(&pair[1]))
}

fn is_equal(one: &Experiment, other: &Experiment) -> bool {
    let mut settings = RACED.iter().filter_map(|key| Setting::find(key).ok());
    settings.all(|setting| setting.get(one) == setting.get(other))
}

fn words_of_cell(experiment: &Experiment) -> String {
    Setting::find("cell").map_or_else(|_| String::new(), |setting| words(setting, experiment))
}

/// The value of a setting as one says it of a network.
fn words(setting: &Setting, experiment: &Experiment) -> String {
    let value = setting.get(experiment);
    match (setting.key, setting.kind) {
        ("hidden_size", _) => format!("{value} units"),
        ("layers", _) if value == "1" => "1 layer".to_owned(),
        ("layers", _) => format!("{value} layers"),
        ("clip_norm", _) if value == "0" => "not clipped".to_owned(),
        ("clip_norm", _) => format!("clipped at {value}"),
        (_, SettingKind::Choice(choices)) => {
            choices.iter().find(|choice| choice.key == value).map_or(value, |choice| choice.label.to_owned())
        }
        _ => format!("{} {value}", setting.label.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::Rival;

    fn names(rivals: &str) -> Vec<String> {
        let experiment = Experiment { rivals: Rival::parse_all(rivals).unwrap(), ..Experiment::default() };
        contender_names(&experiment.contenders().collect::<Vec<_>>())
    }

    #[test]
    fn networks_are_called_by_what_tells_them_apart() {
        assert_eq!(names(""), ["LSTM"]);
        assert_eq!(names("cell:gru;cell:elman"), ["LSTM", "GRU", "Elman"]);
        assert_eq!(names("cell:gru,hidden_size:64"), ["LSTM, 128 units", "GRU, 64 units"]);
        assert_eq!(names("clip_norm:0"), ["clipped at 1", "not clipped"]);
        assert_eq!(names("initialisation:orthogonal"), ["PyTorch default", "Orthogonal"]);
        assert_eq!(names("learning_rate:0.01"), ["learning rate 0.002", "learning rate 0.01"]);
    }

    #[test]
    fn equal_networks_are_told_apart_by_their_place() {
        assert_eq!(names("same;same"), ["LSTM (1)", "LSTM (2)", "LSTM (3)"]);
        assert_eq!(names("cell:gru;cell:gru"), ["LSTM", "GRU (2)", "GRU (3)"]);
    }
}
