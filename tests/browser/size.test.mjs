/**
 * What a visitor downloads to compute with: the page's and the worker's WebAssembly and their scripts,
 * compressed as a host would. In fast mode another worker is downloaded instead, and fits the same budget.
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { DIST } from "./support/server.mjs";

const BUDGET_BYTES = 900_000;

const FAST = /^worker-fast/;
const DEFAULT = /^worker(_bg)?\./;

test("page and worker are small", (context) => expectSmall(context, FAST));

test("page and fast worker are small", (context) => expectSmall(context, DEFAULT));

/** Adds up what is downloaded, without the files of the worker that is not. */
function expectSmall(context, absent) {
  const names = readdirSync(DIST).filter((name) => /\.(wasm|js)$/.test(name) && !absent.test(name));
  assert.equal(names.filter((name) => name.endsWith(".wasm")).length, 2, `one build is there: ${names}`);
  const contents = names.map((name) => readFileSync(join(DIST, name)));
  const total = (compress) => contents.reduce((sum, content) => sum + compress(content).length, 0);
  const [gzip, brotli] = [total(gzipSync), total(brotliCompressSync)];
  context.diagnostic(`${gzip} bytes with gzip, ${brotli} bytes with brotli`);
  assert.ok(gzip <= BUDGET_BYTES && brotli <= BUDGET_BYTES, `the budget is ${BUDGET_BYTES} bytes`);
}
