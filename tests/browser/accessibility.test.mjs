/**
 * The page as assistive programs read it, in every look it has: axe-core finds nothing serious, before and
 * after training, with an alert on screen, in light and dark, on a phone and on a laptop; and a narrow
 * screen never has to be scrolled sideways.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { LAPTOP, PHONE, visit } from "./support/visit.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SERIOUS = ["serious", "critical"];
const HOME_SIZES = [
  { name: "laptop", viewport: LAPTOP },
  { name: "phone", viewport: PHONE },
  { name: "projector", viewport: { width: 1024, height: 768 } },
  { name: "large screen", viewport: { width: 1600, height: 1000 } },
];

for (const [screen, viewport] of Object.entries({ laptop: LAPTOP, phone: PHONE })) {
  for (const colorScheme of ["light", "dark"]) {
    test(`nothing serious is found, ${screen}, ${colorScheme}`, async () => {
      await visit(async (playground) => {
        const { page } = playground;
        await page.evaluate(AXE);
        await expectAccessible(page, "at first");
        await playground.play();
        await playground.waitForStep({ from: 12 });
        await expectAccessible(page, "while it trains");
        await playground.pause();
        await openPanels(page);
        await expectAccessible(page, "paused, all panels open");
        await playground.fill("Hidden size", 0);
        await playground.paste("too short");
        await page.getByRole("alert").filter({ hasText: "at least 32" }).first().waitFor();
        await expectAccessible(page, "after something was refused");
        await playground.button("Share …").click();
        await expectAccessible(page, "with a dialog over it");
      }, { viewport, colorScheme });
    });

    test(`nothing serious is found in a frame, ${screen}, ${colorScheme}`, async () => {
      await visit(async (playground) => {
        const { page } = playground;
        await page.evaluate(AXE);
        await playground.takeSteps(1);
        await expectAccessible(page, "embedded, with a fault in its link");
      }, { viewport, colorScheme, query: "#v=1&seed=x&hide=speed&embed=1" });
    });
  }
}

for (const lab of ["memory", "anatomy"]) {
  for (const [screen, viewport] of Object.entries({ laptop: LAPTOP, phone: PHONE })) {
    for (const colorScheme of ["light", "dark"]) {
      test(`nothing serious is found in the ${lab} lab, ${screen}, ${colorScheme}`, async () => {
        await visit(async (playground) => {
          const { page } = playground;
          await page.evaluate(AXE);
          await expectAccessible(page, "at first");
          await playground.takeSteps(2);
          await openPanels(page);
          await expectAccessible(page, "after two steps, all panels open");
        }, { viewport, colorScheme, query: `#lab=${lab}` });
      });
    }
  }
}

for (const { viewport, name } of HOME_SIZES) {
  for (const colorScheme of ["light", "dark"]) {
    test(`nothing serious is found on the home page, ${name}, ${colorScheme}`, async () => {
      await visit(async (playground) => {
        const { page } = playground;
        await page.evaluate(AXE);
        await expectAccessible(page, "at first");
        await page.getByTestId("standing-memory").filter({ hasText: /^Step/ }).waitFor();
        await page.getByTestId("standing-text").filter({ hasText: /^Step/ }).waitFor();
        await expectAccessible(page, "while the cards train");
        await page.getByRole("link", { name: "Memory", exact: true }).click();
        await playground.waitUntilReady();
        await playground.takeSteps(1);
        await page.getByRole("link", { name: "RNN Playground" }).click();
        await page.getByRole("link", { name: "Continue", exact: true }).waitFor();
        await expectAccessible(page, "with a run to go back to");
      }, { viewport, colorScheme, isHome: true });
    });
  }
}

test("a page that cannot run says so accessibly", async () => {
  const prepare = () => delete globalThis.WebAssembly;
  await visit(async ({ page }) => {
    await page.getByRole("alert").waitFor();
    await page.evaluate(AXE);
    await expectAccessible(page, "without WebAssembly");
  }, { prepare, isReady: false, mayFail: true });
});

async function openPanels(page) {
  await page.evaluate(() => {
    for (const panel of document.querySelectorAll("details")) {
      panel.open = true;
    }
  });
}

async function expectAccessible(page, when) {
  const { violations } = await page.evaluate(async () => {
    // Colours that fade into each other are judged as they end.
    const fades = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    fades.forEach((fade) => fade.finish());
    return globalThis.axe.run(document);
  });
  const serious = violations.filter(({ impact }) => SERIOUS.includes(impact));
  const found = serious.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.target).join(", ")}`);
  assert.deepEqual(found, [], when);
  const [width, visible] = await page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
  assert.ok(width <= visible, `${when}: ${width} px wide on a screen of ${visible} px`);
}
