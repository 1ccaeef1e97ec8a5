/**
 * The gradient taken apart on the page: with one sequence in the batch, the triangle's last row is the gradient
 * flow's curve of the last loss, and what the recurrence alone does stands beside it.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { SMALL } from "./support/playground.mjs";
import { PHONE, visit } from "./support/visit.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const STEPS = 16;

/** The rows of a chart's numbers, as objects by the names of the columns. */
async function numbersOf(page, chart) {
  const menu = page.getByLabel(`Export: ${chart}`, { exact: true });
  await menu.click();
  const details = page.locator("details.export").filter({ has: menu });
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    details.getByRole("button", { name: "Numbers (CSV)" }).click(),
  ]);
  const text = readFileSync(await download.path(), "utf8").replaceAll(/"(?:[^"]|"")*"/g, "quoted");
  const [head, ...rows] = text.trimEnd().split("\r\n").map((row) => row.split(","));
  return rows.map((row) => Object.fromEntries(row.map((cell, index) => [head[index], cell])));
}

async function takeApart(playground) {
  const { page } = playground;
  await playground.fillAll({ ...SMALL, Batch: 1 });
  await page.getByRole("button", { name: /^Show ‖∂h/ }).click();
  await playground.button("Take it apart").click();
  await playground.takeSteps(3);
  await page.getByTestId("itemised-words").filter({ hasText: "training step 3" }).waitFor({ state: "attached" });
}

test("the triangle’s last row is the curve of the last loss", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await takeApart(playground);
    const triangle = await numbersOf(page, "Which loss moved which state");
    const flow = await numbersOf(page, "Gradient flow");
    assert.equal(triangle.length, (STEPS * (STEPS + 1)) / 2);
    const last = triangle.filter((row) => Number(row.loss_step) === STEPS - 1);
    for (const [step, row] of flow.entries()) {
      const [found, expected] = [Number(last[step].norm), Number(row.last_loss_gradient_norm_layer_1)];
      assert.ok(Math.abs(found - expected) <= 1e-5 * expected, `step ${step}: ${found} ${expected}`);
    }
    assert.equal(flow[STEPS - 1].jacobian_norm_layer_1_of_step_3, "1", "nothing lies between a state and itself");
    assert.ok(Number(flow[0].jacobian_norm_layer_1_of_step_3) > 0);

    const chart = page.getByRole("slider", { name: "Gradient of each step’s loss" });
    await chart.focus();
    await chart.press("ArrowLeft");
    const reading = await chart.getAttribute("aria-valuetext");
    assert.match(reading, /^Loss of step 15, “.+”, by the state of step 14, “.+”, 1 back: \d/);
    await chart.press("ArrowDown");
    assert.match(await chart.getAttribute("aria-valuetext"), /^Loss of step 14, “.+”, by the state of step 14/);
  });
});

test("a change of the sequence length goes into the running network, and the page says so", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await takeApart(playground);
    await playground.fill("Sequence length", 9);
    await page.getByText("Sequence length after step 3").waitFor();
    assert.equal(await playground.step(), 3);
    await playground.takeSteps(1);
    await page.getByTestId("itemised-words").filter({ hasText: "training step 4" }).waitFor({ state: "attached" });
    const triangle = await numbersOf(page, "Which loss moved which state");
    assert.equal(triangle.length, (9 * 10) / 2);
  });
});

for (const [name, options] of Object.entries({
  light: {},
  dark: { colorScheme: "dark" },
  phone: { viewport: PHONE },
})) {
  test(`nobody is kept out: ${name}`, async () => {
    await visit(async (playground) => {
      const { page } = playground;
      await takeApart(playground);
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document));
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
      assert.deepEqual(found, []);
      if (process.env.SHOTS) {
        for (const area of ["flow", "itemised"]) {
          await page.locator(`.card--${area}`).screenshot({ path: `${process.env.SHOTS}/${area}-${name}.png` });
        }
      }
    }, options);
  });
}
