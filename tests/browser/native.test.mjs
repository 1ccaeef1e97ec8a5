/**
 * The page trains exactly as the command line does: the same experiment gives the same numbers.
 *
 * There is no tolerance. What the worker reports is compared bit for bit, and what the page shows to its
 * last digit; the held-out loss, which sums over tens of thousands of characters, as it is shown.
 */

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { asShown, asShownBits, trainNatively } from "./support/native.mjs";
import { DIST } from "./support/server.mjs";
import { chineseText } from "./support/texts.mjs";
import { visit } from "./support/visit.mjs";
import { latestReports, recordReports } from "./support/wire.mjs";

const STEPS = 25;
const SHIPPED = join(DIST, "static/data/moby-dick.txt");

test("as it comes: LSTM on Moby-Dick, Adam", async () => {
  await visit(async (playground) => {
    // The held-out text is read after this step and before the next.
    await playground.trainTo(STEPS + 1);
    const native = await expectSame(playground, { text: SHIPPED, evaluateEvery: STEPS });
    const heldOut = native.validations.find(({ step }) => step === STEPS);
    const reading = `held out ${asShownBits(heldOut.value)} at step ${STEPS}`;
    const chart = playground.page.getByRole("slider", { name: "Loss curve" });
    assert.match(await chart.getAttribute("aria-valuetext"), new RegExp(reading));
  }, { prepare: recordReports });
});

test("two GRU layers of odd sizes, SGD with momentum, another seed, step by step", async () => {
  const settings = {
    cell: "gru",
    layers: 2,
    hidden_size: 37,
    embedding_size: 11,
    initialisation: "orthogonal",
    optimizer: "sgd",
    learning_rate: 0.3,
    batch_size: 5,
    sequence_length: 19,
    seed: 20261121,
  };
  await visit(async (playground) => {
    await playground.choose("Cell", "GRU");
    await playground.choose("Initial weights", "Orthogonal");
    await playground.choose("Optimiser", "SGD");
    await playground.fillAll({ Layers: 2, "Hidden size": 37, "Embedding size": 11, "Learning rate": 0.3 });
    await playground.fillAll({ Batch: 5, "Sequence length": 19, Seed: 20261121 });
    const shown = await playground.takeSteps(STEPS);
    const native = await expectSame(playground, { text: SHIPPED, settings });
    assert.deepEqual(shown, native.steps.map((report) => asShown(report.loss)), "the losses shown");
  }, { prepare: recordReports });
});

test("an Elman network on thousands of Chinese characters, RMSprop", async () => {
  const settings = { cell: "elman", hidden_size: 24, optimizer: "rmsprop", batch_size: 3, sequence_length: 20 };
  const text = chineseText(3000, 12_000);
  const folder = await mkdtemp(join(tmpdir(), "rnn-browser-"));
  try {
    const file = join(folder, "text.txt");
    await writeFile(file, text);
    await visit(async (playground) => {
      await playground.choose("Cell", "Elman");
      await playground.choose("Optimiser", "RMSprop");
      await playground.fillAll({ "Hidden size": 24, Batch: 3, "Sequence length": 20 });
      await playground.chooseFile(file);
      await playground.page.getByText("3\u202f000 characters").waitFor();
      await playground.trainTo(STEPS);
      await expectSame(playground, { text: file, settings });
    }, { prepare: recordReports });
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** Compares what the page has trained with the same number of steps from the command line. */
async function expectSame(playground, experiment) {
  const reports = await latestReports(playground.page);
  assert.ok(reports.length >= STEPS);
  const native = await trainNatively({ ...experiment, steps: reports.length });
  // Numbers in single precision, whatever digits they were written with.
  const bits = ({ step, loss, grad_norm }) => [step, Math.fround(loss), Math.fround(grad_norm)];
  assert.deepEqual(reports.map(bits), native.steps.map(bits), "step, loss and gradient norm");
  const shown = await playground.lossesOnChart(reports.length);
  assert.deepEqual(shown, native.steps.map((report) => asShown(report.loss)), "the losses on the chart");
  return native;
}
