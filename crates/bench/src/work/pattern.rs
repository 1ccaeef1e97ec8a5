//! Inputs by formula: what is read decides nothing about the speed, but a network that learns shows that
//! its steps are real.

/// Batches that are written in turn.
pub(super) const BATCHES: usize = 16;

/// Symbols in an order that can be learnt: one of eight sequences with a period of eight, `[T, B]`, the
/// one a step later if `shift` is 1.
pub(super) fn symbols(
    batch: usize,
    (steps, width): (usize, usize),
    vocabulary: usize,
    shift: usize,
) -> Vec<u32> {
    let symbol = |step: usize, sequence: usize| {
        let (kind, phase) = (sequence % 8, (step + shift + batch + sequence) % 8);
        ((7 * kind + 11 * phase + kind * phase) % vocabulary) as u32
    };
    (0..steps).flat_map(|step| (0..width).map(move |sequence| symbol(step, sequence))).collect()
}
