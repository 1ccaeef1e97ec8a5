/**
 * Undo and redo: an edit that began a new run gives the earlier run back, with its weights and its curve; one
 * that did not is taken back in the running network.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { SMALL } from "./support/playground.mjs";
import { visit } from "./support/visit.mjs";

test("edits are undone and redone by keys, and runs come back where they were", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await playground.fillAll(SMALL);
    const losses = await playground.takeSteps(12);
    await playground.fill("Learning rate", 0.01);
    await playground.choose("Cell", "GRU");
    await page.getByText("A GRU,").waitFor();
    await playground.takeSteps(3);
    await page.getByText("Train a recurrent network in your browser").click();

    await page.keyboard.press("Control+z");
    await playground.waitForStep({ from: 12, to: 12 });
    await page.getByText("An LSTM,").waitFor();
    assert.deepEqual(await playground.lossesOnChart(12), losses, "the curve is back");
    await page.keyboard.press("Control+z");
    await valueIs(playground, "Learning rate", "0.002");
    assert.equal(await playground.step(), 12, "the network goes on");

    await page.keyboard.press("Control+Shift+z");
    await valueIs(playground, "Learning rate", "0.01");
    await page.keyboard.press("Control+y");
    await playground.waitForStep({ from: 3, to: 3 });
    await page.getByText("A GRU,").waitFor();
    assert.ok(await playground.button("Redo").isDisabled());
  });
});

test("several at once, and the buttons say what they would do", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    assert.ok(await playground.button("Undo").isDisabled());
    await playground.fill("Hidden size", 16);
    await playground.fill("Layers", 2);
    await playground.fill("Seed", 9);
    await page.getByText("An LSTM, 2 layers of 16 units").waitFor();
    assert.equal(await playground.button("Undo").getAttribute("title"), "Undo: Seed 0 → 9");
    for (let press = 0; press < 3; press += 1) {
      await page.keyboard.press("Control+z");
    }
    await page.getByText("An LSTM, 1 layer of 128 units").waitFor();
    await playground.waitUntilReady();
    assert.equal(await playground.text("seed"), "0");
    assert.equal(await playground.button("Redo").getAttribute("title"), "Redo: Hidden size 128 → 16");
  });
});

test("in a text field the keys mean what was typed", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await playground.fill("Seed", 9);
    await page.waitForFunction(() => document.querySelector("[data-testid=seed]").textContent === "9");
    const prompt = page.getByLabel("Beginning of the text");
    await prompt.focus();
    await page.keyboard.type("ab");
    await page.keyboard.press("Control+z");
    assert.notEqual(await prompt.inputValue(), "ab");
    assert.equal(await playground.text("seed"), "9");
  });
});

function valueIs({ page }, label, value) {
  return page.waitForFunction(
    ([label, value]) => {
      const labels = [...document.querySelectorAll("label")];
      return labels.find((element) => element.innerText === label)?.control?.value === value;
    },
    [label, value],
  );
}
