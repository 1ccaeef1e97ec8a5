/**
 * Fast mode on a machine of several cores: workers take the steps of one run together, and whatever happens to
 * a helper, the run goes on where it was.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { oneCore, twoCores } from "./support/cores.mjs";
import { SMALL } from "./support/playground.mjs";
import { visit } from "./support/visit.mjs";
import { forgetReports, keepWorkers, latestReports, recordReports } from "./support/wire.mjs";

const STEPS = 30;
/** After which step a helper is killed. */
const DEATH = 12;
/** Large enough to be split, small enough for a test. */
const NETWORK = { Batch: 32, "Sequence length": 64, "Hidden size": 96 };
/** Of every loss over 30 steps, against one worker of fast mode. Measured: 8.2e-8. */
const RELATIVE_TOLERANCE = 1e-6;

const TOGETHER = "2 workers, relaxed SIMD";
const ALONE = "1 worker, relaxed SIMD";

/** What one worker finds. */
let wanted = null;

test("two workers learn the same as one, to within rounding", async (context) => {
  wanted = await losses(oneCore, async (playground) => {
    await playground.trainTo(STEPS);
    assert.match(await playground.text("workers"), new RegExp(`^${ALONE}`));
  });
  const found = await losses(twoCores, async (playground) => {
    await playground.trainTo(STEPS);
    assert.match(await playground.text("workers"), new RegExp(`^${TOGETHER}`));
  });
  expectAlike(found, context);
});

test("a helper that is killed takes nothing with it, and the page says so", async (context) => {
  const found = await losses(twoCores, async (playground) => {
    await playground.play();
    await waitForWorkers(playground, TOGETHER);
    await playground.waitForStep({ from: DEATH });
    await playground.page.evaluate(() => globalThis.workers.at(-1).terminate());
    await waitForWorkers(playground, "A helper stopped answering");
    await playground.waitForStep({ from: STEPS });
    await playground.pause();
    assert.match(await playground.text("workers"), new RegExp(`^${ALONE}`));
    assert.match(await playground.text("status"), /^Paused at step/, "nobody has to do anything about it");
  });
  expectAlike(found, context);
});

test("pausing, editing and going back act on a run that is split", async () => {
  await visit(async (playground) => {
    await begin(playground);
    await playground.play();
    await waitForWorkers(playground, TOGETHER);
    await playground.pause();
    const step = await playground.step();
    await playground.takeSteps(2);
    assert.equal(await playground.step(), step + 2, "it held, and goes step by step");

    await playground.fill("Learning rate", 0.001);
    await playground.takeSteps(1);
    assert.match(await playground.text("workers"), new RegExp(`^${TOGETHER}`), "a live setting leaves it split");

    await playground.fill("Hidden size", 100);
    await playground.waitForStep({ to: 0 });
    await playground.takeSteps(6);
    await waitForWorkers(playground, TOGETHER);
    await playground.button("Undo").click();
    await playground.waitForStep({ from: step + 3 });
    await playground.takeSteps(6);
    await waitForWorkers(playground, TOGETHER);
    const reports = await playground.page.evaluate(() => globalThis.reportsByRun);
    const steps = Object.values(reports).map((run) => run.map((report) => report.step));
    for (const run of steps) {
      assert.deepEqual(run, run.map((_, at) => at + 1), "every step once, in order");
    }
  }, { prepare: [twoCores, recordReports] });
});

test("a network whose steps are short is not split, and the page says why", async () => {
  await visit(async (playground) => {
    await playground.turnFast();
    await playground.fillAll(SMALL);
    await playground.play();
    await waitForWorkers(playground, "too little to be split");
    await playground.pause();
  }, { prepare: twoCores });
});

/** The losses of the first steps of a run in fast mode. */
async function losses(cores, use) {
  let losses = null;
  await visit(async (playground) => {
    await begin(playground);
    await use(playground);
    const reports = (await latestReports(playground.page)).slice(0, STEPS);
    assert.deepEqual(reports.map(({ step }) => step), Array.from({ length: STEPS }, (_, at) => at + 1));
    losses = reports.map(({ loss }) => loss);
  }, { prepare: [cores, recordReports, keepWorkers] });
  return losses;
}

async function begin(playground) {
  await playground.turnFast();
  await playground.fillAll(NETWORK);
  await playground.waitForStep({ to: 0 });
  await forgetReports(playground.page);
}

function expectAlike(found, context) {
  const differences = wanted.map((loss, at) => Math.abs(found[at] - loss) / loss);
  const largest = Math.max(...differences);
  context.diagnostic(`largest relative difference of the loss: ${largest.toExponential(1)}`);
  assert.ok(largest <= RELATIVE_TOLERANCE, `${largest}`);
}

async function waitForWorkers(playground, words) {
  await playground.part("workers").filter({ hasText: words }).waitFor();
}
