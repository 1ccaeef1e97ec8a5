/**
 * The unrolled network stays smooth where it is largest: 3 layers of 256 units over 128 steps, while the network
 * trains, time is scrubbed and a pass is played. The browser renders in software.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { longestTasks } from "./support/trace.mjs";
import { LAPTOP, visit } from "./support/visit.mjs";

const LARGE = { Layers: 3, "Hidden size": 256, "Sequence length": 128, Batch: 2 };
const FRAME_MILLIS = 20;
/** Measured on two cores with software rendering: at least 96.6%. */
const SHARE = 0.95;
/** Measured: 11 to 24 ms in six seconds. */
const LONG_TASK_MILLIS = 50;
const WINDOW_MILLIS = 6000;
/** Other programs on a busy machine can hold up any frame; of a few windows one must be without. */
const WINDOWS = 3;

const MOTIONS = {
  "time is scrubbed": scrub,
  "the forward pass is played": (page) => play(page, "forward"),
  "the backward pass is played": (page) => play(page, "backward"),
};

test(`at least ${SHARE * 100}% of frames under ${FRAME_MILLIS} ms, no task over ${LONG_TASK_MILLIS} ms`, async (context) => {
  await visit(async (playground) => {
    const { page } = playground;
    await playground.fillAll(LARGE);
    await page.getByText("An LSTM, 3 layers of 256 units").waitFor();
    await playground.play();
    await playground.waitForStep({ from: 2 });
    await page.getByRole("slider", { name: "Time step", exact: true }).scrollIntoViewIfNeeded();
    await page.getByLabel("Speed of a pass").selectOption("fast");
    for (const [name, move] of Object.entries(MOTIONS)) {
      for (let window = 1; ; window += 1) {
        let deltas = [];
        const { cpu, busy } = await longestTasks(page, async () => {
          const frames = page.evaluate(recordFrames, WINDOW_MILLIS);
          await move(page);
          deltas = await frames;
        });
        const share = deltas.filter((delta) => delta < FRAME_MILLIS).length / deltas.length;
        const rank = (part) => deltas.sort((one, other) => one - other)[Math.floor(part * (deltas.length - 1))];
        context.diagnostic(
          `${name}: ${deltas.length} frames, ${(share * 100).toFixed(1)}% under ${FRAME_MILLIS} ms, ` +
            `median ${rank(0.5).toFixed(1)}, 95th ${rank(0.95).toFixed(1)} ms; longest task ${cpu.toFixed(1)} ms, ` +
            `${(busy / deltas.length).toFixed(1)} ms of computing a frame`,
        );
        assert.ok(cpu <= LONG_TASK_MILLIS, `a task computed for ${cpu} ms while ${name}`);
        if (share >= SHARE) {
          break;
        }
        assert.ok(window < WINDOWS, `${share} of the frames were under ${FRAME_MILLIS} ms while ${name}`);
      }
    }
    await playground.pause();
  }, { viewport: LAPTOP });
});

/** Runs in the page: the times between frames for a while. */
function recordFrames(millis) {
  return new Promise((resolve) => {
    const deltas = [];
    let before;
    const start = performance.now();
    const frame = (now) => {
      if (before !== undefined) {
        deltas.push(now - before);
      }
      before = now;
      if (performance.now() - start < millis) {
        requestAnimationFrame(frame);
      } else {
        resolve(deltas);
      }
    };
    requestAnimationFrame(frame);
  });
}

/** Moves the slider to and fro in every frame. */
async function scrub(page) {
  await page.evaluate((millis) => new Promise((resolve) => {
    const slider = document.querySelector(".player__slider");
    const start = performance.now();
    let step = 0;
    const frame = () => {
      step = (step + 1) % (2 * Number(slider.max));
      slider.value = String(Math.abs(Number(slider.max) - step));
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      if (performance.now() - start < millis) {
        requestAnimationFrame(frame);
      } else {
        resolve();
      }
    };
    requestAnimationFrame(frame);
  }), WINDOW_MILLIS);
}

async function play(page, pass) {
  await page.getByRole("button", { name: `Play the ${pass} pass` }).click();
}
