//! Parallel streams: how a text becomes batches.

use rnn_compute::models::Window;
use std::ops::Range;

/// A text cut into B contiguous streams of equal length that are read side by side, window by
/// window, so that the state of each stream can be carried from one window to the next.
#[derive(Debug, Clone)]
pub(super) struct Streams {
    /// T, and how many of the streams are read.
    window: Window,
    /// The first stream that is read.
    first: usize,
    /// Characters of each stream.
    len: usize,
    /// Characters of each stream already read.
    position: usize,
}

impl Streams {
    /// The window of at most the size asked for that a text of `chars` characters can fill: first
    /// fewer streams, then fewer steps.
    #[must_use]
    pub(super) fn fitting_window(asked: Window, chars: usize) -> Window {
        // A window of T steps reads T characters and predicts the T that follow them: T + 1 in all.
        let steps = asked.steps.min(chars.saturating_sub(1)).max(1);
        let batch = asked.batch.min(chars / (steps + 1)).max(1);
        Window { steps, batch }
    }

    /// Streams over a text of `chars` characters, at their beginning.
    #[must_use]
    pub(super) fn new(window: Window, chars: usize) -> Self {
        Self { window, first: 0, len: chars / window.batch, position: 0 }
    }

    /// Of the streams of a whole batch, only these; at their beginning.
    #[must_use]
    pub(super) fn some(whole: Window, chars: usize, streams: Range<usize>) -> Self {
        let window = Window { batch: streams.len(), ..whole };
        Self { window, first: streams.start, ..Self::new(whole, chars) }
    }

    /// Characters of each stream already read.
    #[must_use]
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Goes on from where other streams of the same length stand.
    pub(super) fn go_to(&mut self, position: usize) {
        self.position = position.min(self.len);
    }

    /// Whether a full window is left.
    #[must_use]
    pub(super) fn has_full_window(&self) -> bool {
        self.position + self.window.steps < self.len
    }

    /// Steps left of which the next character is known.
    #[must_use]
    pub(super) fn steps_left(&self) -> usize {
        self.len.saturating_sub(self.position + 1)
    }

    /// Whether nothing has been read yet.
    #[must_use]
    pub(super) fn is_at_start(&self) -> bool {
        self.position == 0
    }

    /// Back to the beginning.
    pub(super) fn restart(&mut self) {
        self.position = 0;
    }

    /// Reads the next window, time-major: symbols and those that follow, `[T, B]` each. Returns how
    /// many steps of it there were; what is beyond the end of the streams is set to 0.
    pub(super) fn read(&mut self, ids: &[u16], tokens: &mut [u32], targets: &mut [u32]) -> usize {
        let Window { steps, batch } = self.window;
        let available = self.steps_left().min(steps);
        for step in 0..steps {
            for stream in 0..batch {
                let row = step * batch + stream;
                let source = (self.first + stream) * self.len + self.position + step;
                let is_there = step < available;
                tokens[row] = if is_there { u32::from(ids[source]) } else { 0 };
                targets[row] = if is_there { u32::from(ids[source + 1]) } else { 0 };
            }
        }
        self.position += available;
        available
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_follow_each_other_in_every_stream() {
        let ids: Vec<u16> = (0..23).collect();
        let mut streams = Streams::new(Window { steps: 4, batch: 2 }, ids.len());
        let (mut tokens, mut targets) = ([0; 8], [0; 8]);
        assert!(streams.has_full_window());
        assert_eq!(streams.read(&ids, &mut tokens, &mut targets), 4);
        assert_eq!(tokens, [0, 11, 1, 12, 2, 13, 3, 14]);
        assert_eq!(targets, [1, 12, 2, 13, 3, 14, 4, 15]);
        assert!(streams.has_full_window());
        streams.read(&ids, &mut tokens, &mut targets);
        assert_eq!(tokens[0], 4);
        // Two steps are left of which the next character is known.
        assert!(!streams.has_full_window());
        assert_eq!(streams.read(&ids, &mut tokens, &mut targets), 2);
        assert_eq!(tokens, [8, 19, 9, 20, 0, 0, 0, 0]);
        assert_eq!(targets, [9, 20, 10, 21, 0, 0, 0, 0]);
        assert_eq!(streams.steps_left(), 0);
    }

    #[test]
    fn some_streams_are_columns_of_all() {
        let ids: Vec<u16> = (0..40).collect();
        let whole = Window { steps: 3, batch: 5 };
        let mut all = Streams::new(whole, ids.len());
        let mut some = Streams::some(whole, ids.len(), 1..4);
        let (mut tokens, mut targets) = ([0; 15], [0; 15]);
        let (mut own_tokens, mut own_targets) = ([0; 9], [0; 9]);
        while all.has_full_window() {
            all.read(&ids, &mut tokens, &mut targets);
            some.read(&ids, &mut own_tokens, &mut own_targets);
            for (all, own) in [(&tokens, &own_tokens), (&targets, &own_targets)] {
                let columns: Vec<u32> = all.chunks(5).flat_map(|row| &row[1..4]).copied().collect();
                assert_eq!(columns, own);
            }
            assert_eq!(some.position(), all.position());
        }
        assert!(!some.has_full_window());
        some.go_to(3);
        some.read(&ids, &mut own_tokens, &mut own_targets);
        assert_eq!(own_tokens[..3], [11, 19, 27]);
    }

    #[test]
    fn a_short_text_gets_fewer_streams_and_then_fewer_steps() {
        let asked = Window { steps: 64, batch: 32 };
        assert_eq!(Streams::fitting_window(asked, 1_000_000), asked);
        assert_eq!(Streams::fitting_window(asked, 650), Window { steps: 64, batch: 10 });
        assert_eq!(Streams::fitting_window(asked, 24), Window { steps: 23, batch: 1 });
        for chars in 2..200 {
            let window = Streams::fitting_window(asked, chars);
            assert!(Streams::new(window, chars).has_full_window(), "{chars}: {window:?}");
        }
    }
}
