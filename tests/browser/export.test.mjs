/**
 * Every chart becomes files: a picture, a drawing, and numbers that are those of the page.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { SMALL } from "./support/playground.mjs";
import { visit } from "./support/visit.mjs";

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const TEXT_CHARTS = [
  "Loss",
  "Gradient norm",
  "The unrolled network",
  "Cell microscope",
  "Gradient flow",
  "Gradients of the parameters",
];
const MEMORY_CHARTS = [
  "Loss",
  "Recall",
  "Recall against delay",
  "Gradient norm",
  "The unrolled network",
  "Gradient flow",
  "Gradients of the parameters",
];

/** Takes one of a chart's files: its name and its bytes. */
async function take(page, chart, kind) {
  const menu = page.getByLabel(`Export: ${chart}`, { exact: true });
  const details = page.locator("details.export").filter({ has: menu });
  await menu.click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    details.getByRole("button", { name: kind }).click(),
  ]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** Takes all three and checks that each is what it says. Returns the rows of the numbers. */
async function takeAll(page, chart) {
  const png = await take(page, chart, "Picture (PNG)");
  assert.match(png.name, /\.png$/);
  assert.ok(png.bytes.subarray(0, 8).equals(PNG), `${chart}: no PNG`);
  assert.ok(png.bytes.readUInt32BE(16) >= 300 && png.bytes.readUInt32BE(20) >= 100, `${chart}: ${png.name} is tiny`);
  const svg = await take(page, chart, "Drawing (SVG)");
  assert.match(svg.name, /\.svg$/);
  assert.match(svg.bytes.toString("utf8"), /^<svg [^]*<\/svg>\s*$/);
  const csv = await take(page, chart, "Numbers (CSV)");
  assert.match(csv.name, /\.csv$/);
  const rows = csv.bytes.toString("utf8").trimEnd().split("\r\n");
  assert.ok(rows.length > 1, `${chart}: ${csv.name} has no numbers`);
  return rows;
}

test("each chart of the Text lab becomes three files, with the numbers of the page", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await playground.fillAll(SMALL);
    await playground.takeSteps(3);
    await playground.button("Look into a cell").click();
    await page.getByTestId("cell").waitFor();
    const files = {};
    for (const chart of TEXT_CHARTS) {
      files[chart] = await takeAll(page, chart);
    }
    const losses = await playground.lossesOnChart(3);
    assert.match(files.Loss[0], /^step,loss,loss_smoothed,held_out/);
    const written = files.Loss.slice(1, 4).map((row) => Number(row.split(",")[1]).toFixed(3));
    assert.deepEqual(written, losses, "the file has the losses of the chart");
    assert.equal(files["Gradient flow"].length, 1 + 16, "a row for each time step");
    assert.equal(files["Cell microscope"].length, 1 + 16, "a row for each unit");
    assert.equal(files["The unrolled network"][1].split(",").length, 3 + 16, "a column for each unit");
    assert.match(files["Gradients of the parameters"][1], /^all together,/);
  });
});

test("each chart of the Memory lab becomes three files, and those of a race have every network", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await playground.choose("Lab", "Memory");
    await page.getByRole("heading", { name: "Failure gallery" }).waitFor();
    await playground.waitUntilReady();
    await playground.trainTo(12);
    await page.getByTestId("delay-chart-words").filter({ hasText: "% at 10" }).waitFor({ state: "attached" });
    for (const chart of MEMORY_CHARTS) {
      const rows = await takeAll(page, chart);
      if (chart === "Recall against delay") {
        const words = await page.getByTestId("delay-chart-words").innerText();
        const [, atTen] = /([\d.]+)% at 10,/.exec(words) ?? assert.fail(words);
        const row = rows.find((row) => row.startsWith("10,"));
        assert.equal((100 * Number(row.split(",")[1])).toFixed(1), atTen);
      }
    }
    await playground.button("Add a rival").click();
    await page.getByTestId("contender-1").waitFor();
    await playground.takeSteps(2);
    for (const chart of ["Loss", "Gradient norm", "Gradient flow"]) {
      const [head] = await takeAll(page, chart);
      assert.match(head, /, LSTM.*, GRU|, GRU.*, LSTM/, `${chart}: ${head}`);
    }
  });
});
