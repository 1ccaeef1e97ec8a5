//! Who is ahead, by how much, and at which cost: one sentence.

use crate::format::{duration, grouped};
use crate::state::Contender;
use rnn_protocol::{Better, Budget, BudgetUnit};

/// A contender at the reading that everybody is compared by.
struct Standing<'a> {
    contender: &'a Contender<'a>,
    value: f32,
}

/// How the networks of a race stand, by their readings of the held-out data: under a budget of steps by the latest
/// that everybody has, under one of time by each one's own latest.
#[must_use]
pub fn verdict(contenders: &[Contender<'_>]) -> String {
    let Some(first) = contenders.first() else { return String::new() };
    let budget = first.facts.experiment.budget;
    let Some((mut standings, place)) = standings(contenders, budget) else {
        return "Press Play: the networks are compared as soon as each has read the held-out data."
            .to_owned();
    };
    let is_final = contenders.iter().all(|one| !one.is_playing && one.history.is_final(budget));
    let words = first.history.words();
    let measure = &words.held_out;
    standings.sort_by(|a, b| match measure.better {
        Better::Lower => a.value.total_cmp(&b.value),
        Better::Higher => b.value.total_cmp(&a.value),
    });
    let [best, next, ..] = standings.as_slice() else { return alone(contenders) };
    let reached = format!("{} {} {}", measure.write(best.value), measure.name, words.measured_on);
    let head = if measure.write(next.value) == measure.write(best.value) {
        let verb = if is_final { "finish level" } else { "are level" };
        format!("{} and {} {verb} {place}: {reached}.", best.contender.name, next.contender.name)
    } else {
        let verb = if is_final { "wins" } else { "is ahead" };
        let way = match measure.better {
            Better::Lower => "less",
            Better::Higher => "more",
        };
        let lead = measure.write((next.value - best.value).abs());
        format!(
            "{} {verb} {place}: {reached}, {lead} {way} than {}.",
            best.contender.name, next.contender.name
        )
    };
    let costs: Vec<String> = standings.iter().map(|standing| cost(standing.contender)).collect();
    format!("{head} {}.{}", costs.join("; "), stopped(contenders))
}

fn standings<'a>(contenders: &'a [Contender<'a>], budget: Budget) -> Option<(Vec<Standing<'a>>, String)> {
    let running: Vec<&Contender<'_>> =
        contenders.iter().filter(|one| one.history.trouble.is_none()).collect();
    let latest = |one: &Contender<'_>| one.history.held_out().last().copied();
    let step = running.iter().map(|one| latest(one).map(|reading| reading.step)).min()??;
    let at = |contender: &'a Contender<'a>| {
        let reading = match budget.unit {
            BudgetUnit::Steps => {
                contender.history.held_out().iter().rev().find(|at| at.step == step).copied()
            }
            BudgetUnit::Seconds => latest(contender),
        };
        reading.map(|reading| Standing { contender, value: reading.value })
    };
    let place = match budget.unit {
        BudgetUnit::Steps => format!("after {} steps", grouped(step.into())),
        BudgetUnit::Seconds => "in the same time".to_owned(),
    };
    Some((running.into_iter().filter_map(at).collect(), place))
}

/// All others have stopped.
fn alone(contenders: &[Contender<'_>]) -> String {
    stopped(contenders).trim_start().to_owned()
}

fn stopped(contenders: &[Contender<'_>]) -> String {
    let stopped = contenders.iter().filter(|one| one.history.trouble.is_some());
    let sentence = |one: &Contender<'_>| {
        format!(" {} stopped at step {}: its numbers were none any longer.", one.name, one.history.step())
    };
    stopped.map(sentence).collect()
}

fn cost(contender: &Contender<'_>) -> String {
    format!(
        "{}: {} parameters, {} steps in {}",
        contender.name,
        grouped(contender.facts.parameter_count),
        grouped(contender.history.step().into()),
        duration(contender.history.cost.training_millis)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Cost, History};
    use rnn_protocol::{DataDelivery, Experiment, LabKind, RunFacts, StepReport};

    fn facts(budget: Budget, parameter_count: u64) -> RunFacts {
        RunFacts {
            run: 1,
            experiment: Experiment { budget, ..Experiment::default() },
            step: 0,
            playing: false,
            put_aside: None,
            data: DataDelivery::default(),
            parameter_count,
            symbol_count: 80,
            training_items: Some(1_000),
            held_out_items: 50,
            batch_size: 32,
            sequence_length: 64,
            notes: Vec::new(),
        }
    }

    fn history(readings: &[(u32, f32)], seconds: f64) -> History {
        let mut history = History::new(1, LabKind::Text);
        for &(step, value) in readings {
            history.push_step(StepReport { step, loss: 1.0, grad_norm: 1.0 }, 1.0);
            history.push_held_out(step, value);
        }
        history.cost = Cost { training_millis: 1000.0 * seconds, step_millis: 1.0 };
        history
    }

    fn say(budget: Budget, histories: &[(&str, &History)]) -> String {
        let facts = facts(budget, 9_000);
        let contenders: Vec<Contender<'_>> = histories
            .iter()
            .map(|(name, history)| Contender {
                name: (*name).to_owned(),
                facts: &facts,
                history,
                snapshot: None,
                is_playing: false,
            })
            .collect();
        verdict(&contenders)
    }

    const STEPS: Budget = Budget { amount: 100, unit: BudgetUnit::Steps };

    #[test]
    fn who_is_ahead_is_told_at_a_step_that_everybody_has_reached() {
        let lstm = history(&[(25, 3.0), (50, 2.5)], 4.0);
        let gru = history(&[(25, 2.75)], 2.5);
        assert_eq!(
            say(STEPS, &[("LSTM", &lstm), ("GRU", &gru)]),
            "GRU is ahead after 25 steps: 2.750 bits per character held out, 0.250 less than LSTM. GRU: 9\u{202f}000 \
             parameters, 25 steps in 2.5 s; LSTM: 9\u{202f}000 parameters, 50 steps in 4.0 s."
        );
        let seconds = Budget { amount: 60, unit: BudgetUnit::Seconds };
        let words = say(seconds, &[("LSTM", &lstm), ("GRU", &gru)]);
        assert!(words.starts_with("LSTM is ahead in the same time: 2.500 bits"), "{words}");
        assert!(
            say(STEPS, &[("LSTM", &lstm), ("GRU", &History::new(2, LabKind::Text))])
                .starts_with("Press Play")
        );
    }

    #[test]
    fn a_race_is_won_when_the_budget_is_used_up() {
        let lstm = history(&[(50, 2.5), (100, 2.25)], 8.0);
        let gru = history(&[(50, 2.5), (100, 2.0)], 5.0);
        let words = say(STEPS, &[("LSTM", &lstm), ("GRU", &gru)]);
        assert!(words.starts_with("GRU wins after 100 steps: 2.000 bits"), "{words}");
        let words = say(STEPS, &[("LSTM (1)", &lstm), ("LSTM (2)", &lstm.clone())]);
        assert!(words.starts_with("LSTM (1) and LSTM (2) finish level after 100 steps: 2.250"), "{words}");
    }

    #[test]
    fn who_has_stopped_is_not_waited_for() {
        let lstm = history(&[(100, 2.25)], 8.0);
        let gru = history(&[(100, 2.5)], 8.0);
        let mut elman = history(&[(10, 4.0)], 0.5);
        elman.trouble = Some("Training stopped.".to_owned());
        let words = say(STEPS, &[("LSTM", &lstm), ("Elman", &elman), ("GRU", &gru)]);
        assert!(words.starts_with("LSTM wins after 100 steps"), "{words}");
        assert!(words.ends_with("Elman stopped at step 10: its numbers were none any longer."), "{words}");
        let words = say(STEPS, &[("LSTM", &lstm), ("Elman", &elman)]);
        assert_eq!(words, "Elman stopped at step 10: its numbers were none any longer.");
    }
}
