/**
 * A race on the page: equal networks have equal curves, each network's numbers are those that it has alone, and
 * everything is read in words.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { SMALL } from "./support/playground.mjs";
import { PHONE, visit } from "./support/visit.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const BUDGET = 30;

/** The cells of a contender's row, without its name. */
async function row(playground, number) {
  const cells = await playground.part(`contender-${number}`).locator("td").allInnerTexts();
  const [parameters, step, loss, heldOut] = cells.map((cell) => cell.replaceAll("\u202f", ""));
  return { parameters: Number(parameters), step: Number(step), loss, heldOut };
}

function addRival(playground) {
  return playground.button("Add a rival").click();
}

/** A group of the fields of one rival. */
function rival(playground, number) {
  return playground.page.getByRole("group", { name: `Rival ${number}`, exact: true });
}

async function raceToTheEnd(playground) {
  await playground.play();
  await playground.waitForStatus(`Finished at step ${BUDGET}`);
}

test("two equal networks have equal curves and finish level", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await playground.fillAll({ ...SMALL, "Stop after": BUDGET });
    await addRival(playground);
    await rival(playground, 1).getByText("LSTM", { exact: true }).click();
    await playground.part("contender-1").getByText("LSTM (2)").waitFor();
    await raceToTheEnd(playground);
    const [own, rivals] = [await row(playground, 0), await row(playground, 1)];
    assert.equal(own.step, BUDGET);
    assert.deepEqual(rivals, own);
    await page.getByText(/LSTM \(1\) and LSTM \(2\) finish level after 30 steps/).waitFor();
    const chart = page.getByRole("slider", { name: "Loss curve" });
    await chart.focus();
    await chart.press("Home");
    for (let step = 1; step < BUDGET; step += 1) {
      const reading = await chart.getAttribute("aria-valuetext");
      const [, one, other] = /^Step \d+: LSTM \(1\) (.+); LSTM \(2\) (.+)$/.exec(reading) ?? assert.fail(reading);
      assert.equal(one, other);
      await chart.press("ArrowRight");
    }
  });
});

test("a network has the numbers that it has alone, and can be looked into", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await playground.fillAll({ ...SMALL, "Stop after": BUDGET });
    await playground.choose("Cell", "GRU");
    await playground.waitForStep({ to: 0 });
    await raceToTheEnd(playground);
    const alone = { loss: await playground.text("loss"), heldOut: await playground.text("validation-loss") };
    await playground.choose("Cell", "LSTM");
    await playground.waitForStep({ to: 0 });
    await addRival(playground);
    await playground.part("contender-1").getByText("GRU").waitFor();
    await raceToTheEnd(playground);
    const gru = await row(playground, 1);
    assert.equal(gru.heldOut, alone.heldOut);
    assert.ok(gru.parameters < (await row(playground, 0)).parameters);
    const words = await playground.part("loss-chart").locator(".visually-hidden").textContent();
    assert.ok(words.includes(`GRU: after ${BUDGET} steps ${alone.loss}`), words);
    await page.getByRole("radio", { name: "Look inside GRU" }).check();
    const map = page.getByRole("radiogroup", { name: "Quantity" });
    await map.getByText("r", { exact: true }).waitFor();
    assert.ok((await playground.part("gradient-flow").locator(".visually-hidden").textContent()).includes("GRU, after"));
    // The way back: without the rival a run alone begins, and Undo brings the race back.
    await playground.button("Take out rival 1, GRU").click();
    await playground.part("race").waitFor({ state: "detached" });
    await playground.button("Undo").click();
    await playground.part("contender-1").getByText("GRU").waitFor();
    assert.deepEqual(await row(playground, 1), gru);
  });
});

test("three networks on a phone: stop, go on, no barrier", async () => {
  await visit(
    async (playground) => {
      const { page } = playground;
      await page.locator("summary", { hasText: "Model" }).click();
      await page.locator("summary", { hasText: "Training" }).click();
      await page.locator("summary", { hasText: "Race" }).click();
      await playground.fillAll(SMALL);
      await addRival(playground);
      await addRival(playground);
      await playground.part("contender-2").getByText("Elman").waitFor();
      assert.equal(await playground.button("Add a rival").count(), 0);
      await playground.trainTo(20);
      const steps = await Promise.all([0, 1, 2].map(async (number) => (await row(playground, number)).step));
      assert.ok(Math.max(...steps) - Math.min(...steps) <= 1, `${steps}`);
      await page.evaluate(AXE);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        const { violations } = await page.evaluate(async () => {
          // Colours that fade into each other are judged as they end.
          const fades = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
          fades.forEach((fade) => fade.finish());
          return globalThis.axe.run(document);
        });
        assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]), []);
      }
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `the page is ${overflow} pixels too wide`);
    },
    { viewport: PHONE },
  );
});
