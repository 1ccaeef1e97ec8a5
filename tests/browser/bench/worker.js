/**
 * Measures one workload in a WebAssembly module of `cargo xtask bench`, off the page's thread.
 *
 * In come `{ workload, location, seconds }`; out goes `{ lines }`, each a line of JSON, or `{ error }`.
 */

import start, { measure } from "./bench.js";

addEventListener("message", async ({ data: { workload, location, seconds } }) => {
  try {
    await start({ module_or_path: "./bench_bg.wasm" });
    postMessage({ lines: measure(workload, location, seconds).trim().split("\n") });
  } catch (error) {
    postMessage({ error: error?.message ?? String(error) });
  }
});
