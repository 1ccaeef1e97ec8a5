/**
 * The Memory lab as a person meets it: opened without a byte of data, learnt within seconds, its charts and
 * answers in words, and a failure that opens with one click and goes away with one more.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { visit } from "./support/visit.mjs";

test("the lab is opened, learns to copy, and says how it does", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    const fetched = [];
    page.on("request", (request) => fetched.push(request.url()));
    await openLab(playground);
    await page.getByText("must name the symbol at the cue").waitFor();
    assert.deepEqual(fetched, [], "nothing is fetched for sequences that are generated");

    await playground.play();
    const recall = await waitForRecall(page, 99);
    await playground.pause();
    assert.ok(recall >= 99, `recall ${recall}%`);
    assert.equal(await chanceShown(page), "12.5%");
    const chart = page.getByRole("slider", { name: "Recall on held-out" });
    assert.match(await chart.getAttribute("aria-valuetext"), /^Step \d+: recall \d+\.\d%$/);
    await page.getByText(/The network answers [A-H]; the truth is [A-H]/).waitFor();

    const paused = await playground.step();
    const words = page.getByTestId("delay-chart-words").filter({ hasText: `after ${paused} steps, trained at 10` });
    await words.waitFor();
    const atTen = /([\d.]+)% at 10,/.exec(await words.innerText());
    assert.ok(Number(atTen[1]) > 95, await words.innerText());
  });
});

test("a failure opens with one click, and its repair with one more", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await openLab(playground);
    const entry = page.getByTestId("failure-exploding");
    await entry.getByRole("button", { name: "Open: Exploding" }).click();
    await page.getByText("An Elman network, 1 layer of 32 units").waitFor();
    await playground.play();
    await playground.waitForStatus("Training stopped at step 3");
    await entry.getByRole("button", { name: "Open repaired" }).click();
    await playground.waitForStep({ to: 0 });
    await playground.play();
    await playground.waitForStep({ from: 60 });
    await playground.pause();
    assert.match(await playground.text("loss"), /^\d+\.\d{4}$/);
  });
});

test("one goes from lab to lab, and Undo brings the other back", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    await playground.takeSteps(2);
    await openLab(playground);
    await playground.waitForStep({ to: 0 });
    await playground.button("Undo").click();
    await page.getByText("learns to predict the next character").waitFor();
    await playground.waitForStep({ from: 2, to: 2 });
    await openLab(playground);
    assert.equal(await page.getByLabel("Sequence length", { exact: true }).count(), 0, "no such setting here");
    await playground.fill("Delay, slider", 40);
    await page.getByText("then 40 distractors").waitFor();
    await playground.fill("Delay", 5);
    await page.getByText("then 5 distractors").waitFor();
    await playground.button("Undo").click();
    await page.getByText("then 40 distractors").waitFor();
  });
});

async function openLab(playground) {
  await playground.choose("Lab", "Memory");
  await playground.page.getByRole("heading", { name: "Failure gallery" }).waitFor();
  await playground.waitUntilReady();
}

async function waitForRecall(page, percent) {
  const seen = await page.waitForFunction((percent) => {
    const shown = document.querySelector("[data-testid=validation-loss]")?.textContent;
    const recall = Number.parseFloat(shown);
    return recall >= percent && { recall };
  }, percent);
  return (await seen.jsonValue()).recall;
}

async function chanceShown(page) {
  return page.locator(".stat--baseline", { hasText: "Chance" }).locator(".stat__value").innerText();
}
