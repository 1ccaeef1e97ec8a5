/**
 * The address is the state: a link opened in a fresh browser gives the same experiment, the same view and,
 * trained, the same curve bit for bit; what cannot be read of a link is told and loses nothing.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { visit } from "./support/visit.mjs";
import { latestReports, recordReports } from "./support/wire.mjs";

const STEPS = 30;

test("a link made in one browser gives another the same state and, bit for bit, the same curve", async () => {
  let fragment;
  let wanted;
  await visit(async (playground) => {
    await playground.choose("Cell", "GRU");
    await playground.choose("Optimiser", "RMSprop");
    await playground.fillAll({ "Hidden size": 24, "Embedding size": 12, Batch: 6, "Sequence length": 20 });
    await playground.fillAll({ "Learning rate": 0.0037, Seed: 4_294_967_295 });
    await playground.choose("Quantity", "z");
    await playground.page.locator("summary", { hasText: "Speed" }).click();
    fragment = await fragmentWith(playground.page, /seed=4294967295.*view=update-gate.*open=/);
    await playground.trainTo(STEPS);
    wanted = (await latestReports(playground.page)).slice(0, STEPS);
  }, { prepare: recordReports });
  assert.match(fragment, /^#v=1&lab=text&cell=gru&hidden_size=24&embedding_size=12&optimizer=rmsprop&/);

  await visit(async (playground) => {
    const { page } = playground;
    assert.equal(await playground.field("Hidden size").inputValue(), "24");
    assert.equal(await playground.field("Learning rate").inputValue(), "0.0037");
    assert.equal(await playground.text("seed"), "4294967295");
    assert.ok(await page.getByRole("radio", { name: "update gate" }).isChecked());
    assert.deepEqual(await openPanels(page), ["Data", "Model", "Training", "Text", "Race", "Keep"]);
    await playground.trainTo(STEPS);
    const found = (await latestReports(page)).slice(0, STEPS);
    assert.equal(found.length, STEPS);
    assert.deepEqual(found, wanted, "step, loss and gradient norm, every digit");
    assert.equal(await page.evaluate(() => location.hash), fragment, "the address stays");
  }, { prepare: recordReports, query: fragment });
});

test("what cannot be read keeps its default and is named; the rest counts", async () => {
  const query = "#v=9&lab=text&cell=gru&hidden_size=-3&learning_rate=NaN&hiden=1&seed=%zz&embed&hide=sead,seed";
  await visit(async (playground) => {
    const alert = playground.page.getByRole("alert").filter({ hasText: "could not be followed" });
    const words = await alert.innerText();
    const parts = ["version 9", "hidden_size", "learning_rate", "hiden", "seed=%zz", "“embed”", "“sead”"];
    parts.forEach((part) => assert.ok(words.includes(part), `${part} in: ${words}`));
    assert.equal(await playground.field("Hidden size").inputValue(), "128");
    assert.ok(await playground.page.getByText("A GRU,").isVisible());
    assert.equal(await playground.field("Seed").count(), 0, "hidden");
    await playground.button("Dismiss").click();
    await alert.waitFor({ state: "detached" });
    await playground.takeSteps(1);
  }, { query });
});

test("a link of a megabyte is read in part, and in an instant", async () => {
  const query = `#v=1&seed=3&${"junk=%E9%AF%A8&".repeat(70_000)}seed=4`;
  await visit(async (playground) => {
    await playground.page.getByRole("alert").filter({ hasText: "only its first 8192 are read" }).waitFor();
    assert.equal(await playground.text("seed"), "3");
  }, { query });
});

test("a network that no memory holds gives way to the lab's own, and the page says so", async () => {
  await visit(async (playground) => {
    await playground.page.getByRole("alert").filter({ hasText: "cannot be trained here" }).waitFor();
    assert.equal(await playground.field("Hidden size").inputValue(), "128");
    await playground.takeSteps(1);
  }, { query: "#hidden_size=1000000&layers=8" });
});

test("own data is asked for, and the shipped text stands in", async () => {
  await visit(async (playground) => {
    await playground.page.getByRole("alert").filter({ hasText: "“my poems.txt”" }).waitFor();
    assert.ok(await playground.page.getByText("reads Moby-Dick and learns").isVisible());
  }, { query: "#v=1&data=own&data_name=my%20poems.txt" });
});

test("a link followed on the open page is one edit, which can be undone", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await playground.takeSteps(2);
    await page.evaluate(() => (location.hash = "#v=1&lab=text&hidden_size=16&batch_size=4&view=cell"));
    await page.getByText("An LSTM, 1 layer of 16 units").waitFor();
    assert.equal(await playground.field("Batch").inputValue(), "4");
    assert.ok(await page.getByRole("radio", { name: "cell state", exact: true }).isChecked());
    await playground.takeSteps(1);
    await playground.button("Undo").click();
    await playground.waitForStep({ from: 2, to: 2 });
    await page.getByText("An LSTM, 1 layer of 128 units").waitFor();
  });
});

test("an embedded page has no head, hides what it is told to, and leads out", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    assert.equal(await page.getByRole("banner").count(), 0);
    assert.equal(await playground.field("Seed").count(), 0);
    assert.equal(await page.getByRole("switch", { name: "Fast mode" }).count(), 0);
    assert.equal(await page.locator("summary", { hasText: "Text" }).count(), 0, "its only setting is hidden");
    const way = page.getByRole("link", { name: "Open in RNN Playground" });
    const { hash, pathname } = new URL(await way.getAttribute("href"));
    assert.equal(hash, "#v=1&lab=text&seed=5&hide=seed,speed,temperature");
    assert.equal(pathname, new URL(playground.site.address).pathname);
    await playground.takeSteps(1);
  }, { query: "#v=1&seed=5&hide=seed,speed,temperature&embed=1" });
});

test("Copy link copies the address; Share hides controls and gives a frame", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await playground.fill("Hidden size", 16);
    await page.getByText("An LSTM, 1 layer of 16 units").waitFor();
    await playground.button("Copy link").click();
    await page.getByText("Copied", { exact: true }).first().waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, `${playground.site.address}#v=1&lab=text&hidden_size=16`);

    await playground.button("Share …").click();
    await page.getByRole("checkbox", { name: "Seed" }).check();
    await page.getByRole("checkbox", { name: "Speed" }).check();
    const link = page.getByLabel("Link", { exact: true });
    assert.equal(await link.inputValue(), `${copied}&hide=seed,speed`);
    const frame = await page.getByLabel("Frame for a course page").inputValue();
    assert.ok(frame.startsWith(`<iframe src="${copied.replaceAll("&", "&amp;")}&amp;hide=seed,speed&amp;embed=1" `), frame);
    await page.keyboard.press("Escape");
    await link.waitFor({ state: "hidden" });
    assert.equal(await playground.field("Seed").count(), 1, "nothing is hidden here");
  });
});

test("where copying is forbidden, the link is shown and selected", async () => {
  const prepare = () => Object.defineProperty(navigator, "clipboard", { value: undefined });
  await visit(async (playground) => {
    const { page } = playground;
    await playground.button("Copy link").click();
    await page.getByLabel("Link", { exact: true }).waitFor();
    const selected = await page.evaluate(() => {
      const { value, selectionStart, selectionEnd } = document.activeElement;
      return value.slice(selectionStart, selectionEnd);
    });
    assert.equal(selected, `${playground.site.address}#v=1&lab=text`);
  }, { prepare });
});

/** Waits until the address has such a fragment. */
async function fragmentWith(page, pattern) {
  const found = await page.waitForFunction(
    (source) => new RegExp(source).test(location.hash) && location.hash,
    pattern.source,
  );
  return found.jsonValue();
}

async function openPanels(page) {
  return page.locator("details[open] .panel__title").allInnerTexts();
}
