//! What an op keeps for itself between recording and running.

/// Memory that an op gets when its tape is allocated.
pub(super) struct Scratch<T>(Option<T>);

impl<T> Scratch<T> {
    /// Not allocated yet.
    pub(super) fn new() -> Self {
        Self(None)
    }

    /// Keeps what was allocated.
    pub(super) fn set(&mut self, memory: T) {
        self.0 = Some(memory);
    }

    /// The memory.
    ///
    /// # Panics
    /// If it was not allocated: the tape does that before it runs an op.
    pub(super) fn get(&self) -> &T {
        #[expect(clippy::expect_used, reason = "a tape allocates every op before it runs one")]
        self.0.as_ref().expect("ops are allocated before they run")
    }

    /// The memory, to be written.
    ///
    /// # Panics
    /// If it was not allocated: the tape does that before it runs an op.
    pub(super) fn get_mut(&mut self) -> &mut T {
        #[expect(clippy::expect_used, reason = "a tape allocates every op before it runs one")]
        self.0.as_mut().expect("ops are allocated before they run")
    }
}
