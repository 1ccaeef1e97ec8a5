/**
 * How soon a visitor sees the first training step: the page is opened from a server on this machine, and
 * Play is pressed as soon as that is possible.
 *
 * The promise is two seconds on an idle machine with two cores. Tests run on busy ones, so the best of a few
 * visits counts, each with an empty cache, and it may take twice as long; the number is printed.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { visit } from "./support/visit.mjs";

const VISITS = 3;
const PROMISED_MILLIS = 2000;
const TOLERATED_MILLIS = 2 * PROMISED_MILLIS;

test("the first training step comes soon after the page is opened", async (context) => {
  const times = [];
  while (times.length < VISITS) {
    await visit(async ({ page, site }) => {
      const time = await page.waitForFunction(() => globalThis.firstStepMillis);
      times.push(await time.jsonValue());
      const addresses = site.requests.map((request) => request.address);
      assert.deepEqual(addresses, [...new Set(addresses)], "nothing is fetched twice");
    }, { prepare: playAtOnce });
  }
  context.diagnostic(`first step after ${times.map((time) => time.toFixed(0)).join(", ")} ms`);
  assert.ok(Math.min(...times) <= TOLERATED_MILLIS, `promised are ${PROMISED_MILLIS} ms: ${times}`);
});

/** Runs in the page: presses Play as soon as it can be pressed, and notes when the first step is shown. */
function playAtOnce() {
  let isPressed = false;
  new MutationObserver(() => {
    const buttons = [...document.querySelectorAll("button:enabled")];
    const play = buttons.find((button) => button.textContent.trim() === "Play");
    if (play && !isPressed) {
      isPressed = true;
      play.click();
    }
    const step = Number(document.querySelector("[data-testid=step]")?.textContent);
    if (step > 0) {
      globalThis.firstStepMillis ??= performance.now();
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}
