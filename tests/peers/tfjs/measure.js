/**
 * Timing steps as `crates/bench/src/measure.rs` does: warm-up, then samples of several steps, of which the
 * middle counts.
 */

const WARM_UP_STEPS = 20;
const WARM_UP_MILLIS = 2000;
const SAMPLE_MILLIS = 20;
const SAMPLES = 100;
/** Taken however long they take. */
const MIN_STEPS = 3;
const MIN_SAMPLES = 3;

/** Takes steps and returns `{ median, p10, p90 }` in milliseconds a step. */
export function measure(step, seconds) {
  const steps = Math.ceil(SAMPLE_MILLIS / warmUp(step));
  const started = performance.now();
  const samples = [];
  const mayGoOn = () => samples.length < SAMPLES && performance.now() - started < seconds * 1000;
  while (samples.length < MIN_SAMPLES || mayGoOn()) {
    const sampleStarted = performance.now();
    for (let taken = 0; taken < steps; taken += 1) {
      step();
    }
    samples.push((performance.now() - sampleStarted) / steps);
  }
  return summaryOf(samples);
}

/** Takes the first steps. Returns about how long one takes. */
function warmUp(step) {
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  const mayGoOn = (taken) => elapsed() < WARM_UP_MILLIS && (taken < WARM_UP_STEPS || elapsed() < SAMPLE_MILLIS);
  let taken = 0;
  while (taken < MIN_STEPS || mayGoOn(taken)) {
    step();
    taken += 1;
  }
  return elapsed() / taken;
}

function summaryOf(samples) {
  const sorted = [...samples].sort((one, other) => one - other);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  return { median: at(0.5), p10: at(0.1), p90: at(0.9) };
}
