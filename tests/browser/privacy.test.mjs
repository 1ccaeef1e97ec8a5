/**
 * What a visitor loads stays in the tab, and is never code.
 *
 * That no request leaves the site's folder is checked in every visit of every test. Here the page and its
 * worker are made to try: a server stands for the rest of the internet, and must hear nothing. (A policy
 * does not cover navigation by the visitor, nor WebRTC; the playground has neither.)
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { SMALL } from "./support/playground.mjs";
import { serveOutside } from "./support/server.mjs";
import { ENGLISH } from "./support/texts.mjs";
import { visit } from "./support/visit.mjs";

const MARKUP = [
  '<img src=x onerror="globalThis.hasRun=1">',
  '"><script>globalThis.hasRun=1</script>',
  '<svg onload="globalThis.hasRun=1">',
  "javascript:globalThis.hasRun=1",
].join(" ");

/** What the policy calls the ways out that a page has, and those that its worker has. */
const FORBIDDEN_TO_PAGE = ["connect-src", "form-action", "frame-src", "img-src", "script-src-elem", "style-src-elem"];
const FORBIDDEN_TO_WORKER = ["connect-src", "script-src-elem"];

test("neither page nor worker can reach another address", async () => {
  const outside = await serveOutside();
  try {
    await visit(async ({ page }) => {
      const [worker] = page.workers();
      assert.deepEqual(await page.evaluate(tryToGetOut, [outside.address, 11]), FORBIDDEN_TO_PAGE);
      assert.deepEqual(await worker.evaluate(tryToGetOut, [outside.address, 5]), FORBIDDEN_TO_WORKER);
      await fetch(`${outside.address}heard`);
      assert.deepEqual(outside.requests, ["/heard"], "only the tests themselves got there");
    }, { isAttack: true });
  } finally {
    await outside.close();
  }
});

test("a script cannot be made from a text, in the page or in the worker", async () => {
  await visit(async (playground) => {
    const [worker] = playground.page.workers();
    for (const place of [playground.page, worker]) {
      assert.deepEqual(await place.evaluate(runTexts), ["EvalError", "EvalError"]);
    }
  }, { isAttack: true });
});

test("markup in a file's name, its text, a prompt and a setting is shown, not run", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await playground.fillAll(SMALL);
    const text = `${MARKUP}\n${ENGLISH}`.repeat(3);
    await playground.chooseFile({ name: `${MARKUP}.txt`, mimeType: "text/plain", buffer: Buffer.from(text) });
    await page.getByText("<img src=x onerror").first().waitFor();
    await playground.fill("Hidden size", MARKUP);
    await page.getByText(/Hidden size must be a number, found “<img/).waitFor();
    await playground.fill("Hidden size", 16);
    await playground.takeSteps(2);
    await page.getByLabel("Beginning of the text").fill(MARKUP);
    await playground.button("Generate").click();
    await page.getByText(MARKUP, { exact: true }).waitFor();
    await playground.chooseFile({ name: `${MARKUP}.bin`, mimeType: "text/plain", buffer: Buffer.alloc(100) });
    await page.getByRole("alert").filter({ hasText: "binary file" }).waitFor();
    await playground.play();
    await playground.waitForStep({ from: 50 });
    await playground.pause();
    assert.equal(await page.evaluate(() => globalThis.hasRun), undefined);
    assert.equal(await page.locator("img, iframe, object, embed, body script:not([src])").count(), 0);
  });
});

/**
 * Runs in the page or in its worker: tries every way to `outside` that there is, until `expected` of them
 * were forbidden. Returns the directives that did so.
 */
function tryToGetOut([outside, expected]) {
  const make = (name, properties) => document.body.appendChild(Object.assign(document.createElement(name), properties));
  const ways = [
    () => fetch(outside, { mode: "no-cors" }),
    () => {
      const request = new XMLHttpRequest();
      request.open("GET", outside);
      request.send();
    },
    () => new WebSocket(outside.replace("http", "ws")),
    () => new EventSource(outside),
    () => import(`${outside}module.js`),
  ];
  const waysOfAPage = [
    () => navigator.sendBeacon(outside, "text"),
    () => make("img", { src: outside }),
    () => make("script", { src: outside }),
    () => make("link", { rel: "stylesheet", href: outside }),
    () => make("iframe", { src: outside }),
    () => make("form", { action: outside, method: "post" }).submit(),
  ];
  const directives = [];
  return new Promise((resolve) => {
    addEventListener("securitypolicyviolation", (event) => {
      directives.push(event.effectiveDirective);
      if (directives.length === expected) {
        resolve([...new Set(directives)].sort());
      }
    });
    for (const way of globalThis.document ? [...ways, ...waysOfAPage] : ways) {
      // Some ways throw, some fail later; what counts is who was reached.
      Promise.resolve().then(way).catch(() => {});
    }
  });
}

/** Runs in the page or in its worker, on its own and not by the debugger's leave: makes code of texts. */
function runTexts() {
  const attempt = (make) => {
    try {
      return make();
    } catch (error) {
      return error.name;
    }
  };
  return new Promise((resolve) => {
    setTimeout(() => resolve([attempt(() => eval("'run'")), attempt(() => new Function("return 'run'")())]));
  });
}
