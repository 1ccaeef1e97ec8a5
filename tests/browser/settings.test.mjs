/**
 * Each setting can be changed from the panels, and changes what it says it changes.
 *
 * What makes another network begins a new run at step 0; what the running network can go on with leaves the step
 * where it is. That a setting arrives is seen in the losses.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { SMALL } from "./support/playground.mjs";
import { ENGLISH } from "./support/texts.mjs";
import { visit } from "./support/visit.mjs";

const STEPS = 4;

const NEW_RUN = [
  { label: "Cell", word: "Elman", lede: "An Elman network, 1 layer of 16 units" },
  { label: "Cell", word: "GRU", lede: "A GRU, 1 layer of 16 units" },
  { label: "Layers", value: 2, lede: "An LSTM, 2 layers of 16 units" },
  { label: "Hidden size", value: 21, lede: "An LSTM, 1 layer of 21 units" },
  { label: "Embedding size", value: 5 },
  { label: "Initial weights", word: "Xavier" },
  { label: "Initial weights", word: "Orthogonal" },
  { label: "Optimiser", word: "SGD" },
  { label: "Optimiser", word: "RMSprop" },
  // A few steps of AdamW differ from Adam's in the shown decimals only where it shrinks the weights fast.
  { label: "Optimiser", word: "AdamW", before: { "Learning rate": 0.5 }, after: { "Weight decay": 1 } },
  { label: "Batch", value: 7, streams: "7 × 16 steps" },
  { label: "Seed", value: 8 },
];

const LIVE = [
  { label: "Learning rate", value: 0.05 },
  { label: "Clip gradient at", value: 0.0001 },
  { label: "Sequence length", value: 9, streams: "4 × 9 steps" },
];

for (const setting of NEW_RUN) {
  const { label, word, value } = setting;
  test(`${label} ${word ?? value}: a new run that learns otherwise`, async () => {
    await visit(async (playground) => {
      await playground.fillAll({ ...SMALL, ...setting.before });
      const before = await playground.takeSteps(STEPS);
      await change(playground, setting);
      await playground.fillAll(setting.after ?? {});
      await playground.waitForStep({ to: 0 });
      if (setting.lede) {
        await playground.page.getByText(setting.lede).waitFor();
      }
      if (setting.streams) {
        assert.equal((await playground.facts()).Streams, setting.streams);
      }
      assert.notDeepEqual(await playground.takeSteps(STEPS), before);
    });
  });
}

for (const setting of LIVE) {
  const { label, value } = setting;
  test(`${label} ${value}: the run goes on, otherwise than before`, async () => {
    await visit(async (playground) => {
      await playground.fillAll(SMALL);
      const before = await playground.takeSteps(2 * STEPS);
      await playground.reset();
      assert.deepEqual(await playground.takeSteps(STEPS), before.slice(0, STEPS));
      await change(playground, setting);
      if (setting.streams) {
        await playground.page.getByText(setting.streams).waitFor();
      }
      assert.equal(await playground.step(), STEPS);
      assert.notDeepEqual(await playground.takeSteps(STEPS), before.slice(STEPS));
      assert.equal(await playground.step(), 2 * STEPS);
    });
  });
}

test("Temperature: near 0 the same text comes every time, and training does not notice", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await playground.fillAll(SMALL);
    const before = await playground.takeSteps(2 * STEPS);
    await playground.reset();
    await playground.takeSteps(STEPS);
    await change(playground, { label: "Temperature", value: 0 });
    await page.getByText("at temperature 0,").waitFor();
    const texts = [];
    while (texts.length < 2) {
      await page.getByLabel("Beginning of the text").fill("Call me");
      await playground.button("Generate").click();
      texts.push(await completeText(page, texts.length + 1));
    }
    assert.equal(texts[1], texts[0]);
    assert.deepEqual(await playground.takeSteps(STEPS), before.slice(STEPS));
  });
});

test("a setting changed while training does not stop it", async () => {
  await visit(async (playground) => {
    await playground.fillAll(SMALL);
    await playground.play();
    await playground.waitForStep({ from: 300 });
    await playground.fill("Hidden size", 17);
    await playground.waitForStep({ to: 299 });
    await playground.waitForStep({ from: 300 });
    await playground.fill("Learning rate", 0.01);
    await playground.waitForStep({ from: (await playground.step()) + 100 });
    await playground.pause();
  });
});

test("what is being typed stays when an answer to something else comes", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await playground.fillAll(SMALL);
    await playground.field("Hidden size").fill("2");
    await playground.drop("whale.txt", ENGLISH);
    await page.getByText("reads whale.txt and learns").waitFor();
    await page.keyboard.type("3");
    await page.keyboard.press("Tab");
    await page.getByText("1 layer of 23 units reads whale.txt").waitFor();
  });
});

async function change(playground, { label, word, value }) {
  await (word ? playground.choose(label, word) : playground.fill(label, value));
}

/** The text that was asked for, when it is the latest of `samples` and all its 400 characters are there. */
async function completeText(page, samples) {
  const seen = await page.waitForFunction((samples) => {
    const text = document.querySelector("[data-testid=generated]").textContent;
    return document.querySelectorAll(".sample").length === samples && [...text].length === 400 && text;
  }, samples);
  return seen.jsonValue();
}
