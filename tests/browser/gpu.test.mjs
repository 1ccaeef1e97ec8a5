/**
 * Training on the GPU, in the worker: the same to within rounding, by the visitor's choice and never by itself
 * where the GPU is a program; and whatever becomes of the GPU, training goes on. Chromium's software GPU does
 * the work.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { oneCore } from "./support/cores.mjs";
import { hideWebGpu, sabotageWorkers } from "./support/gpu.mjs";
import { SMALL } from "./support/playground.mjs";
import { ENGLISH } from "./support/texts.mjs";
import { visit } from "./support/visit.mjs";
import { latestReports, recordReports } from "./support/wire.mjs";

const SWITCHES = ["--enable-unsafe-webgpu"];
const STEPS = 30;
/** Measured: at most 8.1e-8. */
const RELATIVE_TOLERANCE = 1e-3;

const prepare = [oneCore, recordReports];
const withGpu = { prepare, switches: SWITCHES };

test("a run on the GPU learns what the run on the CPU learns", async (context) => {
  const usual = await losses({ ...withGpu, query: "?gpu=off" }, async (playground) => {
    await expectNote(playground, "The network trains on the CPU.");
  });
  const onGpu = await losses({ ...withGpu, query: "?gpu=on" }, async (playground) => {
    await expectNote(playground, /On the GPU \(.+\), as chosen/);
    assert.deepEqual(requestedModules(playground), ["worker-gpu_bg.wasm"]);
    // The lab has the weights: what is written and shown comes of them.
    await playground.part("generated").filter({ hasText: /\S{2}/ }).waitFor();
    await playground.page.getByRole("slider", { name: "Loss curve" }).waitFor();
  });
  const worst = Math.max(...usual.map((loss, at) => Math.abs(onGpu[at] - loss) / loss));
  context.diagnostic(`largest relative difference of the loss: ${worst.toExponential(1)}`);
  assert.equal(onGpu.length, STEPS);
  assert.ok(worst <= RELATIVE_TOLERANCE, `${worst}`);
});

test("a program that acts as a GPU is not chosen by itself, but can be chosen and left again", async () => {
  await visit(async (playground) => {
    await prepareRun(playground);
    await playground.trainTo(3);
    await expectNote(playground, /is a program on the CPU, which is never faster/);
    await playground.choose("GPU", "On");
    await playground.trainTo(10);
    await expectNote(playground, /On the GPU/);
    await playground.choose("GPU", "Off");
    await expectNote(playground, "The network trains on the CPU.");
    // Steps that were in flight at the pause land behind it.
    await playground.trainTo((await playground.step()) + 5);
    const reports = await latestReports(playground.page);
    assert.deepEqual(reports.map(({ step }) => step), reports.map((_, at) => at + 1), "no step is lost or taken twice");
  }, withGpu);
});

test("without WebGPU the smaller worker is fetched, and the page says why", async () => {
  await visit(async (playground) => {
    await expectNote(playground, /this browser offers no WebGPU/);
    await playground.takeSteps(1);
    assert.deepEqual(requestedModules(playground), ["worker_bg.wasm"]);
  }, { prepare: hideWebGpu });
});

test("where the module for the GPU is missing, the plain worker trains, and the page says what is the matter", async () => {
  const faults = { "worker-gpu_bg.wasm": () => ({ status: 404, body: "Not found\n" }) };
  await visit(async (playground) => {
    await expectNote(playground, /code for the GPU could not be loaded/);
    await playground.takeSteps(1);
    assert.deepEqual(requestedModules(playground), ["worker-gpu_bg.wasm", "worker_bg.wasm"]);
  }, { ...withGpu, faults, mayFail: true });
});

test("where fast mode's module for the GPU is missing, fast mode goes on without the GPU", async () => {
  const faults = { "worker-fast-gpu_bg.wasm": () => ({ status: 404, body: "Not found\n" }) };
  await visit(async (playground) => {
    await playground.turnFast();
    await expectNote(playground, /code for the GPU could not be loaded/);
    await playground.takeSteps(1);
    const modules = ["worker-gpu_bg.wasm", "worker-fast-gpu_bg.wasm", "worker-fast_bg.wasm"];
    assert.deepEqual(requestedModules(playground), modules);
  }, { ...withGpu, faults, mayFail: true });
});

test("an address that asks for the GPU in unknown words is told so", async () => {
  await visit(async (playground) => {
    await expectNote(playground, "expected off, auto or on, found maybe");
    await playground.takeSteps(1);
  }, { prepare, query: "?gpu=maybe" });
});

const FAULTS = {
  "is refused": "GPUAdapter.prototype.requestDevice = () => Promise.reject(new Error('not today'));",
  "is not there": "GPU.prototype.requestAdapter = () => Promise.resolve(null);",
};

for (const [what, fault] of Object.entries(FAULTS)) {
  test(`where the device ${what}, the network trains on the CPU and another try is offered`, async () => {
    await visit(async (playground) => {
      await expectNote(playground, /The network trains on the CPU: /);
      await playground.takeSteps(1);
      await playground.button("Try the GPU again").waitFor();
    }, { ...withGpu, prepare: [...prepare, sabotageWorkers(fault)], query: "?gpu=on", mayFail: true });
  });
}

for (const [what, fault] of Object.entries({
  "the device is destroyed": `
    const submit = GPUQueue.prototype.submit;
    const request = GPUAdapter.prototype.requestDevice;
    let device, submissions = 0;
    GPUAdapter.prototype.requestDevice = async function (...options) {
      return (device = await request.apply(this, options));
    };
    GPUQueue.prototype.submit = function (...buffers) {
      submissions += 1;
      if (submissions === 55) device.destroy();
      return submit.apply(this, buffers);
    };`,
  "numbers cannot be read back": `
    const map = GPUBuffer.prototype.mapAsync;
    let reads = 0;
    GPUBuffer.prototype.mapAsync = function (...options) {
      reads += 1;
      return reads === 45 ? Promise.reject(new Error("not today")) : map.apply(this, options);
    };`,
})) {
  test(`where ${what} on the way, training goes on with the same numbers and says so`, async (context) => {
    const usual = await losses({ ...withGpu, query: "?gpu=off" });
    const options = { ...withGpu, prepare: [...prepare, sabotageWorkers(fault)], query: "?gpu=on", mayFail: true };
    const disturbed = await losses(options, async (playground) => {
      const note = await expectNote(playground, /On the CPU, from step \d+ on: /);
      context.diagnostic(note);
      assert.ok(Number(/from step (\d+) on/.exec(note)[1]) > 0, "the GPU has taken steps before");
      await playground.part("gpu-note").filter({ hasText: /GPU|read back/ }).waitFor();
      await playground.button("Try the GPU again").first().waitFor();
    });
    const worst = Math.max(...usual.map((loss, at) => Math.abs(disturbed[at] - loss) / loss));
    context.diagnostic(`largest relative difference of the loss: ${worst.toExponential(1)}`);
    assert.ok(worst <= RELATIVE_TOLERANCE, `${worst}`);
  });
}

/** Trains a small network for some steps; returns the last word on the loss of each. */
async function losses(options, check = async () => {}) {
  let found;
  await visit(async (playground) => {
    await prepareRun(playground);
    if (options.query === "?gpu=on") {
      await expectNote(playground, "The next step is taken there");
    }
    await playground.trainTo(STEPS);
    await check(playground);
    const byStep = new Map((await latestReports(playground.page)).map(({ step, loss }) => [step, loss]));
    found = Array.from({ length: STEPS }, (_, at) => byStep.get(at + 1));
  }, options);
  return found;
}

/** A small network on a short text: a program that acts as a GPU is slow. */
async function prepareRun(playground) {
  await playground.learn(ENGLISH);
  await playground.fillAll(SMALL);
}

/** Waits until the page says so of the GPU. Returns the whole sentence. */
async function expectNote(playground, words) {
  const note = playground.part("gpu-note").filter({ hasText: words });
  await note.waitFor();
  return note.innerText();
}

/** The modules that workers asked for, in their order. */
function requestedModules(playground) {
  const files = playground.site.requests.map(({ address }) => new URL(address, "http://site").pathname);
  return files.map((file) => file.split("/").at(-1)).filter((file) => /^worker.*\.wasm$/.test(file));
}
