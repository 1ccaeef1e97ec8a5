/**
 * Pictures of every lab after a while of training, and of the home page, each as the window shows it and whole:
 * `node tests/browser/screenshots.mjs FOLDER`.
 */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { launch } from "./support/chromium.mjs";
import { Playground } from "./support/playground.mjs";
import { serveSite } from "./support/server.mjs";

/** Steps in each lab. In the Text lab enough for the text to have words in it; past a reading of what is held out. */
const STEPS = { text: 610, memory: 310, anatomy: 150 };
const PATIENCE = 600_000;
const SIZES = [
  { width: 390, height: 844 },
  { width: 1024, height: 768 },
  { width: 1600, height: 1000 },
];

async function main() {
  const [folder] = process.argv.slice(2);
  if (!folder) {
    throw new Error("expected the folder for the pictures: node tests/browser/screenshots.mjs FOLDER");
  }
  await mkdir(folder, { recursive: true });
  const site = await serveSite();
  const browser = await launch();
  try {
    // Each in a profile of its own: none begins with the offer to go on with another.
    for (const [lab, steps] of Object.entries(STEPS)) {
      const page = await browser.newPage({ viewport: SIZES.at(-1) });
      await page.goto(`${site.address}#lab=${lab}`);
      const playground = new Playground(page, site, PATIENCE);
      await playground.waitUntilReady();
      await playground.trainTo(steps);
      await takePictures(page, folder, `${lab}-`);
      await page.close();
    }
    const home = await browser.newPage({ viewport: SIZES.at(-1) });
    await home.goto(site.address);
    const { page } = new Playground(home, site, PATIENCE);
    await page.getByTestId("standing-memory").filter({ hasText: /recall [5-9]\d|recall 100/ }).waitFor();
    await takePictures(page, folder, "home-");
  } finally {
    await browser.close();
    await site.close();
  }
}

/** The screen that is shown, in every size and both themes. */
async function takePictures(page, folder, prefix) {
  for (const viewport of SIZES) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      // Charts are drawn in the frame after the one that noticed the change.
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      for (const fullPage of [false, true]) {
        const name = `${prefix}${viewport.width}x${viewport.height}-${colorScheme}${fullPage ? "-whole" : ""}.png`;
        const path = join(folder, name);
        // Colours that still fade into each other are shown as they end.
        await page.screenshot({ path, fullPage, animations: "disabled" });
        console.log(path);
      }
    }
  }
}

await main();
