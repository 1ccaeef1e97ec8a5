/**
 * The same seed gives the same losses again, after Reset and in another visit; another seed does not.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { SMALL } from "./support/playground.mjs";
import { visit } from "./support/visit.mjs";

const STEPS = 20;

test("the same seed gives the same losses, with the settings the page comes with", async () => {
  const runs = [];
  await visit(async (playground) => {
    assert.equal(await playground.text("seed"), "0");
    await playground.trainTo(STEPS);
    runs.push(await playground.lossesOnChart(STEPS));
    await playground.reset();
    await playground.trainTo(STEPS);
    runs.push(await playground.lossesOnChart(STEPS));
  });
  await visit(async (playground) => {
    runs.push(await playground.takeSteps(STEPS));
  });
  const [first, again, elsewhere] = runs;
  assert.ok(new Set(first).size > STEPS / 2, "the loss moves");
  assert.deepEqual(again, first, "after Reset");
  assert.deepEqual(elsewhere, first, "in another visit, step by step");
});

test("another seed gives other losses, and coming back to the first gives its own", async () => {
  await visit(async (playground) => {
    await playground.fillAll(SMALL);
    const first = await playground.takeSteps(STEPS);
    await playground.fill("Seed", 4_294_967_295);
    await playground.waitForStep({ to: 0 });
    assert.equal(await playground.text("seed"), "4294967295");
    assert.notDeepEqual(await playground.takeSteps(STEPS), first);
    await playground.fill("Seed", 0);
    await playground.waitForStep({ to: 0 });
    assert.deepEqual(await playground.takeSteps(STEPS), first);
  });
});
