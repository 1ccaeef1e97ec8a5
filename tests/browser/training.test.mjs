/**
 * What a person sees who opens the page and presses Play, with the settings it comes with.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { PATIENCE } from "./support/playground.mjs";
import { visit } from "./support/visit.mjs";

test("Play trains, the held-out loss falls and the text streams; Pause holds; Reset and Undo", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    assert.equal(await playground.step(), 0);
    assert.equal(await playground.text("generated"), "");

    await playground.play();
    const pieces = await textsSeen(page, 4);
    assert.ok(new Set(pieces).size === 4, `the text grows: ${JSON.stringify(pieces)}`);
    const early = await heldOutAfter(page, Infinity);
    const late = await heldOutAfter(page, early);
    assert.ok(late < early, `held-out loss falls from ${early} to ${late}`);
    await playground.waitForStep({ from: 51 });
    assert.ok(Number(await playground.text("rate")) > 0);

    await playground.pause();
    const held = await playground.step();
    await stillAfterASecond(page);
    assert.equal(await playground.step(), held, "Pause holds");
    assert.equal(await playground.text("status"), `Paused at step ${held}`);

    await playground.reset();
    assert.equal(await playground.text("status"), "Ready. Press Play to train.");
    await stillAfterASecond(page);
    assert.equal(await playground.step(), 0, "Reset leaves it paused");

    await page.getByText(`Undo brings back the earlier run at step ${held}.`).waitFor();
    await playground.button("Undo").click();
    await playground.waitForStep({ from: held, to: held });
    assert.equal(await playground.text("status"), `Paused at step ${held}`);
    await playground.takeSteps(2);
    assert.equal(await playground.step(), held + 2, "the run that came back goes on");
  });
});

/** The first different texts that are shown. */
async function textsSeen(page, count) {
  const seen = await page.evaluateHandle(() => {
    const element = document.querySelector("[data-testid=generated]");
    const texts = [];
    new MutationObserver(() => texts.push(element.textContent)).observe(element, {
      subtree: true,
      childList: true,
      characterData: true,
    });
    return texts;
  });
  await page.waitForFunction(([texts, count]) => texts.length >= count, [seen, count], { timeout: PATIENCE });
  return (await seen.jsonValue()).slice(0, count);
}

/** The first held-out loss that is shown below `bound`. */
async function heldOutAfter(page, bound) {
  const seen = await page.waitForFunction((bound) => {
    const loss = Number.parseFloat(document.querySelector("[data-testid=validation-loss]").textContent);
    return loss < (bound ?? Infinity) && loss;
  }, Number.isFinite(bound) ? bound : null);
  return seen.jsonValue();
}

/** Waits a second by the page's own clock, in which anything that still trains would show. */
function stillAfterASecond(page) {
  return page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1000)));
}
