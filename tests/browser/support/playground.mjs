/**
 * The page as a person handles it: controls by their names, numbers by their test ids.
 *
 * Waiting is always for something to be seen, never for time to pass. The limits only decide how long a
 * broken page takes to fail, and are generous, since two busy cores may be all there is.
 */

import assert from "node:assert/strict";

/** How long anything may take to be seen, in milliseconds. */
export const PATIENCE = 60_000;

/** A network that trains a step in a few milliseconds. */
export const SMALL = { "Hidden size": 16, "Embedding size": 8, Batch: 4, "Sequence length": 16 };

/** The page, opened. */
export class Playground {
  constructor(page, site, patience = PATIENCE) {
    this.page = page;
    this.site = site;
    page.setDefaultTimeout(patience);
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  part(testid) {
    return this.page.getByTestId(testid);
  }

  /** Waits until there is a network to train. */
  async waitUntilReady() {
    await this.page.waitForFunction(() => {
      const buttons = [...document.querySelectorAll("button")];
      return buttons.some((button) => button.innerText.trim() === "Play" && !button.disabled);
    });
  }

  async play() {
    await this.button("Play").click();
  }

  /** Pauses, and waits until the page says so. */
  async pause() {
    await this.button("Pause").click();
    await this.button("Play").waitFor();
  }

  /** Begins again, and waits until that is seen. */
  async reset() {
    await this.button("Reset").click();
    await this.waitForStep({ to: 0 });
  }

  /** Takes this many steps, one press each. Returns the loss shown after each. */
  async takeSteps(count) {
    const losses = [];
    for (let taken = 0; taken < count; taken += 1) {
      const before = await this.step();
      await this.button("Step").click();
      const { step, loss } = await this.waitForStep({ from: before + 1 });
      assert.equal(step, before + 1, "Step takes exactly one step");
      losses.push(loss);
    }
    return losses;
  }

  /** Trains until at least `step`, then pauses. */
  async trainTo(step) {
    await this.play();
    await this.waitForStep({ from: step });
    await this.pause();
  }

  async text(testid) {
    return this.part(testid).innerText();
  }

  async step() {
    return Number(await this.text("step"));
  }

  /** Waits until the step lies between `from` and `to`. Returns step and loss as shown at that moment. */
  async waitForStep({ from = 0, to = Number.MAX_SAFE_INTEGER }) {
    const seen = await this.page.waitForFunction(
      ({ from, to }) => {
        const textOf = (id) => document.querySelector(`[data-testid=${id}]`)?.textContent;
        const step = Number(textOf("step"));
        return from <= step && step <= to && { step, loss: textOf("loss") };
      },
      { from, to },
    );
    return seen.jsonValue();
  }

  /** Waits until the status line has these words. */
  async waitForStatus(words) {
    await this.part("status").filter({ hasText: words }).waitFor();
  }

  /** Chooses fast mode, and waits until there is a network to train. */
  async turnFast() {
    await this.page.getByRole("switch", { name: "Fast mode" }).check();
    await this.waitUntilReady();
  }

  /** A field of the panels. */
  field(label) {
    return this.page.getByLabel(label, { exact: true });
  }

  /** Fills in a field of the panels and leaves it, in one go: no answer of the worker comes between. */
  async fill(label, value) {
    await this.field(label).evaluate((field, value) => {
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }, String(value));
  }

  /** Fills several fields. */
  async fillAll(fields) {
    for (const [label, value] of Object.entries(fields)) {
      await this.fill(label, value);
    }
  }

  /** Chooses one of the words of a group or of a list. */
  async choose(label, word) {
    const group = this.page.getByRole("radiogroup", { name: label, exact: true });
    if ((await group.count()) > 0) {
      await group.getByText(word, { exact: true }).click();
    } else {
      await this.field(label).selectOption({ label: word });
    }
  }

  /** Gives a text by pasting it. */
  async paste(text) {
    await this.page.getByLabel("Or paste a text").fill(text);
    await this.button("Use this text").click();
  }

  /** Pastes a text where none was pasted before, and waits until the network learns it. */
  async learn(text) {
    await this.paste(text);
    await this.page.getByText("reads pasted text and learns").waitFor();
  }

  /** Gives a text by choosing a file. */
  async chooseFile(file) {
    await this.page.getByLabel("Choose file").setInputFiles(file);
  }

  /** Lets go of a file over the page. */
  async drop(name, text) {
    const transfer = await this.page.evaluateHandle(
      ([name, text]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([text], name, { type: "text/plain" }));
        return transfer;
      },
      [name, text],
    );
    for (const type of ["dragenter", "dragover", "drop"]) {
      await this.page.dispatchEvent("main", type, { dataTransfer: transfer });
    }
  }

  /** What the Data panel says of the text, by name. */
  async facts() {
    const rows = await this.page.locator(".facts > div").allInnerTexts();
    return Object.fromEntries(rows.map((row) => row.replaceAll("\u202f", "").split("\n")));
  }

  /** The losses that the loss chart's cursor reads for the steps `1..=last`, found with the keyboard. */
  async lossesOnChart(last) {
    const chart = this.page.getByRole("slider", { name: "Loss curve" });
    await chart.focus();
    await chart.press("Home");
    const losses = [];
    while (losses.length < last) {
      const reading = await chart.getAttribute("aria-valuetext");
      const [, step, loss] = /^Step (\d+): ([\d.]+) bits/.exec(reading) ?? assert.fail(reading);
      assert.equal(Number(step), losses.length + 1, "the cursor goes step by step");
      losses.push(loss);
      await chart.press("ArrowRight");
    }
    await chart.press("Escape");
    return losses;
  }
}
