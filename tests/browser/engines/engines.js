/**
 * Trains every case of `tests/reproducibility` in this browser, with the seed of the address's query, and
 * posts `{ engine, reports }` to the server, or `{ engine, error }`.
 */

import start, { trainAll } from "./reproducibility.js";

async function outcome() {
  try {
    await start({ module_or_path: "./reproducibility_bg.wasm" });
    const seed = Number(new URLSearchParams(location.search).get("seed"));
    return { reports: JSON.parse(trainAll(seed)) };
  } catch (error) {
    return { error: String(error) };
  }
}

const answer = { engine: navigator.userAgent, ...(await outcome()) };
await fetch("answer", { method: "POST", body: JSON.stringify(answer) });
