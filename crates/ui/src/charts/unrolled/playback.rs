//! Playing a pass through time, step by step: a state machine without clock or screen.

/// Which way a pass goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pass {
    /// The forward pass, from the first step to the last.
    Forward,
    /// Backpropagation through time, from the last step to the first.
    Backward,
}

/// Steps a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Speed {
    /// Slow enough to read every number.
    Slow,
    /// As fast as a sentence is read.
    #[default]
    Even,
    /// To see the whole wave.
    Fast,
}

/// Where a pass stands. The step itself is the cursor's, so that scrubbing and playing are one thing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Playback {
    pass: Option<Pass>,
    is_running: bool,
    /// Time since the last step was shown.
    waited_millis: f64,
}

impl Speed {
    /// All of them, the slowest first.
    pub const ALL: [Self; 3] = [Self::Slow, Self::Even, Self::Fast];

    /// Its name.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::Even => "even",
            Self::Fast => "fast",
        }
    }

    /// As it is written on screen.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Slow => "2 steps a second",
            Self::Even => "8 steps a second",
            Self::Fast => "25 steps a second",
        }
    }

    fn millis(self) -> f64 {
        1000.0
            / match self {
                Self::Slow => 2.0,
                Self::Even => 8.0,
                Self::Fast => 25.0,
            }
    }
}

impl Pass {
    /// The step at which it begins, of so many.
    #[must_use]
    pub fn first(self, last_step: usize) -> usize {
        match self {
            Self::Forward => 0,
            Self::Backward => last_step,
        }
    }

    /// The step that follows, or `None` at its end.
    #[must_use]
    pub fn next(self, step: usize, last_step: usize) -> Option<usize> {
        match self {
            Self::Forward => (step < last_step).then_some(step + 1),
            Self::Backward => step.checked_sub(1),
        }
    }
}

impl Playback {
    /// The pass in hand, if any.
    #[must_use]
    pub fn pass(&self) -> Option<Pass> {
        self.pass
    }

    /// Whether it goes on by itself.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.is_running
    }

    /// Whether a pass in hand has not come to `step` yet, when it stands at `at`.
    #[must_use]
    pub fn is_ahead(&self, step: usize, at: usize) -> bool {
        match self.pass {
            None => false,
            Some(Pass::Forward) => step > at,
            Some(Pass::Backward) => step < at,
        }
    }

    /// Takes a pass in hand. The one that already is goes on from `at`, another begins where passes of its
    /// kind begin, and so does one that is at its end. Returns the step to show.
    pub fn start(&mut self, pass: Pass, at: usize, last_step: usize) -> usize {
        let goes_on = self.pass == Some(pass) && pass.next(at, last_step).is_some();
        *self = Self { pass: Some(pass), is_running: true, waited_millis: 0.0 };
        if goes_on { at } else { pass.first(last_step) }
    }

    /// Stands still; the pass stays in hand.
    pub fn pause(&mut self) {
        self.is_running = false;
    }

    /// Lets go of the pass.
    pub fn stop(&mut self) {
        *self = Self::default();
    }

    /// Lets time pass. Returns the step to show if it is another; stands still at the end.
    pub fn advance(&mut self, millis: f64, speed: Speed, at: usize, last_step: usize) -> Option<usize> {
        let pass = self.pass.filter(|_| self.is_running)?;
        // A page that was hidden for a while does not catch up.
        self.waited_millis += millis.clamp(0.0, 2.0 * speed.millis());
        let mut step = at;
        while self.waited_millis >= speed.millis() {
            self.waited_millis -= speed.millis();
            let Some(next) = pass.next(step, last_step) else { break };
            step = next;
        }
        if pass.next(step, last_step).is_none() {
            self.is_running = false;
        }
        (step != at).then_some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: usize = 5;

    /// Plays to the end in ticks of `millis`. Returns the steps shown, and the time it took.
    fn play(pass: Pass, millis: f64) -> (Vec<usize>, f64) {
        let mut playback = Playback::default();
        let mut shown = vec![playback.start(pass, 3, LAST)];
        let mut time = 0.0;
        while playback.is_running() {
            let at = shown[shown.len() - 1];
            shown.extend(playback.advance(millis, Speed::Even, at, LAST));
            time += millis;
        }
        (shown, time)
    }

    #[test]
    fn each_pass_goes_through_every_step_in_its_order() {
        let (forward, time) = play(Pass::Forward, 16.0);
        assert_eq!(forward, [0, 1, 2, 3, 4, 5]);
        assert!((time - 5.0 * 125.0).abs() <= 16.0, "8 steps a second: {time}");
        let (backward, _) = play(Pass::Backward, 16.0);
        assert_eq!(backward, [5, 4, 3, 2, 1, 0]);
    }

    #[test]
    fn slow_frames_skip_no_time_and_a_hidden_page_does_not_catch_up() {
        let (_, time) = play(Pass::Forward, 100.0);
        assert!((time - 625.0).abs() <= 100.0, "{time}");
        let mut playback = Playback::default();
        playback.start(Pass::Forward, 0, 1000);
        assert_eq!(playback.advance(60_000.0, Speed::Even, 0, 1000), Some(2));
    }

    #[test]
    fn a_pass_goes_on_after_a_pause_and_begins_again_after_its_end() {
        let mut playback = Playback::default();
        playback.start(Pass::Forward, 0, LAST);
        playback.pause();
        assert_eq!(playback.advance(1e4, Speed::Fast, 2, LAST), None);
        assert_eq!(playback.start(Pass::Forward, 2, LAST), 2, "on from where it stood");
        assert_eq!(playback.start(Pass::Backward, 2, LAST), LAST, "the other way from its own beginning");
        assert_eq!(playback.start(Pass::Forward, LAST, LAST), 0);
        playback.stop();
        assert_eq!((playback.pass(), playback.is_running()), (None, false));
    }

    #[test]
    fn only_steps_that_the_pass_has_reached_are_lit() {
        let mut playback = Playback::default();
        assert!(!playback.is_ahead(4, 2), "nothing is hidden while no pass is played");
        playback.start(Pass::Forward, 0, LAST);
        assert!(playback.is_ahead(3, 2) && !playback.is_ahead(2, 2) && !playback.is_ahead(1, 2));
        playback.start(Pass::Backward, 0, LAST);
        assert!(playback.is_ahead(1, 2) && !playback.is_ahead(2, 2) && !playback.is_ahead(3, 2));
    }

    #[test]
    fn a_single_step_is_a_pass_that_is_over_at_once() {
        let mut playback = Playback::default();
        assert_eq!(playback.start(Pass::Backward, 0, 0), 0);
        assert_eq!(playback.advance(1.0, Speed::Slow, 0, 0), None);
        assert!(!playback.is_running());
    }
}
