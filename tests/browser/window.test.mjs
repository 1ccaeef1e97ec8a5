/**
 * Windows of odd sizes: zoomed to 400%, and without any size at all.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { PATIENCE } from "./support/playground.mjs";
import { labAddress } from "./support/server.mjs";
import { visit } from "./support/visit.mjs";

/** A laptop's window of 1280 × 1024 at 400%, in pixels of the page. */
const ZOOMED = { width: 320, height: 256 };

for (const lab of ["text", "memory", "anatomy"]) {
  test(`at 400% the ${lab} lab is read by scrolling down alone, and trains`, async () => {
    await visit(async (playground) => {
      await playground.takeSteps(2);
      await expectNoSidewaysScroll(playground.page);
      for (const name of ["Play", "Step", "Reset"]) {
        const button = playground.button(name);
        await button.scrollIntoViewIfNeeded();
        const { x, width } = await button.boundingBox();
        assert.ok(x >= 0 && x + width <= ZOOMED.width, `${name} lies within the window`);
      }
    }, { viewport: ZOOMED, query: `#lab=${lab}` });
  });
}

test("at 400% the home page is read by scrolling down alone", async () => {
  await visit(async ({ page }) => {
    await page.getByTestId("standing-memory").filter({ hasText: /^Step/ }).waitFor();
    await expectNoSidewaysScroll(page);
  }, { viewport: ZOOMED, isHome: true });
});

for (const lab of ["text", "memory", "anatomy"]) {
  test(`the ${lab} lab in a frame without size comes to no harm, and is whole when it gets some`, async () => {
    // A visit for what is checked at its end; the frame is in a page of its own, which has no policy of ours.
    await visit(async ({ page, site }) => {
      const host = await page.context().newPage();
      host.setDefaultTimeout(PATIENCE);
      const errors = [];
      host.on("pageerror", (error) => errors.push(String(error)));
      host.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      const address = labAddress(site, `?gpu=off#lab=${lab}`);
      await host.setContent(`<iframe src="${address}" style="width: 0; height: 0; border: 0"></iframe>`);
      await host.waitForTimeout(1_500);
      const frame = host.frameLocator("iframe");
      await host.locator("iframe").evaluate((frame) => Object.assign(frame.style, { width: "900px", height: "600px" }));
      await frame.getByRole("button", { name: "Step", exact: true }).click();
      await frame.getByTestId("step").filter({ hasText: /^1$/ }).waitFor();
      await frame.getByRole("slider", { name: "Units at each time step" }).waitFor();
      assert.deepEqual(errors, []);
      await host.close();
    });
  });
}

async function expectNoSidewaysScroll(page) {
  const [width, visible] = await page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
  assert.ok(width <= visible, `${width} px wide on a screen of ${visible} px`);
}
