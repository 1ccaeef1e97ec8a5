/**
 * Fast mode: another worker, asked for only when it is wanted, that learns the same to within rounding; and
 * where it cannot be started, the usual one and a sentence.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { oneCore } from "./support/cores.mjs";
import { hideWebGpu } from "./support/gpu.mjs";
import { visit } from "./support/visit.mjs";
import { forgetReports, latestReports, recordReports } from "./support/wire.mjs";

const STEPS = 30;
/** Measured: 8.4e-8 over 30 steps of the experiment that the page comes with. */
const RELATIVE_TOLERANCE = 1e-4;

const NOT_HERE = /could not be started in this browser/;

test("fast mode learns the same to within rounding; its module is fetched only when it is chosen", async (context) => {
  await visit(async (playground) => {
    await playground.trainTo(STEPS);
    const usual = (await latestReports(playground.page)).slice(0, STEPS);
    assert.deepEqual(requestedModules(playground), ["worker_bg.wasm"]);

    await playground.turnFast();
    await forgetReports(playground.page);
    await playground.trainTo(STEPS);
    const fast = (await latestReports(playground.page)).slice(0, STEPS);
    assert.deepEqual(requestedModules(playground), ["worker_bg.wasm", "worker-fast_bg.wasm"]);

    const differences = usual.map(({ loss }, at) => Math.abs(fast[at].loss - loss) / loss);
    const largest = Math.max(...differences);
    context.diagnostic(`largest relative difference of the loss: ${largest.toExponential(1)}`);
    assert.equal(differences.length, STEPS);
    assert.ok(largest <= RELATIVE_TOLERANCE, `${largest}`);
    // The loss is a mean over thousands of predictions, in which the last digits may well agree.
    const norms = (reports) => reports.map(({ grad_norm }) => grad_norm);
    assert.notDeepEqual(norms(fast), norms(usual), "another arithmetic");
  }, { prepare: [hideWebGpu, oneCore, recordReports] });
});

test("a browser without relaxed SIMD goes on with the usual worker and says so", async () => {
  await visit(async (playground) => {
    await playground.turnFast();
    await expectUsualWorker(playground);
    assert.ok(!requestedModules(playground).includes("worker-fast_bg.wasm"), "it is not downloaded either");
  }, { prepare: [hideWebGpu, refuseRelaxedSimd] });
});

const FAULTS = {
  "is missing": () => ({ status: 404, body: "Not found\n" }),
  "is refused by the browser": (content) => ({ body: content.subarray(0, 10_000) }),
};

for (const [what, fault] of Object.entries(FAULTS)) {
  test(`where the module for fast mode ${what}, the usual worker is started and the page says so`, async () => {
    const faults = { "worker-fast_bg.wasm": fault };
    await visit(async (playground) => {
      await playground.turnFast();
      await expectUsualWorker(playground);
    }, { faults, mayFail: true, prepare: hideWebGpu });
  });
}

async function expectUsualWorker(playground) {
  await playground.part("fast-mode-note").filter({ hasText: NOT_HERE }).waitFor();
  await playground.takeSteps(1);
  await playground.page.getByRole("switch", { name: "Fast mode" }).uncheck();
  await playground.part("fast-mode-note").filter({ hasText: "last digits" }).waitFor();
}

/** The modules that workers asked for, in their order. */
function requestedModules(playground) {
  const files = playground.site.requests.map(({ address }) => new URL(address, "http://site").pathname);
  return files.map((file) => file.split("/").at(-1)).filter((file) => /^worker.*\.wasm$/.test(file));
}

/** Runs in the page: a browser that knows no relaxed multiply-add. */
function refuseRelaxedSimd() {
  const validate = WebAssembly.validate;
  const RELAXED_MADD = [253, 133, 2].join();
  WebAssembly.validate = (bytes) => !bytes.join().includes(RELAXED_MADD) && validate(bytes);
}
