/**
 * A visitor trains on a text of their own: pasted, chosen as a file, or dropped on the page.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { SMALL } from "./support/playground.mjs";
import { chineseText, ENGLISH } from "./support/texts.mjs";
import { visit } from "./support/visit.mjs";

const WAYS = {
  pasted: { name: "pasted text", give: (playground) => playground.paste(ENGLISH) },
  chosen: {
    name: "whale.txt",
    give: (playground) =>
      playground.chooseFile({ name: "whale.txt", mimeType: "text/plain", buffer: Buffer.from(ENGLISH) }),
  },
  dropped: { name: "dropped.txt", give: (playground) => playground.drop("dropped.txt", ENGLISH) },
};

for (const [way, { name, give }] of Object.entries(WAYS)) {
  test(`a text that is ${way} is trained on, and Undo leads back to the run before`, async () => {
    await visit(async (playground) => {
      await playground.fillAll(SMALL);
      await playground.takeSteps(2);
      await give(playground);
      await playground.waitForStep({ to: 0 });
      const facts = await playground.facts();
      assert.equal(facts.Training, `${ENGLISH.length * 0.95} characters`);
      assert.equal(facts.Distinct, `${new Set(ENGLISH).size} characters`);
      assert.ok(await playground.page.getByText(`reads ${name} and learns`).isVisible());
      const losses = await playground.takeSteps(3);
      assert.ok(losses.every((loss) => Number(loss) > 0));

      await playground.button("Undo").click();
      await playground.waitForStep({ from: 2, to: 2 });
      assert.ok(await playground.page.getByText("reads Moby-Dick and learns").isVisible());
      await playground.takeSteps(1);
    });
  });
}

test("Chinese: thousands of different characters are learnt and written", async () => {
  const kinds = 4000;
  await visit(async (playground) => {
    await playground.fillAll({ ...SMALL, "Learning rate": 0.02 });
    await playground.paste(chineseText(kinds, 40_000));
    await playground.page.getByText("4\u202f000 characters").waitFor();
    const [first] = await playground.takeSteps(1);
    assert.ok(Math.abs(Number(first) - Math.log2(kinds)) < 0.5, `it begins with a guess: ${first} bits`);
    await playground.play();
    await playground.page.waitForFunction(() =>
      /^[\u4e00-\u9fff]{5}/u.test(document.querySelector("[data-testid=generated]").textContent),
    );
    await playground.waitForStep({ from: 100 });
    await playground.pause();
    assert.ok(Number(await playground.text("loss")) < Number(first), "the loss falls");
    await playground.page.getByText("Characters outside the vocabulary").waitFor({ state: "detached" });
  });
});

test("a short text is read in smaller windows, and the page says so", async () => {
  await visit(async (playground) => {
    await playground.paste("Call me Ishmael. Some years ago, never mind how long precisely.");
    await playground.page.getByText("The text is short:").waitFor();
    await playground.takeSteps(2);
  });
});

test("back to Moby-Dick", async () => {
  await visit(async (playground) => {
    await playground.fillAll(SMALL);
    const before = await playground.takeSteps(2);
    await playground.paste(ENGLISH);
    await playground.waitForStep({ to: 0 });
    assert.notDeepEqual(await playground.takeSteps(2), before);
    await playground.button("Back to Moby-Dick").click();
    await playground.waitForStep({ to: 0 });
    assert.deepEqual(await playground.takeSteps(2), before);
  });
});
