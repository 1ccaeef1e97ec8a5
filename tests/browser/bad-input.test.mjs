/**
 * What cannot be done is refused with a sentence that says what to do, and nothing that was trained is
 * lost: the step stays, and training goes on exactly as it would have.
 */

import assert from "node:assert/strict";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SMALL } from "./support/playground.mjs";
import { ENGLISH } from "./support/texts.mjs";
import { visit } from "./support/visit.mjs";

const BEFORE = 3;
const AFTER = 3;

/** A file as Playwright chooses it, of texts and bytes. */
const file = (name, ...parts) => ({
  name,
  mimeType: "text/plain",
  buffer: Buffer.concat(parts.map((part) => Buffer.from(part))),
});

const TEXTS = [
  ["an empty file", file("empty.txt", ""), /text is empty.*at least 32 characters/],
  ["one character", file("one.txt", "a"), /text is too short: 1 of at least 32 characters/],
  ["one character repeated", file("same.txt", "a".repeat(500)), /one character repeated/],
  ["a binary file", file("picture.png", [0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13], ENGLISH), /binary file, not a text/],
  ["another encoding", file("latin.txt", [0x63, 0x61, 0x66, 0xe9], ENGLISH), /not in UTF-8 .*Save it as UTF-8/],
];

for (const [what, bad, sentence] of TEXTS) {
  test(`${what} is refused`, async () => {
    await visit((playground) => expectRefusal(playground, () => playground.chooseFile(bad), sentence));
  });
}

test("a file of 200 MB is refused before it is read", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rnn-browser-"));
  try {
    const path = join(folder, "huge.txt");
    await writeFile(path, "");
    // A hole: it has its size without taking room.
    await truncate(path, 200_000_000);
    const sentence = /“huge.txt” has 200\.0 MB; a text may have at most/;
    await visit((playground) => expectRefusal(playground, () => playground.chooseFile(path), sentence));
  } finally {
    await rm(folder, { recursive: true });
  }
});

const FIELDS = [
  ["Hidden size", "0", /Hidden size must lie between 1 and .*, found 0/],
  ["Hidden size", "many", /Hidden size must be a number, found “many”/],
  ["Hidden size", "", /Hidden size must be a number/],
  ["Learning rate", "-1", /Learning rate must lie between 0 and .*, found -1/],
  ["Batch", "2.5", /Batch must be a (whole )?number, found “2.5”/],
];

for (const [label, value, sentence] of FIELDS) {
  test(`${label} “${value}” is refused beside the field`, async () => {
    await visit(async (playground) => {
      await expectRefusal(playground, () => playground.fill(label, value), sentence);
      const field = playground.field(label);
      assert.equal(await field.getAttribute("aria-invalid"), "true");
      const problem = await field.getAttribute("aria-describedby");
      assert.match(await playground.page.locator(`#${problem}`).innerText(), sentence);
    });
  });
}

test("hidden size 100,000 is refused with the memory it would need", async () => {
  const sentence = /would need [\d.]+ TiB of memory; the limit is [\d.]+ GiB/;
  await visit(async (playground) => {
    await expectRefusal(playground, () => playground.fill("Hidden size", "100000"), sentence);
    assert.equal(await playground.field("Hidden size").inputValue(), "16", "the field shows the network there is");
  });
});

test("an absurd learning rate stops training with advice; a smaller one lets it go on", async () => {
  await visit(async (playground) => {
    await playground.fillAll({ ...SMALL, "Clip gradient at": 0 });
    await playground.takeSteps(BEFORE);
    await playground.fill("Learning rate", "1e30");
    await playground.play();
    await playground.waitForStatus(/Training stopped at step \d+: the (loss|gradient) is no longer a finite number/);
    const words = await playground.text("status");
    assert.match(words, /smaller learning rate than .*clip the gradient at 1/);
    const [, kept] = /weights after step (\d+) are kept/.exec(words);
    assert.equal(await playground.step(), Number(kept), "the step shown is that of the weights kept");

    await playground.fillAll({ "Learning rate": 0.002, "Clip gradient at": 1 });
    await playground.play();
    await playground.waitForStep({ from: Number(kept) + 5 });
    await playground.pause();
    assert.ok(Number.isFinite(Number(await playground.text("loss"))));
  });
});

/** Has something refused in the middle of a run, and compares the run with one that nothing disturbed. */
async function expectRefusal(playground, attempt, sentence) {
  const { page } = playground;
  await playground.fillAll(SMALL);
  const undisturbed = await playground.takeSteps(BEFORE + AFTER);
  await playground.reset();
  const before = await playground.takeSteps(BEFORE);
  await attempt();
  await page.getByText(sentence).first().waitFor();
  assert.equal(await playground.step(), BEFORE, "the step stays");
  const after = await playground.takeSteps(AFTER);
  assert.deepEqual([...before, ...after], undisturbed, "training goes on as it would have");
}
