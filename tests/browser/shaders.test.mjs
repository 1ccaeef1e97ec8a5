/**
 * Every shader of the GPU backend, compiled by Chromium in a worker. Its compiler, Tint, refuses more than naga does: it
 * wants parentheses between some operators, and barriers where it can prove that all invocations come by.
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch } from "./support/chromium.mjs";

const FOLDER = fileURLToPath(new URL("../../crates/gpu/src/kernels", import.meta.url));

/** What the worker runs: receives the shaders by name, answers with all that the compiler says. */
const WORKER = `
onmessage = async ({ data: shaders }) => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return postMessage(["there is no adapter"]);
  const device = await adapter.requestDevice();
  const complaints = [];
  for (const [name, code] of shaders) {
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ code });
    for (const { lineNum, message } of (await module.getCompilationInfo()).messages) {
      complaints.push(name + ", line " + lineNum + ": " + message);
    }
    const compute = { module, entryPoint: "main" };
    await device.createComputePipelineAsync({ layout: "auto", compute }).catch((error) => {
      complaints.push(name + ": " + error.message);
    });
    await device.popErrorScope();
  }
  postMessage(complaints);
};`;

test("Chromium takes every shader", async (context) => {
  const shaders = readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), "utf8")]);
  // WebGPU is there only for pages of a trustworthy origin.
  const server = createServer((request, response) => {
    const isWorker = request.url === "/worker.js";
    response.setHeader("content-type", isWorker ? "text/javascript" : "text/html");
    response.end(isWorker ? WORKER : "<!doctype html>");
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  const browser = await launch(["--enable-unsafe-webgpu"]);
  try {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${server.address().port}/`);
    const complaints = await page.evaluate((shaders) => {
      const worker = new Worker("/worker.js");
      worker.postMessage(shaders);
      return new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = reject;
      });
    }, shaders);
    assert.deepEqual(complaints, []);
    context.diagnostic(`${shaders.length} shaders`);
  } finally {
    await browser.close();
    server.close();
  }
});
