/**
 * What a visitor downloads to compute with: the page's and one worker's WebAssembly and their scripts,
 * compressed as a host would. Of the four workers each fits the same budget, and those that can train on a GPU
 * are little larger than those that cannot.
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { DIST } from "./support/server.mjs";

/** Wanted are 900,000: the views of cells, races and unrolled networks are yet to be loaded when they are opened. */
const BUDGET_BYTES = 1_550_000;
const GPU_BUDGET_BYTES = 200_000;

const WORKERS = ["worker", "worker-gpu", "worker-fast", "worker-fast-gpu"];
const ANY_WORKER = /^(worker[a-z-]*)(_bg\.wasm|\.js)$/;

for (const worker of WORKERS) {
  test(`page and ${worker} are small`, (context) => {
    const { gzip, brotli } = download(worker);
    context.diagnostic(`${gzip} bytes with gzip, ${brotli} bytes with brotli`);
    assert.ok(gzip <= BUDGET_BYTES && brotli <= BUDGET_BYTES, `the budget is ${BUDGET_BYTES} bytes`);
  });
}

for (const [without, added] of [
  ["worker", "worker-gpu"],
  ["worker-fast", "worker-fast-gpu"],
]) {
  test(`the GPU adds little to ${without}`, (context) => {
    const bytes = download(added).gzip - download(without).gzip;
    context.diagnostic(`${bytes} bytes with gzip`);
    assert.ok(bytes > 0 && bytes <= GPU_BUDGET_BYTES, `the budget is ${GPU_BUDGET_BYTES} bytes`);
  });
}

/** Adds up what is downloaded with this worker, without the files of the others. */
function download(worker) {
  const isNeeded = (name) => (ANY_WORKER.test(name) ? ANY_WORKER.exec(name)[1] === worker : true);
  const names = readdirSync(DIST).filter((name) => /\.(wasm|js)$/.test(name) && isNeeded(name));
  assert.equal(names.filter((name) => name.endsWith(".wasm")).length, 2, `page and worker are there: ${names}`);
  const contents = names.map((name) => readFileSync(join(DIST, name)));
  const total = (compress) => contents.reduce((sum, content) => sum + compress(content).length, 0);
  return { gzip: total(gzipSync), brotli: total(brotliCompressSync) };
}
