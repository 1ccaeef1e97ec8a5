/**
 * Pictures of a lab after a while of training, and of the home page: `node tests/browser/screenshots.mjs FOLDER`.
 */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { launch } from "./support/chromium.mjs";
import { Playground } from "./support/playground.mjs";
import { labAddress, serveSite } from "./support/server.mjs";

/** Enough for the text to have words in it, and past a reading of the held-out text. */
const STEPS = 610;
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
    const page = await browser.newPage({ viewport: SIZES.at(-1) });
    await page.goto(labAddress(site));
    const playground = new Playground(page, site, PATIENCE);
    await playground.waitUntilReady();
    await playground.trainTo(STEPS);
    await takePictures(page, folder, "");
    await page.goto(site.address);
    await page.reload();
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
      const path = join(folder, `${prefix}${viewport.width}x${viewport.height}-${colorScheme}.png`);
      // Colours that still fade into each other are shown as they end.
      await page.screenshot({ path, animations: "disabled" });
      console.log(path);
    }
  }
}

await main();
