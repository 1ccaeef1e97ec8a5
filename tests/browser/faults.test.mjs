/**
 * Where the playground cannot run, or its worker fails, the page says so in a sentence of its own, and
 * says what to do.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hideWebGpu } from "./support/gpu.mjs";
import { PATIENCE, SMALL } from "./support/playground.mjs";
import { DIST } from "./support/server.mjs";
import { chineseText, ENGLISH } from "./support/texts.mjs";
import { visit } from "./support/visit.mjs";

const STEPS = 3;

/** What a browser may lack, taken away before the page's own scripts run. */
const LACKS = [
  {
    what: "no WebAssembly",
    prepare: () => delete globalThis.WebAssembly,
    sentence: /this browser lacks WebAssembly\. It runs in Chrome/,
  },
  {
    what: "no WebAssembly SIMD",
    prepare: () => {
      WebAssembly.validate = () => false;
    },
    sentence: /this browser lacks WebAssembly SIMD\. It runs in Chrome/,
  },
  {
    what: "no workers",
    prepare: () => delete globalThis.Worker,
    sentence: /this browser lacks Web Workers\. It runs in Chrome/,
  },
  {
    what: "no module workers",
    prepare: () => {
      const Original = Worker;
      globalThis.Worker = function (address) {
        return new Original(address);
      };
    },
    sentence: /this browser lacks module workers\. It runs in Chrome/,
  },
];

for (const { what, prepare, sentence } of LACKS) {
  test(`${what}: the page says what it needs`, async () => {
    await visit((playground) => expectAlert(playground, sentence), { prepare, isReady: false, mayFail: true });
  });
}

/** What a host may get wrong. */
const MISSING = { status: 404, body: "Not found\n" };
const FAULTS = [
  {
    what: "the worker's script is missing",
    faults: { "worker.js": () => MISSING },
    sentence: /The worker could not start .*worker\.js/,
  },
  {
    what: "the worker's module is missing",
    faults: { "worker_bg.wasm": () => MISSING },
    sentence: /The worker could not start \(.+\)/,
  },
  {
    what: "the worker's module is cut off",
    faults: { "worker_bg.wasm": (content) => ({ body: content.subarray(0, 10_000) }) },
    sentence: /The worker could not start \(.+\)/,
  },
  {
    what: "the worker's script throws",
    faults: { "worker.js": () => ({ body: 'throw new Error("the script is broken");' }) },
    sentence: /The worker could not start \(.*the script is broken.*\)/,
  },
  {
    what: "a cache has an old worker for a new page",
    faults: { "worker_bg.wasm": (content) => ({ body: ofAnotherBuild(content) }) },
    sentence: /This page and its worker come from different builds\. Reload the page/,
  },
  {
    what: "the shipped text is missing",
    faults: { "static/data/moby-dick.txt": () => MISSING },
    sentence: /Moby-Dick could not be fetched \(.*404.*\)\. Your own text still works/,
  },
];

for (const { what, faults, sentence } of FAULTS) {
  test(`${what}: the page says so`, async () => {
    const options = { faults, isReady: false, mayFail: true, prepare: hideWebGpu };
    await visit((playground) => expectAlert(playground, sentence), options);
  });
}

test("without the shipped text, one's own still works", async () => {
  const faults = { "static/data/moby-dick.txt": () => MISSING };
  await visit(async (playground) => {
    await expectAlert(playground, /Moby-Dick could not be fetched/);
    await playground.fillAll(SMALL);
    await playground.learn(ENGLISH);
    await playground.waitUntilReady();
    await playground.takeSteps(2);
  }, { faults, isReady: false, mayFail: true });
});

test("the worker crashes in training: a fresh one goes on with settings and text, and the page says so", async () => {
  await visit(async (playground) => {
    const losses = await beginOnOwnText(playground);
    await playground.play();
    await playground.waitForStep({ from: 20 });
    await crashWorker(playground);
    await expectAlert(playground, /stopped \(.*a fault injected by the tests.*\)\. A fresh one trains on from step/);
    await playground.pause();
    await expectSameAfterReset(playground, losses);
  }, { mayFail: true });
});

test("after a text that was refused, a fresh worker still gets the one that was trained on", async () => {
  await visit(async (playground) => {
    const losses = await beginOnOwnText(playground);
    await playground.paste("too short");
    await expectAlert(playground, /9 of at least 32 characters/);
    await crashWorker(playground);
    await expectAlert(playground, /A fresh one stands at step/);
    await expectSameAfterReset(playground, losses);
  }, { mayFail: true });
});

test("after Undo, a fresh worker gets the text of the run that came back", async () => {
  await visit(async (playground) => {
    const losses = await beginOnOwnText(playground);
    await playground.drop("other.txt", chineseText(50, 2000));
    await playground.page.getByText("reads other.txt and learns").waitFor();
    await playground.takeSteps(1);
    await playground.button("Undo").click();
    await playground.page.getByText("reads pasted text and learns").waitFor();
    await crashWorker(playground);
    await expectAlert(playground, /A fresh one stands at step/);
    await expectSameAfterReset(playground, losses);
  }, { mayFail: true });
});

/** Takes a few steps on a pasted text, and returns their losses. */
async function beginOnOwnText(playground) {
  await playground.fillAll(SMALL);
  await playground.learn(ENGLISH);
  return playground.takeSteps(STEPS);
}

async function crashWorker({ page }) {
  const [worker] = page.workers();
  await worker.evaluate(() => {
    setTimeout(() => {
      throw new Error("a fault injected by the tests");
    });
  });
}

/** Begins again, and compares the first losses on the pasted text. */
async function expectSameAfterReset(playground, losses) {
  await playground.waitUntilReady();
  await playground.reset();
  await playground.page.getByText("reads pasted text and learns").waitFor();
  assert.deepEqual(await playground.takeSteps(STEPS), losses, "with the same settings and text");
}

/** Waits for an alert with this sentence. */
async function expectAlert({ page }, sentence) {
  await page.getByRole("alert").filter({ hasText: sentence }).first().waitFor({ timeout: PATIENCE });
}

/** The worker's module with another id of the same length in the place of its build's. */
function ofAnotherBuild(content) {
  const stamp = readFileSync(join(DIST, "build.txt"), "utf8");
  const [, id] = /^build (\w+)/.exec(stamp);
  const words = content.toString("latin1");
  assert.ok(words.includes(id), "the worker's module says which build it is");
  return Buffer.from(words.replaceAll(id, "0".repeat(id.length)), "latin1");
}
