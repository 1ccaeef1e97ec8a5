/**
 * Measures one workload in a WebAssembly module of `cargo xtask bench`, off the page's thread, or helps to.
 *
 * In come `{ backend, workload, location, seconds, workers, ports }`; out goes `{ lines }`, each a line of JSON, or
 * `{ error }`. With more workers than one, this one leads helpers at the ports: workers of the same script, to
 * which come `{ workload, member, workers, port }`.
 */

import start, * as bench from "./bench.js";
import { help, lead } from "./team.js";

addEventListener("message", async ({ data: order }) => {
  try {
    await start({ module_or_path: "./bench_bg.wasm" });
    if (order.port) {
      help(bench, order);
    } else {
      postMessage({ lines: (await lines(order)).trim().split("\n") });
    }
  } catch (error) {
    postMessage({ error: error?.message ?? String(error) });
  }
});

function lines(order) {
  const { backend, workload, location, seconds, workers } = order;
  if (backend === "gpu") {
    return bench.measureOnGpu(workload, location, seconds);
  }
  return workers > 1 ? lead(bench, order) : bench.measure(workload, location, seconds);
}
