/**
 * Measures one workload in TensorFlow.js on one thread, off the page's thread: `tests/browser/bench.mjs`
 * says what comes in and goes out.
 *
 * `bench.js` is our own module, which knows the nominal work and measures what 128-bit vectors can do here.
 */

import start, { nominalFlops, peakGflops } from "./bench.js";
import "./tf.min.js";
import "./tf-backend-wasm.min.js";
import { measure } from "./measure.js";
import { registerUnsortedSegmentSum } from "./unsorted-segment-sum.js";
import { WORKLOADS } from "./workloads.js";

const { tf } = globalThis;
const MIB = 2 ** 20;

addEventListener("message", async ({ data }) => {
  try {
    await start({ module_or_path: "./bench_bg.wasm" });
    postMessage({ lines: [JSON.stringify(await lineOf(data))] });
  } catch (error) {
    postMessage({ error: error?.message ?? String(error) });
  }
});

async function lineOf({ workload, location, seconds }) {
  tf.wasm.setWasmPaths("./");
  registerUnsortedSegmentSum(tf);
  await tf.setBackend("wasm");
  await tf.ready();
  const before = peakGflops();
  const step = WORKLOADS[workload](tf);
  const { median, p10, p90 } = measure(() => expectFinite(step()), seconds);
  const peak = Math.max(before, peakGflops());
  const gflops = nominalFlops(workload) / median / 1e6;
  return {
    workload,
    where: location,
    backend: "wasm",
    peer: `tensorflow.js ${tf.version.tfjs}`,
    workers: 1,
    ms_per_step: rounded(median),
    p10: rounded(p10),
    p90: rounded(p90),
    gflops: rounded(gflops),
    peak_gflops: rounded(peak),
    fraction_of_peak: rounded(gflops / peak),
    // The backend's memory, which never shrinks; what JavaScript holds is not in it.
    peak_mib: rounded(tf.backend().wasm.HEAPU8.buffer.byteLength / MIB),
  };
}

function expectFinite(loss) {
  if (!Number.isFinite(loss)) {
    throw new Error(`the loss is ${loss}`);
  }
}

/** Four significant digits. */
function rounded(number) {
  return Number(number.toPrecision(4));
}
