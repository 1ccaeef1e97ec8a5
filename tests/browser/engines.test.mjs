/**
 * The same seed gives the same bits in every engine: losses, gradient norms and weights of a hundred steps
 * of each kind of network (`tests/reproducibility`), natively, in Node, in Chromium and in Firefox. Both
 * browsers have two compilers for WebAssembly, a quick one and a good one that takes over while a page
 * trains; each must give the same bits alone.
 *
 * The module is built as the site's worker is, by `cargo xtask test`, which says in `REPRODUCIBILITY` where
 * it is.
 */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { launch } from "./support/chromium.mjs";
import { openInFirefox } from "./support/firefox.mjs";
import { runNatively } from "./support/native.mjs";
import { serveAndHear } from "./support/server.mjs";

const SEED = 7;
const MODULE = process.env.REPRODUCIBILITY;
const PAGE = fileURLToPath(new URL("engines", import.meta.url));

/** How long a browser may take to start and to train, in milliseconds. */
const PATIENCE = 60_000;

let native;
before(async () => {
  assert.ok(MODULE, "REPRODUCIBILITY names the folder of the module: cargo xtask test builds it");
  native = JSON.parse(await runNatively(["--package", "rnn-reproducibility", "--", String(SEED)]));
  const isFull = ({ losses, digest }) => losses.length === 100 && /^[0-9a-f]{16}$/.test(digest);
  assert.ok(native.length >= 5 && native.every(isFull), "each case has its losses and a digest");
});

test("Node computes the bits that native code computes", async () => {
  // Outside a package, Node takes a .js file for CommonJS; as data it is told what it is.
  const script = await readFile(join(MODULE, "reproducibility.js"), "base64");
  const { initSync, trainAll } = await import(`data:text/javascript;base64,${script}`);
  initSync({ module: await readFile(join(MODULE, "reproducibility_bg.wasm")) });
  expectSame(JSON.parse(trainAll(SEED)));
});

for (const [compiler, flag] of [["quick", "--liftoff-only"], ["good", "--no-liftoff"]]) {
  test(`Chromium's ${compiler} compiler computes the bits that native code computes`, async (context) => {
    const answer = await answerOf((address) => openInChromium(address, [`--js-flags=${flag}`]));
    context.diagnostic(answer.engine);
    assert.match(answer.engine, /Chrome\//);
    expectSame(answer.reports);
  });
}

for (const [compiler, other] of [["quick", "optimizingjit"], ["good", "baselinejit"]]) {
  test(`Firefox's ${compiler} compiler computes the bits that native code computes`, async (context) => {
    const without = { [`javascript.options.wasm_${other}`]: false };
    const answer = await answerOf((address) => openInFirefox(address, without));
    context.diagnostic(answer.engine);
    assert.match(answer.engine, /Firefox\//);
    expectSame(answer.reports);
  });
}

async function openInChromium(address, switches) {
  const browser = await launch(switches);
  const ended = new Promise((resolve) => browser.on("disconnected", () => resolve("Chromium ended")));
  // What keeps the page from opening is said instead of an answer.
  const opened = browser.newPage().then((page) => page.goto(address));
  const failed = new Promise((resolve) => opened.catch((error) => resolve(error.message)));
  return { ended: Promise.race([ended, failed]), close: () => browser.close() };
}

/** Opens the page in a browser, `open(address)`, and returns what it reports. */
async function answerOf(open) {
  const site = await serveAndHear([PAGE, MODULE]);
  try {
    const browser = await open(`${site.address}?seed=${SEED}`);
    try {
      return await firstOf(site.answer, browser.ended);
    } finally {
      await browser.close();
    }
  } finally {
    await site.close();
  }
}

/** The page's answer, unless it is an error, the browser ends or the time is over. */
async function firstOf(answer, ended) {
  const over = new AbortController();
  const late = delay(PATIENCE, `no answer after ${PATIENCE / 1000} s`, { signal: over.signal });
  const failed = Promise.race([ended, late]).then((error) => ({ error }));
  const outcome = await Promise.race([answer, failed]);
  // Nobody waits for it any longer.
  late.catch(() => {});
  over.abort();
  assert.equal(outcome.error, undefined);
  return outcome;
}

function expectSame(reports) {
  assert.deepEqual(reports.map(({ case: name }) => name), native.map(({ case: name }) => name));
  reports.forEach(({ case: name, losses, digest }, index) => {
    const expected = native[index];
    const differing = losses.findIndex((loss, step) => loss !== expected.losses[step]);
    assert.equal(differing, -1, `${name}: the loss of step ${differing + 1} differs`);
    assert.equal(digest, expected.digest, `${name}: digest of losses, gradient norms and weights`);
  });
}
