/**
 * The Anatomy lab as a student meets it: every number of a sentence's way is there, the operands shown give the
 * result shown, and the walk is gone through by keys, forwards and backwards.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { visit } from "./support/visit.mjs";

const LAB = { query: "#v=1&lab=anatomy" };

for (const cell of ["elman", "lstm", "gru"]) {
  test(`the operands shown give the result shown, ${cell}`, async () => {
    await visit(async ({ page }) => {
      await expectTokens(page, ["h", "e", "l", "l", "o", "␣", "w", "o", "r", "l", "d"]);
      const slider = page.getByRole("slider", { name: "Line of the walk" });
      await slider.focus();
      await slider.press("Home");
      const seen = new Set();
      const count = Number(/of ([\d\u202f]+)/.exec(await slider.getAttribute("aria-valuetext"))[1].replaceAll("\u202f", ""));
      assert.ok(count > 1000, `${count} lines`);
      // A few lines of every part of both passes.
      for (let leap = 0; leap < 22; leap += 1) {
        for (let line = 0; line < 12; line += 1) {
          const { left, right, result } = await lineInHand(page);
          expectClose(evaluate(right), number(result), `${left} = ${right}`);
          seen.add(left.replace(/[\d−]+/g, ""));
          await slider.press("ArrowRight");
        }
        await slider.press("PageDown");
      }
      await slider.press("End");
      const { left, right, result } = await lineInHand(page);
      expectClose(evaluate(right), number(result), `${left} = ${right}`);
      assert.match(left, /^∂L\/∂E/);
      assert.ok(seen.size > 5, [...seen].join(", "));
    }, { query: `${LAB.query}&cell=${cell}` });
  });
}

test("the walk goes forwards and backwards by keys, and a number leads to its line", async () => {
  await visit(async ({ page }) => {
    const slider = page.getByRole("slider", { name: "Line of the walk" });
    const place = page.getByTestId("walk-place");
    await page.locator("[data-place='Hidden@9[2,0]']").waitFor();
    await slider.focus();
    await slider.press("ArrowRight");
    await place.filter({ hasText: "Time step 0, reads “h”: its row of the embedding" }).waitFor();
    assert.equal(await page.locator("[data-place='Hidden@0[0,0]']").innerText(), "·", "not computed yet");
    await slider.press("ArrowRight");
    await slider.press("ArrowRight");
    await slider.press("ArrowRight");
    assert.match((await lineInHand(page)).left, /^h0\[0\]$/);
    assert.match(await page.locator("[data-place='Hidden@0[0,0]']").innerText(), /^−?0\.\d{3}$/);
    assert.equal(await page.locator(".is-result").count(), 1);
    await slider.press("ArrowLeft");
    assert.match((await lineInHand(page)).left, /^a0\[0\]$/);
    await slider.press("PageDown");
    await place.filter({ hasText: "Time step 1, reads “e”" }).waitFor();
    await slider.press("End");
    await page.getByText("← Backward pass").waitFor();
    await slider.press("Escape");
    await page.getByText("Overview").waitFor();
    await page.locator("[data-place='Hidden@4[1,0]']").click();
    assert.match((await lineInHand(page)).left, /^h4\[1\]$/);
  }, LAB);
});

test("each operation of a line is a step, forwards and backwards, and its numbers are right", async () => {
  await visit(async ({ page }) => {
    await page.getByRole("radiogroup", { name: "A step goes by" }).getByText("Operations").click();
    await page.locator("[data-place='PreActivation@4[1,0]']").click();
    const slider = page.getByRole("slider", { name: "Line of the walk" });
    const operation = page.locator("[data-part=operation]");
    const result = page.locator(".walk-operand--result.is-ahead");
    // Two inputs and three states are multiplied, and added to two biases.
    await page.getByText("Operation 11 of 11:").first().waitFor();
    assert.equal(await result.count(), 0);
    const { result: last } = await lineInHand(page);
    await slider.focus();
    const words = [await operation.innerText()];
    for (let at = 10; at > 0; at -= 1) {
      await slider.press("ArrowLeft");
      await page.getByText(`Operation ${at} of 11:`).first().waitFor();
      assert.equal(await result.count(), 1, "not computed yet");
      words.unshift(await operation.innerText());
    }
    for (const line of words) {
      const [, left, right] = /^(.+) = (.+)$/.exec(line) ?? assert.fail(line);
      expectClose(evaluate(left), number(right), line);
    }
    assert.equal(words.filter((line) => line.includes(" · ")).length, 5, words.join("; "));
    expectClose(number(/= (.+)$/.exec(words.at(-1))[1]), number(last), "the last operation gives the line's result");
    await slider.press("ArrowLeft");
    assert.match((await lineInHand(page)).left, /^h4\[0\]$/, "the line before, at its end");
    assert.equal(await result.count(), 0);
    await slider.press("ArrowRight");
    assert.match((await lineInHand(page)).left, /^a4\[1\]$/);
    await page.getByText("Operation 1 of 11:").first().waitFor();
    assert.equal(await operation.innerText(), words[0]);
  }, LAB);
});

test("another sentence is read at once, a bad one is told, and the link brings it back", async () => {
  await visit(async (playground) => {
    const { page, site } = playground;
    const field = page.getByLabel("Your sentence");
    await field.fill("a rose is a rose");
    await field.press("Enter");
    await expectTokens(page, [..."a␣rose␣is␣a␣rose"]);
    await page.getByRole("radiogroup", { name: "Cut into" }).getByText("Words").click();
    await expectTokens(page, ["a", "rose", "is", "a", "rose"]);
    assert.deepEqual(await page.getByTestId("vocabulary").locator("tbody tr").count(), 3);
    await field.fill("alone");
    await field.press("Enter");
    await page.getByRole("alert").filter({ hasText: "needs two different words" }).first().waitFor();
    await expectTokens(page, ["a", "rose", "is", "a", "rose"]);
    await page.waitForFunction(() => location.hash.includes("sentence="));
    const { hash } = new URL(page.url());
    assert.match(hash, /tokens=words&sentence=a%20rose%20is%20a%20rose/);
    await page.goto(`${site.address}#v=1&lab=text`);
    await page.goto(site.address + hash);
    await expectTokens(page, ["a", "rose", "is", "a", "rose"]);
  }, LAB);
});

test("training changes the numbers, and the loss shown is that of the walk", async () => {
  await visit(async (playground) => {
    const { page } = playground;
    const hidden = page.locator("[data-place='Hidden@0[0,0]']");
    const before = await hidden.innerText();
    await playground.takeSteps(3);
    await page.getByText("the weights after 3 training steps").waitFor();
    assert.notEqual(await hidden.innerText(), before);
    const losses = await page.locator("[data-place^='StepLoss@']").allInnerTexts();
    const mean = losses.map(number).reduce((sum, loss) => sum + loss, 0) / losses.length;
    await playground.takeSteps(1);
    // The loss of a step is that of the weights before it.
    assert.ok(Math.abs(Number(await playground.text("loss")) - mean) < 1e-3, `${mean}`);
  }, LAB);
});

async function expectTokens(page, expected) {
  await page.waitForFunction((expected) => {
    const chips = [...document.querySelectorAll("[data-testid=tokens] .token")];
    return chips.map((chip) => chip.textContent).join("|") === expected;
  }, expected.join("|"));
}

/** The line on screen, without the symbols below its numbers. */
async function lineInHand(page) {
  const shown = await page.waitForFunction(() => {
    const line = document.querySelector("[data-testid=walk-line]");
    const right = line?.querySelector("[data-part=right]")?.cloneNode(true);
    if (!right) {
      return null;
    }
    for (const symbol of right.querySelectorAll(".walk-operand__symbol")) {
      symbol.remove();
    }
    const text = (part) => line.querySelector(`[data-part=${part}]`).textContent.trim();
    return { left: text("left"), right: right.textContent, result: text("result") };
  });
  return shown.jsonValue();
}

function number(text) {
  return Number(readable(text));
}

/** Numbers as JavaScript reads them. */
function readable(text) {
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const exponent = (letters) => [...letters].map((letter) => (letter === "⁻" ? "-" : digits.indexOf(letter))).join("");
  return text.replace(/ × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g, (_, letters) => `e${exponent(letters)}`).replaceAll("−", "-");
}

/** What a line's right side comes to. Only numbers and the functions of a cell may stand in it. */
function evaluate(right) {
  const words = readable(right)
    .replace(/\((-?[\d.]+(?:e-?\d+)?)\)²/g, "(($1)**2)")
    .replace(/(-?[\d.]+(?:e-?\d+)?)²/g, "(($1)**2)")
    .replaceAll("·", "*")
    .replace(/-ln\(/g, "-Math.log(")
    .replace(/tanh\(/g, "Math.tanh(")
    .replace(/exp\(/g, "Math.exp(")
    .replace(/σ\(/g, "sigma(")
    .replace(/- -/g, "- 0 -");
  assert.match(words, /^[\d\s.e+*/()-]*$/.test(words.replace(/Math\.(log|tanh|exp)|sigma/g, "")) ? /./ : /^never$/, right);
  return Function("sigma", `return (${words});`)((x) => 1 / (1 + Math.exp(-x)));
}

/** Shown are four digits, of operands with six. */
function expectClose(found, shown, line) {
  assert.ok(Math.abs(found - shown) <= 1e-3 * Math.abs(shown) + 2e-6, `${line} gives ${found}, shown is ${shown}`);
}
