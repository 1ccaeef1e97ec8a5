/**
 * The cell under the microscope, as the page shows it: its equations evaluate to the results shown, its
 * numbers are those of a native session, and what is changed by hand leads where it leads natively.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { runNatively } from "./support/native.mjs";
import { PHONE, visit } from "./support/visit.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TEXT = "the whale, the sea, the ship; call me what you like, the sea does not mind.\n".repeat(60);
const STEPS = 3;
const PLACE = { layer: 1, step: 5, unit: 7 };
const EQUATIONS = { Elman: 2, LSTM: 10, GRU: 7 };

let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "rnn-cell-"));
  await writeFile(join(folder, "text.txt"), TEXT);
});
after(() => rm(folder, { recursive: true }));

for (const [cell, count] of Object.entries(EQUATIONS)) {
  test(`${cell}: equations evaluate, and numbers are the native ones`, async () => {
    await visit(async (playground) => {
      await train(playground, cell);
      await lookAt(playground.page, PLACE);
      const lines = await equations(playground.page);
      assert.equal(lines.length, count);
      lines.forEach(expectTrue);
      await expectNative(playground.page, await native(cell, { place: PLACE, edits: [] }));
    });
  });
}

test("a change by hand leads where it leads natively, and can be undone", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await train(playground, "LSTM");
    await lookAt(page, PLACE);
    const plain = await values(page);
    await change(page, "the unit’s c of the step before", "2.5");
    const edits = [{ kind: "cell", layer: 1, step: 4, unit: 7, value: 2.5 }];
    const look = await native("LSTM", { place: PLACE, edits });
    await page.getByTestId("cell-consequence").waitFor();
    await expectNative(page, look);
    (await equations(page)).forEach(expectTrue);
    const words = await playground.text("cell-consequence");
    assert.match(words, /First felt at time step 5\./);
    const moved = (100 * look.consequence.moved[look.consequence.most_moved_step]).toFixed(1);
    assert.ok(words.includes(`${moved}% of it`), `${words} ${moved}`);

    await change(page, "the unit’s c of the step before", "much");
    await page.getByRole("alert").filter({ hasText: "between −100 and 100" }).waitFor();
    await change(page, "the symbol read here", "q");
    await page.getByRole("alert").filter({ hasText: "does not know “q”" }).waitFor();

    await playground.button("Undo edits").click();
    await page.getByTestId("cell-consequence").waitFor({ state: "detached" });
    assert.deepEqual(await values(page), plain);
  });
});

test("a weight chosen from the list is changed", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await train(playground, "GRU");
    await lookAt(page, PLACE);
    await page.getByTestId("cell-weights").getByRole("button").first().click();
    const field = page.getByLabel("New value");
    assert.match(await field.inputValue(), /^−?\d+\.\d+$/);
    await field.fill("3");
    await field.press("Enter");
    const changes = page.getByTestId("cell-changes").getByRole("listitem");
    await changes.first().waitFor();
    assert.match(await changes.first().innerText(), /rnn\.weight_(ih|hh)_l1, number \d+, is 3\.000000/);
    await page.getByTestId("cell-consequence").waitFor();
    assert.match(await playground.text("cell-consequence"), /First felt at time step 0/);
    (await equations(page)).forEach(expectTrue);
  });
});

test("the map's cell is put under the microscope by keys alone, on a phone", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await train(playground, "LSTM");
    // The settings are folded away on a phone.
    await page.setViewportSize(PHONE);
    const map = page.getByRole("slider", { name: /Units at each time step/ });
    await map.focus();
    for (const key of ["Home", "ArrowRight", "ArrowRight", "ArrowDown", "Enter"]) {
      await page.keyboard.press(key);
    }
    await page.getByTestId("cell").waitFor();
    const reading = await map.getAttribute("aria-valuetext");
    const [, layer, unit, step] = /Layer (\d+), unit (\d+), time step (\d+)/.exec(reading);
    await page.waitForFunction(
      (expected) => document.querySelector(".card--cell .card__caption").textContent.startsWith(expected),
      `Layer ${layer}, unit ${unit}, time step ${step},`,
    );
    // What the map says of the cell is what the microscope says.
    const [, hidden] = /h = (.*)$/.exec(reading);
    assert.equal((await values(page)).h.toFixed(3), Number(hidden.replace("−", "-")).toFixed(3));
    await change(page, "the unit’s h, as it is handed on", "0.5");
    await page.getByTestId("cell-consequence").waitFor();
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document));
    const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
    assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target)}`), []);
    const [width, visible] = await page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
    assert.ok(width <= visible, `${width} px wide on a screen of ${visible} px`);
  });
});

async function train(playground, cell) {
  await playground.choose("Cell", cell);
  await playground.fillAll({ Layers: 2, "Hidden size": 12, "Embedding size": 6 });
  await playground.fillAll({ Batch: 4, "Sequence length": 16, "Learning rate": 0.02 });
  await playground.chooseFile(join(folder, "text.txt"));
  await playground.page.getByText("4\u202f332 characters").waitFor();
  await playground.takeSteps(STEPS);
}

/** The same natively. */
async function native(cell, inspection) {
  const settings = {
    cell: cell.toLowerCase(),
    layers: 2,
    hidden_size: 12,
    embedding_size: 6,
    batch_size: 4,
    sequence_length: 16,
    learning_rate: 0.02,
  };
  const output = await runNatively([
    ...["--package", "rnn-tests", "--bin", "inspect_cell", "--", join(folder, "text.txt"), String(STEPS)],
    JSON.stringify(inspection),
    ...Object.entries(settings).map(([key, value]) => `${key}=${value}`),
  ]);
  return JSON.parse(output);
}

async function lookAt(page, { layer, step, unit }) {
  await page.getByRole("button", { name: "Look into a cell" }).click();
  const places = { Layer: layer + 1, "Time step": step, Unit: unit };
  for (const [label, number] of Object.entries(places)) {
    const field = page.getByTestId("cell").getByLabel(label, { exact: true });
    await field.fill(String(number));
    await field.press("Enter");
    // The cell has come when the caption says so.
    await page.waitForFunction(
      (words) => document.querySelector(".card--cell .card__caption").textContent.toLowerCase().includes(words),
      `${label.toLowerCase()} ${number},`,
    );
  }
}

async function change(page, what, value) {
  await page.getByLabel("What", { exact: true }).selectOption({ label: what });
  const field = page.getByLabel("New value");
  await field.fill(value);
  await field.press("Enter");
}

/** Each equation as it is shown: symbols, numbers, result. */
function equations(page) {
  return page.getByTestId("cell-equations").evaluate((list) =>
    [...list.children].map((line) => ({
      symbols: line.firstElementChild.textContent,
      numbers: line.querySelector("[data-part=numbers]").textContent,
      result: line.querySelector("[data-part=result]").textContent,
    })),
  );
}

/** The result must be that of the numbers, to its last digit: what goes in has two digits more. */
function expectTrue({ symbols, numbers, result }) {
  const found = evaluate(numbers);
  const shown = Number(result.replace("−", "-"));
  const unit = 10 ** -(result.split(".")[1] ?? "").length;
  assert.ok(Math.abs(found - shown) <= unit, `${symbols} = ${numbers} = ${result}, but it is ${found}`);
}

/** The value of an equation's right side. */
function evaluate(numbers) {
  const program = numbers
    .replaceAll("−", "-")
    .replaceAll("·", "*")
    .replaceAll("σ(", "sigmoid(")
    .replaceAll("max(", "Math.max(")
    .replaceAll("tanh(", "Math.tanh(");
  assert.match(program, /^(sigmoid|Math\.(max|tanh)|[-+*().,\d\s])+$/, "only arithmetic");
  return new Function("sigmoid", `return ${program}`)((a) => 1 / (1 + Math.exp(-a)));
}

/** The gates and states that the page shows, by their letters. */
async function values(page) {
  const texts = await page.locator(".cell-states [data-testid]").evaluateAll((cells) =>
    cells.map((cell) => [cell.dataset.testid.slice("cell-".length), cell.textContent]),
  );
  return Object.fromEntries(texts.map(([name, text]) => [name, Number(text.trim().replace("−", "-"))]));
}

/** Compares to 1e-5; shown are six decimals, and the two differ by less than what that leaves out. */
async function expectNative(page, look) {
  const { unit } = look.edited ?? look.as_is;
  const letters = { elman: [""], lstm: ["i", "f", "g", "o"], gru: ["r", "z", "n"] };
  const names = letters[look.form.startsWith("elman") ? "elman" : look.form];
  const expected = { "h-before": unit.hidden_before, h: unit.handed_on };
  if (unit.cells !== null) {
    Object.assign(expected, { "c-before": unit.cells_before, c: unit.cells });
  }
  names.forEach((name, index) => {
    if (name !== "") {
      expected[name] = unit.gates[index].value;
    }
  });
  await page.waitForFunction((c) => {
    const shown = document.querySelector("[data-testid=cell-h]").textContent.trim().replace("−", "-");
    return Math.abs(Number(shown) - c) < 1e-5;
  }, unit.handed_on);
  const found = await values(page);
  assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected)) {
    assert.ok(Math.abs(found[name] - value) < 1e-5, `${name}: ${found[name]} on the page, ${value} natively`);
  }
}
