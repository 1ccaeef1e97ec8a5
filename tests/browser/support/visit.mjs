/**
 * A visit: the built site, opened in a browser profile of its own.
 *
 * What must hold for every visit is checked at the end of each, whatever it was for: no request left the
 * site's folder, the content security policy had nothing to forbid, and nothing was reported as an error.
 */

import assert from "node:assert/strict";
import { after } from "node:test";
import { launch } from "./chromium.mjs";
import { Playground } from "./playground.mjs";
import { labAddress, serveSite } from "./server.mjs";

/** A laptop's window. */
export const LAPTOP = { width: 1280, height: 800 };
/** A small phone's screen. */
export const PHONE = { width: 390, height: 844 };

/** Running browsers by their switches. */
const browsers = new Map();
after(() => Promise.all([...browsers.values()].map((browser) => browser.close())));

const DEFAULTS = {
  prepare: [],
  viewport: LAPTOP,
  colorScheme: "light",
  mayFail: false,
  isAttack: false,
  isReady: true,
  query: "",
  isHome: false,
  switches: [],
};

/**
 * Opens the site, hands a `Playground` to `use`, and checks what must hold for every visit.
 *
 * - `viewport`, `colorScheme`: as Playwright's.
 * - `prepare`: functions run in the page before any of its own scripts; one, or several in their order.
 * - `faults`: what the server does wrong (`serveSite`).
 * - `mayFail`: errors on the console are what the test is about.
 * - `isAttack`: what the policy must forbid is attempted, so only the test itself can judge.
 * - `isReady`: whether to wait until the network can be trained.
 * - `query`: of the address, such as `?gpu=off`; without a fragment of its own it leads to the Text lab.
 * - `isHome`: the plain address is opened, which leads home.
 * - `switches`: of the browser, beside the usual ones.
 */
export async function visit(use, options = {}) {
  const settings = { ...DEFAULTS, ...options };
  const site = await serveSite(settings.faults);
  const browser = await browserWith(settings.switches);
  const { viewport, colorScheme } = settings;
  const context = await browser.newContext({ viewport, colorScheme });
  try {
    const page = await context.newPage();
    const record = keepRecord(page);
    try {
      await use(await open(page, site, settings));
    } catch (error) {
      throw new Error(`${error.message}${await describe(page, record)}`, { cause: error });
    }
    await expectGoodVisit(page, site, record, settings);
  } finally {
    await context.close();
    await site.close();
  }
}

async function browserWith(switches) {
  const key = switches.join(" ");
  if (!browsers.has(key)) {
    browsers.set(key, await launch(switches));
  }
  return browsers.get(key);
}

async function open(page, site, { prepare, isReady, isHome, query }) {
  const playground = new Playground(page, site);
  await page.addInitScript(recordViolations);
  for (const script of [prepare].flat()) {
    await page.addInitScript(script);
  }
  await page.goto(isHome ? site.address + query : labAddress(site, query));
  if (isReady && !isHome) {
    await playground.waitUntilReady();
  }
  return playground;
}

async function expectGoodVisit(page, site, record, { mayFail, isAttack }) {
  if (isAttack) {
    return;
  }
  const violations = await page.evaluate(() => globalThis.policyViolations);
  assert.deepEqual(violations, [], "the content security policy forbade something");
  expectOnlyOwnRequests(record, site);
  if (!mayFail) {
    assert.deepEqual(record.errors, [], "errors were reported");
  }
}

function keepRecord(page) {
  const record = { addresses: [], errors: [] };
  page.on("request", (request) => record.addresses.push(request.url()));
  page.on("websocket", (socket) => record.addresses.push(socket.url()));
  page.on("pageerror", (error) => record.errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") {
      record.errors.push(message.text());
    }
  });
  return record;
}

/** Runs in the page. */
function recordViolations() {
  globalThis.policyViolations = [];
  document.addEventListener("securitypolicyviolation", (event) => {
    globalThis.policyViolations.push(`${event.effectiveDirective}: ${event.blockedURI}`);
  });
}

function expectOnlyOwnRequests(record, site) {
  const isOwn = (address) =>
    address.startsWith(site.address) || address.startsWith("blob:") || address.startsWith("data:");
  assert.deepEqual(record.addresses.filter((address) => !isOwn(address)), [], "requests left the site");
  const folder = new URL(site.address).pathname;
  const strays = site.requests.filter((request) => !request.address.startsWith(folder));
  assert.deepEqual(strays, [], "requests left the site's folder");
}

async function describe(page, record) {
  const words = await page
    .evaluate(() => document.querySelector("[data-testid=status]")?.textContent ?? document.body.innerText)
    .catch((error) => `unknown (${error.message})`);
  return `\n  the page said: ${words}\n  errors: ${record.errors.join("; ") || "none"}`;
}
