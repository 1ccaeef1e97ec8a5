//! What is kept of the run on stage, and what was kept before.

use crate::format::grouped;

/// Whether the browser keeps the run.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Storing {
    /// Nothing was to be kept yet.
    #[default]
    Nothing,
    /// The run is kept as it stood after this step.
    At {
        /// Steps it had taken.
        step: u32,
    },
    /// It cannot be kept. Training goes on.
    Failing {
        /// Why, and what to do.
        message: String,
    },
}

/// Work of a tab that is no more.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierWork {
    /// Under which it is kept.
    pub tab: String,
    /// The run in words.
    pub words: String,
    /// Steps it had taken.
    pub step: u32,
    /// When, in milliseconds since 1970.
    pub saved_at: f64,
}

/// What is kept of the run on stage, and what was kept before.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Keeping {
    /// Steps that the run can go to, in order.
    pub checkpoints: Vec<u32>,
    /// Whether the browser keeps the run.
    pub storing: Storing,
    /// What the visitor may restore.
    pub offer: Option<EarlierWork>,
    /// The text that a saved run waits for, by name.
    pub wanted_text: Option<String>,
}

impl Keeping {
    /// The checkpoint nearest to a step.
    #[must_use]
    pub fn nearest(&self, step: f64) -> Option<u32> {
        let distance = |at: u32| (f64::from(at) - step).abs();
        self.checkpoints.iter().copied().min_by(|a, b| distance(*a).total_cmp(&distance(*b)))
    }

    /// The last checkpoint before a step.
    #[must_use]
    pub fn before(&self, step: u32) -> Option<u32> {
        self.checkpoints.iter().copied().rfind(|&at| at < step)
    }

    /// The first checkpoint after a step.
    #[must_use]
    pub fn after(&self, step: u32) -> Option<u32> {
        self.checkpoints.iter().copied().find(|&at| at > step)
    }

    /// One sentence on what is kept.
    #[must_use]
    pub fn sentence(&self) -> String {
        if let Some(name) = &self.wanted_text {
            return format!(
                "The saved run learnt from “{name}”. Choose that text under Data, and the run opens."
            );
        }
        match &self.storing {
            Storing::Nothing => {
                "Once the network trains, this browser keeps the run for this tab.".to_owned()
            }
            Storing::At { step } => {
                format!(
                    "This browser keeps the run at step {}; a reload brings it back.",
                    grouped((*step).into())
                )
            }
            Storing::Failing { message } => message.clone(),
        }
    }
}

impl EarlierWork {
    /// One sentence on what was kept, `now` being the time.
    #[must_use]
    pub fn sentence(&self, now: f64) -> String {
        let (words, step) = (&self.words, grouped(self.step.into()));
        format!("Earlier work is kept: {words}, step {step}, {}.", ago(now - self.saved_at))
    }
}

/// How long ago, in the unit that matters.
fn ago(millis: f64) -> String {
    let minutes = (millis / 60_000.0).max(0.0);
    let counted = |count: f64, unit: &str| match count.floor() {
        1.0 => format!("1 {unit} ago"),
        count => format!("{count} {unit}s ago"),
    };
    match minutes {
        minutes if minutes < 1.0 => "a moment ago".to_owned(),
        minutes if minutes < 60.0 => counted(minutes, "minute"),
        minutes if minutes < 48.0 * 60.0 => counted(minutes / 60.0, "hour"),
        minutes => counted(minutes / 1440.0, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_are_found_around_a_step() {
        let keeping = Keeping { checkpoints: vec![0, 10, 20, 27], ..Keeping::default() };
        assert_eq!((keeping.before(20), keeping.after(20), keeping.after(27)), (Some(10), Some(27), None));
        assert_eq!((keeping.nearest(14.9), keeping.nearest(1e9)), (Some(10), Some(27)));
        assert_eq!(Keeping::default().nearest(3.0), None);
    }

    #[test]
    fn time_is_said_in_the_unit_that_matters() {
        let said = [5e3, 61e3, 3.2e6, 3.7e6, 9e7, 9e8].map(ago);
        assert_eq!(
            said,
            ["a moment ago", "1 minute ago", "53 minutes ago", "1 hour ago", "25 hours ago", "10 days ago"]
        );
    }
}
