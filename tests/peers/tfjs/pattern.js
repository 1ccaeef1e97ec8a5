/** Inputs by formula, those of `crates/bench/src/pattern.rs`. */

export const BATCHES = 16;

/** The symbol at a step of a sequence. */
export function symbol(batch, sequence, step, vocabulary) {
  const kind = sequence % 8;
  const phase = (step + batch + sequence) % 8;
  return (7 * kind + 11 * phase + kind * phase) % vocabulary;
}

/** The class of a sequence: 0 or 1. */
export function label(sequence) {
  return (sequence % 8) % 2;
}

/** A number that goes up and down. */
export function reading(batch, sequence, step) {
  return Math.sin((0.2 + 0.01 * (sequence % 8)) * (step + batch + 3 * sequence));
}

/** `of(sequence, step)` for all sequences and the steps `from..to`, batch-major. */
export function window(batchSize, from, to, of) {
  const steps = Array.from({ length: to - from }, (_, index) => from + index);
  return Array.from({ length: batchSize }, (_, sequence) => steps.map((step) => of(sequence, step)));
}
