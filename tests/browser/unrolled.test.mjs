/**
 * The unrolled network shows numbers of the running network: what the page says in words and tables is what the
 * command line finds at the same experiment. And it can be played, searched and sorted, by pointer and by keys.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { lookNatively } from "./support/native.mjs";
import { SMALL } from "./support/playground.mjs";
import { DIST } from "./support/server.mjs";
import { Unrolled } from "./support/unrolled.mjs";
import { PHONE, visit } from "./support/visit.mjs";

/** Six digits are shown; measured 5e-6 of the number, and 5e-6 at most where it is below 1. */
const TOLERANCE = 1e-5;
const STEPS = 3;
const TEXT = join(DIST, "static/data/moby-dick.txt");
const SETTINGS = { layers: 2, hidden_size: 16, embedding_size: 8, batch_size: 4, sequence_length: 16 };
const CELLS = [
  { row: 0, unit: 0 },
  { row: 0, unit: 13 },
  { row: 1, unit: 7 },
];

const QUANTITIES = [
  { key: "hidden", name: "hidden state", symbol: "h" },
  { key: "cell", name: "cell state", symbol: "c" },
  { key: "forget-gate", name: "forget gate", symbol: "f" },
  { key: "hidden-gradient", name: "gradient of the hidden state", symbol: "∂L/∂h" },
  { key: "cell-gradient", name: "gradient of the cell state", symbol: "∂L/∂c" },
];

test("states, gates, gradients, norms and probabilities are those of the command line", async () => {
  await visitSmall(async (playground, unrolled) => {
    await playground.takeSteps(STEPS);
    await unrolled.waitForLook(STEPS);
    for (const { key, name, symbol } of QUANTITIES) {
      const native = await lookNatively({ text: TEXT, steps: STEPS, settings: SETTINGS, quantity: key });
      assert.equal(native.header.quantity, key);
      await unrolled.show(name, symbol);
      for (const { row, unit } of CELLS) {
        await unrolled.follow({ row, unit });
        const table = await unrolled.table();
        assert.equal(table.length, native.header.symbols.length);
        for (const [step, shown] of table.entries()) {
          const at = row * table.length + step;
          expectClose(shown[symbol], native.units[row][step][unit], `${key}, row ${row}, unit ${unit}, step ${step}`);
          expectClose(shown["‖h‖"], native.flows.hidden[at], "‖h‖");
          expectClose(shown["‖c‖"], native.flows.cell[at], "‖c‖");
          expectClose(shown["‖∂L/∂h‖"], native.flows["hidden-gradient"][at], "‖∂L/∂h‖");
          expectClose(shown["‖∂L/∂c‖"], native.flows["cell-gradient"][at], "‖∂L/∂c‖");
          const prediction = native.header.predictions[step];
          expectClose(shown["p True next"], prediction.target_probability, "of the true symbol");
          expectClose(shown["p Guess"], prediction.probability, "of the guess");
        }
      }
    }
  });
});

test("the forward pass and the backward pass go through time in their order, on a look that stays", async () => {
  await visitSmall(async (playground, unrolled) => {
    const { page } = playground;
    await playground.play();
    await playground.waitForStep({ from: 2 });
    await page.getByLabel("Speed of a pass").selectOption("fast");
    const steps = await page.evaluateHandle(recordCursor);
    await page.getByRole("button", { name: "Play the forward pass" }).click();
    await unrolled.waitForStep(15);
    await page.getByText("is kept while training goes on").waitFor();
    const forward = await takeRecord(steps);
    assert.deepEqual(forward, [...forward].sort((one, other) => one - other), "from the left");
    assert.ok(forward.length >= 8, `${forward}`);

    await page.getByRole("button", { name: "Play the backward pass" }).click();
    await unrolled.waitForStep(0);
    const backward = (await takeRecord(steps)).filter((step) => step < 15);
    assert.deepEqual(backward, [...backward].sort((one, other) => other - one), "from the right");
    assert.match(await unrolled.reading(), /: ∂L\/∂h = /);
    assert.match(await playground.text("unrolled-step"), /reached by ‖∂L\/∂h‖/);

    await page.getByRole("button", { name: /^Let go of step/ }).click();
    await page.getByText("is kept while training goes on").waitFor({ state: "detached" });
    await playground.pause();
  });
});

test("with reduced motion nothing moves by itself, and steps are taken by hand", async () => {
  await visitSmall(async (playground, unrolled) => {
    const { page } = playground;
    await page.emulateMedia({ reducedMotion: "reduce" });
    await playground.takeSteps(1);
    await unrolled.waitForLook(1);
    await page.getByRole("button", { name: "Play the backward pass" }).click();
    await unrolled.waitForStep(15);
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 600)));
    assert.equal(await unrolled.step(), 15);
    await page.getByRole("button", { name: "Earlier step" }).click();
    await unrolled.waitForStep(14);
  });
});

test("time is scrubbed by the slider and by keys, also on a phone", async () => {
  for (const viewport of [undefined, PHONE]) {
    await visitSmall(async (playground, unrolled) => {
      const { page } = playground;
      await playground.takeSteps(1);
    await unrolled.waitForLook(1);
      await unrolled.slider.focus();
      await unrolled.slider.press("End");
      await unrolled.waitForStep(15);
      await unrolled.slider.press("ArrowLeft");
      await unrolled.waitForStep(14);
      await page.getByRole("radio", { name: "A few steps from near" }).check({ force: true });
      await unrolled.stage.focus();
      await unrolled.stage.press("Home");
      await unrolled.waitForStep(0);
      const [width, visible] = await page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
      assert.ok(width <= visible, "only the card is scrolled sideways");
    }, viewport && { viewport });
  }
});

test("units are sorted by what they follow, and found where they are highest", async () => {
  await visitSmall(async (playground, unrolled) => {
    const { page } = playground;
    await playground.takeSteps(STEPS);
    await unrolled.waitForLook(STEPS);
    await unrolled.follow({ unit: 5 });
    const table = await unrolled.table();
    const highest = table.reduce((best, row) => (row.h > best.h ? row : best));
    const found = page.getByRole("list", { name: "Unit 5 is highest at" }).getByRole("button");
    await found.first().click();
    await unrolled.waitForStep(highest.Step);

    await page.getByLabel("Sort units by").selectOption("position");
    const words = await playground.text("order");
    const [, unit, score] = /from unit (\d+) \(([+−][\d.]+)\) on top/.exec(words);
    const native = await lookNatively({ text: TEXT, steps: STEPS, settings: SETTINGS });
    const correlations = native.units[0][0].map((_, unit) => correlation(native.units[0].map((row) => row[unit])));
    const best = correlations.indexOf(Math.max(...correlations));
    assert.equal(Number(unit), best);
    assert.ok(Math.abs(Number(score.replace("−", "-")) - correlations[best]) < 6e-4, words);
  });
});

function visitSmall(use, options = {}) {
  return visit(async (playground) => {
    await playground.fillAll({ Layers: 2, ...SMALL });
    await playground.page.getByText("An LSTM, 2 layers of 16 units").waitFor();
    await use(playground, new Unrolled(playground));
  }, options);
}

function expectClose(found, expected, what) {
  const error = Math.abs(found - expected);
  assert.ok(error <= TOLERANCE * Math.abs(expected), `${what}: ${found} instead of ${expected}`);
}

/** With the time step. */
function correlation(values) {
  const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const centred = (numbers) => numbers.map((number) => number - mean(numbers));
  const [own, time] = [centred(values), centred(values.map((_, step) => step))];
  const product = (one, other) => one.reduce((sum, number, place) => sum + number * other[place], 0);
  return product(own, time) / Math.sqrt(product(own, own) * product(time, time));
}

/** Runs in the page: notes every step that the cursor comes to. */
function recordCursor() {
  const record = { steps: [] };
  const stage = document.querySelector(".chart--map [role=slider]");
  new MutationObserver(() => record.steps.push(Number(stage.ariaValueNow))).observe(stage, {
    attributeFilter: ["aria-valuenow"],
  });
  return record;
}

/** What was noted since the last time. */
function takeRecord(record) {
  return record.evaluate((record) => record.steps.splice(0));
}
