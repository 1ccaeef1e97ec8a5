/**
 * How fast the page trains, beside the command line on the same machine: `node tests/browser/speed.mjs`.
 *
 * Both train with the settings they come with, one after the other and several times over, so that what else
 * the machine does meets both alike; the middle of each counts. Native is the release build for the
 * baseline of its processor (SSE2 on x86-64), on one thread. The page trains as it does for a visitor, with
 * its charts, looks inside and generated text, between two readings of the held-out text. With `--fast` the
 * page is measured in fast mode, too: with one worker, and with as many as it starts on this machine. One line of JSON goes to standard output; the browser's speed should be
 * at least 0.6 of the native one.
 */

import { join } from "node:path";
import { launch } from "./support/chromium.mjs";
import { oneCore } from "./support/cores.mjs";
import { trainNatively } from "./support/native.mjs";
import { Playground } from "./support/playground.mjs";
import { DIST, labAddress, serveSite } from "./support/server.mjs";

const REPEATS = 3;
const NATIVE_STEPS = 150;
/** The page reads the held-out text after every hundredth step; what is measured lies between two readings. */
const READING = 100;
const MARGIN = 3;
const BROWSER_MILLIS = 8000;
const PATIENCE = 600_000;

async function main(isFastAsked) {
  const measures = { native: nativeMillisPerStep, browser: () => browserMillisPerStep({ isFast: false }) };
  if (isFastAsked) {
    measures.fast = () => browserMillisPerStep({ isFast: true, prepare: oneCore });
    measures.team = () => browserMillisPerStep({ isFast: true });
  }
  const times = Object.fromEntries(Object.keys(measures).map((name) => [name, []]));
  for (let repeat = 1; repeat <= REPEATS; repeat += 1) {
    for (const [name, measure] of Object.entries(measures)) {
      times[name].push(await measure());
      console.error(`${repeat} of ${REPEATS}: ${name} ${times[name].at(-1).toFixed(1)} ms a step`);
    }
  }
  const [native, browser] = [median(times.native), median(times.browser)];
  const rounded = (number, digits) => Number(number.toFixed(digits));
  const result = {
    native_ms_per_step: rounded(native, 2),
    browser_ms_per_step: rounded(browser, 2),
    browser_speed_over_native: rounded(native / browser, 3),
    repeats: REPEATS,
  };
  if (isFastAsked) {
    const [fast, team] = [median(times.fast), median(times.team)];
    result.fast_ms_per_step = rounded(fast, 2);
    result.fast_speed_over_browser = rounded(browser / fast, 3);
    result.team_ms_per_step = rounded(team, 2);
    result.team_speed_over_fast = rounded(fast / team, 3);
  }
  console.log(JSON.stringify(result));
}

async function nativeMillisPerStep() {
  const text = join(DIST, "static/data/moby-dick.txt");
  const { done } = await trainNatively({ text, steps: NATIVE_STEPS, profile: "release" });
  return (done.seconds * 1000) / done.step;
}

async function browserMillisPerStep({ isFast, prepare }) {
  const site = await serveSite();
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    if (prepare) {
      await page.addInitScript(prepare);
    }
    await page.goto(labAddress(site));
    const playground = new Playground(page, site, PATIENCE);
    await playground.waitUntilReady();
    if (isFast) {
      await playground.turnFast();
    }
    await playground.play();
    // The models without a network are measured beside the first steps.
    await playground.part("loss-chart").filter({ hasText: "5-gram:" }).waitFor({ state: "attached" });
    const changes = await page.evaluateHandle(recordSteps);
    let taken = { steps: 0, millis: 0 };
    for (let reading = READING; taken.millis < BROWSER_MILLIS; reading += READING) {
      await playground.waitForStep({ from: reading + READING });
      const first = reading + MARGIN;
      const last = reading + READING - MARGIN;
      taken = add(taken, await changes.evaluate(between, { first, last }));
    }
    return taken.millis / taken.steps;
  } finally {
    await browser.close();
    await site.close();
  }
}

/** Runs in the page: notes when which step was shown. */
function recordSteps() {
  const changes = [];
  const element = document.querySelector("[data-testid=step]");
  new MutationObserver(() => changes.push({ step: Number(element.textContent), at: performance.now() })).observe(
    element,
    { subtree: true, childList: true, characterData: true },
  );
  return changes;
}

/** Runs in the page: steps and time from the first to the last change between two steps. */
function between(changes, { first, last }) {
  const within = changes.filter(({ step }) => first <= step && step <= last);
  if (within.length < 2) {
    return { steps: 0, millis: 0 };
  }
  const [start, end] = [within[0], within.at(-1)];
  return { steps: end.step - start.step, millis: end.at - start.at };
}

function add(one, other) {
  return { steps: one.steps + other.steps, millis: one.millis + other.millis };
}

function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}

await main(process.argv.includes("--fast"));
