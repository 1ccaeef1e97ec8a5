/**
 * Everything can be done without a pointer: Tab reaches every control there is, each shows where the focus
 * is, and training is started, stopped and looked into by keys.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { LAPTOP, PHONE, visit } from "./support/visit.mjs";

for (const lab of ["text", "memory", "anatomy"]) {
  for (const [screen, viewport] of Object.entries({ laptop: LAPTOP, phone: PHONE })) {
    test(`Tab reaches every control of the ${lab} lab, ${screen}`, async () => {
      await visit(async (playground) => {
        const { page } = playground;
        await playground.takeSteps(1);
        const controls = await page.evaluate(markControls);
        assert.ok(controls.length > 8, `${controls}`);
        await expectReached(page, controls);
      }, { viewport, query: `#lab=${lab}` });
    });
  }
}

test("Tab reaches every control of the home page", async () => {
  await visit(async ({ page }) => {
    await page.getByTestId("standing-text").filter({ hasText: /^Step/ }).waitFor();
    await page.getByTestId("standing-memory").filter({ hasText: /^Step/ }).waitFor();
    const controls = await page.evaluate(markControls);
    assert.ok(controls.length > 8, `${controls}`);
    await expectReached(page, controls);
  }, { isHome: true });
});

test("Play, Pause, Step and Reset by keys", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await playground.button("Play").focus();
    await page.keyboard.press("Enter");
    await playground.button("Pause").waitFor();
    await playground.waitForStep({ from: 3 });
    assert.equal(await page.evaluate(() => document.activeElement.innerText.trim()), "Pause", "the focus stays");
    await page.keyboard.press("Enter");
    await playground.button("Play").waitFor();
    const step = await playground.step();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await playground.waitForStep({ from: step + 1, to: step + 1 });
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await playground.waitForStep({ to: 0 });
  });
});

test("the space bar plays and pauses from anywhere that does not need it", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await page.keyboard.press("Space");
    await playground.button("Pause").waitFor();
    await page.keyboard.press("Space");
    await playground.button("Play").waitFor();
    await page.getByLabel("Beginning of the text").focus();
    await page.keyboard.type("a b");
    assert.equal(await page.getByLabel("Beginning of the text").inputValue(), "a b");
    assert.ok(await playground.button("Play").isVisible());
  });
});

test("the unrolled network and the gradient's flow are read by keys", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await playground.takeSteps(1);
    const map = page.getByRole("slider", { name: "Units at each time step" });
    const reading = () => map.getAttribute("aria-valuetext");
    await map.focus();
    await map.press("Home");
    assert.match(await reading(), /^Layer 1, unit 0, time step 0, reading “.+”: h = [+−]0\.\d{3}$/);
    await map.press("ArrowRight");
    assert.match(await reading(), /unit 0, time step 1,/);
    await map.press("ArrowDown");
    assert.match(await reading(), /unit 1, time step 1,/);
    await map.press("End");
    assert.match(await reading(), /time step 63,/);

    const flow = page.getByRole("slider", { name: "Gradient norm at each time step" });
    await flow.focus();
    const last = await flow.getAttribute("aria-valuetext");
    await flow.press("Home");
    const first = await flow.getAttribute("aria-valuetext");
    assert.notEqual(first, last);
    assert.match(first, /^Time step 0, “.+”: layer 1: /);
  });
});

async function expectReached(page, controls) {
  const reached = [];
  // Once round, and a little further for groups that Tab enters once.
  for (let press = 0; press < 2 * controls.length; press += 1) {
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate(() => document.activeElement?.closest("[data-control]")?.dataset.control));
  }
  assert.deepEqual(controls.filter((control) => !reached.includes(control)), [], "not reached");
}

/** Runs in the page: numbers what can be operated, a group of radio buttons as one, and returns the names. */
function markControls() {
  const candidates = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']");
  const isThere = (element) => !element.disabled && element.checkVisibility();
  const groups = [...candidates].filter(isThere).map((element) => element.closest("[role=radiogroup]") ?? element);
  return [...new Set(groups)].map((element, index) => {
    const words = element.getAttribute("aria-label") ?? element.labels?.[0]?.innerText ?? element.innerText;
    element.dataset.control = `${index} ${words}`;
    return element.dataset.control;
  });
}
