/**
 * The home page: each lab's card has a network that really trains, whose words are the command line's numbers; from
 * there one gets into a lab and back, by pointer, by keys and by the browser's own buttons; and nothing moves that
 * a visitor does not want to move.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { asShown, lookNatively, trainNatively } from "./support/native.mjs";
import { DIST } from "./support/server.mjs";
import { visit } from "./support/visit.mjs";

const SHIPPED = join(DIST, "static/data/moby-dick.txt");
const LABS = ["anatomy", "text", "memory"];
const home = { isHome: true };

test("every lab has a card whose network trains", async () => {
  await visit(async ({ page }) => {
    const cards = await page.getByTestId(/^card-/).evaluateAll((cards) => cards.map(({ dataset }) => dataset.testid));
    assert.deepEqual(cards, LABS.map((lab) => `card-${lab}`));
    for (const card of cards) {
      const lab = card.replace("card-", "");
      const first = await stepOf(page, lab, 1);
      const states = page.getByTestId(card).getByRole("img");
      const words = await states.getAttribute("aria-label");
      assert.match(words, /^Hidden state of \d+ units over \d+ steps, after training step /);
      await stepOf(page, lab, first + 1);
      await page.waitForFunction(
        ([card, words]) => document.querySelector(`[data-testid=${card}] canvas`).ariaLabel !== words,
        [card, words],
      );
    }
    await page.getByTestId("card-text").getByText("It writes:").waitFor();
    await page.getByTestId("card-memory").getByText(/It answers [A-H]; the truth is [A-H]: (correct|wrong)/).waitFor();
  }, home);
});

test("a card's numbers are those of the command line at the same experiment", async () => {
  await visit(async ({ page }) => {
    await stepOf(page, "text", 20);
    await page.getByRole("button", { name: "Pause the cards" }).click();
    const words = await settled(page.getByTestId("standing-text"));
    const [, steps, loss] = /^Step (\d+) of 4000, loss ([\d.]+) bits\/char$/.exec(words.replaceAll("\u202f", ""));
    const states = await page.getByTestId("card-text").getByRole("img").getAttribute("aria-label");
    const same = await page.getByRole("link", { name: "Open this very network in the Text lab" }).getAttribute("href");
    const { v, lab, ...settings } = Object.fromEntries(new URLSearchParams(new URL(same).hash.slice(1)));
    assert.deepEqual([v, lab, settings.hidden_size], ["1", "text", "24"]);
    const experiment = { text: SHIPPED, steps: Number(steps), settings };
    const native = await trainNatively(experiment);
    assert.equal(loss, asShown(native.steps.at(-1).loss));
    const look = await lookNatively(experiment);
    const places = look.units[0].flatMap((units, step) => units.map((value, unit) => ({ value, unit, step })));
    const sorted = places.toSorted((one, other) => one.value - other.value);
    const shown = ({ value, unit, step }) => {
      const sign = value < 0 ? "−" : "+";
      return `${sign}${Math.abs(Math.fround(value)).toFixed(3)} (unit ${unit}, step ${step + 1})`;
    };
    assert.ok(states.endsWith(`Lowest ${shown(sorted[0])}, highest ${shown(sorted.at(-1))}.`), states);
    assert.ok(states.includes(`after training step ${steps}. Read: `), states);
  }, home);
});

test("a card leads into its lab, and back and forth leads the way it came", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await page.getByRole("link", { name: "Memory", exact: true }).click();
    await playground.waitUntilReady();
    await page.getByText("must name the symbol at the cue").waitFor();
    await page.waitForFunction(() => location.hash === "#v=1&lab=memory");
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "MAIN", "reading goes on there");
    await playground.takeSteps(2);
    await page.goBack();
    await page.getByTestId("resume").filter({ hasText: "Continue where you left off: Memory, LSTM" }).waitFor();
    await stepOf(page, "memory", 1);
    await page.goForward();
    await playground.waitForStep({ from: 2, to: 2 });
    await page.getByRole("link", { name: "RNN Playground" }).click();
    await page.getByRole("link", { name: "Continue", exact: true }).click();
    await playground.waitForStep({ from: 2, to: 2 });
    assert.equal(await playground.button("Undo").isEnabled(), false, "coming here was no edit");

    await page.getByRole("radiogroup", { name: "Lab" }).getByText("Text", { exact: true }).click();
    await page.getByText("reads Moby-Dick and learns").waitFor();
    await page.waitForFunction(() => location.hash.startsWith("#v=1&lab=text"));
    await page.goBack();
    await page.getByText("must name the symbol at the cue").waitFor();
  }, home);
});

test("a run that plays rests while the home page is shown", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await page.goto(`${playground.site.address}#lab=memory`);
    await playground.waitUntilReady();
    await playground.play();
    await playground.waitForStep({ from: 3 });
    await page.getByRole("link", { name: "RNN Playground" }).click();
    await page.getByRole("link", { name: "Continue", exact: true }).click();
    await playground.button("Play").waitFor();
    const step = await playground.step();
    await page.waitForTimeout(300);
    assert.equal(await playground.step(), step);
  }, home);
});

test("the keyboard alone gets into a lab, and keys of the lab do nothing on the home page", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await stepOf(page, "text", 1);
    await page.keyboard.press("Space");
    await page.keyboard.press("Control+z");
    const reached = [];
    for (let press = 0; press < 12 && reached.at(-1) !== "Memory"; press += 1) {
      await page.keyboard.press("Tab");
      reached.push(await page.evaluate(() => document.activeElement.innerText.trim()));
    }
    assert.deepEqual(reached.slice(-3), ["Text", "Open this very network", "Memory"], `${reached}`);
    await page.keyboard.press("Enter");
    await playground.waitUntilReady();
    assert.equal(await playground.step(), 0);
  }, home);
});

test("with less motion wished nothing trains before a button is pressed", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.reload();
    const standing = page.getByTestId("standing-text");
    await standing.filter({ hasText: "Not trained yet" }).waitFor();
    const fetched = [];
    page.on("request", (request) => fetched.push(request.url()));
    await page.waitForTimeout(500);
    assert.equal(await standing.innerText(), "Not trained yet");
    const texts = fetched.filter((address) => address.includes("/static/data/"));
    assert.deepEqual(texts, [], "and no text is fetched for it");
    await page.getByRole("button", { name: "Train the cards" }).click();
    await stepOf(page, "text", 2);
    await page.getByRole("button", { name: "Pause the cards" }).click();
    await settled(standing);
  }, home);
});

test("a text dropped on the home page is trained on in the Text lab", async () => {
  await visit(async (playground) => {
    await stepOf(playground.page, "memory", 1);
    await playground.drop("own.txt", "the sea, the ship, the whale; ".repeat(60));
    await playground.page.getByText("reads own.txt and learns").waitFor();
    await playground.takeSteps(1);
  }, home);
});

test("without its text, a card says so and the others go on", async () => {
  const faults = { "static/data/moby-dick.txt": () => ({ status: 404, body: "Not found\n" }) };
  await visit(async ({ page }) => {
    await page.getByTestId("standing-text").filter({ hasText: "No miniature: Moby-Dick could not be fetched" }).waitFor();
    await stepOf(page, "memory", 2);
  }, { ...home, faults, mayFail: true });
});

test("a failure opens in its lab", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await page.getByRole("link", { name: "Exploding to NaN" }).click();
    await playground.waitUntilReady();
    await page.getByText("An Elman network, 1 layer of 32 units").waitFor();
  }, home);
});

/** Waits until a card's network has taken so many steps. Returns how many it has. */
async function stepOf(page, lab, from) {
  const seen = await page.waitForFunction(
    ([lab, from]) => {
      const words = document.querySelector(`[data-testid=standing-${lab}]`)?.textContent ?? "";
      const step = Number(/^Step ([\d\u202f]+)/.exec(words)?.[1].replaceAll("\u202f", ""));
      return step >= from && step;
    },
    [lab, from],
  );
  return seen.jsonValue();
}

/** What stands there once it stands still. */
async function settled(part) {
  for (;;) {
    const before = await part.innerText();
    await part.page().waitForTimeout(700);
    if ((await part.innerText()) === before) {
      return before;
    }
  }
}
