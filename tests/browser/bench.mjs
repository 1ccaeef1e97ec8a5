/**
 * Measures workloads in headless Chromium:
 * `DIST=folder node tests/browser/bench.mjs BACKEND SECONDS WORKERS WORKLOAD…`, where BACKEND is `cpu` or `gpu` and
 * SECONDS may be `usual`.
 *
 * The folder holds a page and a `worker.js`, which measures one workload and answers with lines of JSON
 * (`tests/browser/bench/worker.js` says what it is told, and how several share one). Every workload gets a
 * browser profile and workers of its own, so that the memory it reports is its own. The lines go to standard
 * output. `cargo xtask bench --browser` puts the folders together and calls this.
 */

import { launch } from "./support/chromium.mjs";
import { serveSite } from "./support/server.mjs";

/** TensorFlow.js takes 20 s for a step of W4. */
const PATIENCE_MILLIS = 15 * 60_000;

/** Off by default on some systems, where the driver is not trusted, and where there is only software. */
const GPU_SWITCHES = ["--enable-unsafe-webgpu"];

async function main([backend, seconds, workers, ...workloads]) {
  const site = await serveSite();
  const browser = await launch(backend === "gpu" ? GPU_SWITCHES : []);
  const location = `chromium ${browser.version()}`;
  console.error(`    ${location}`);
  try {
    for (const workload of workloads) {
      const given = seconds === "usual" ? undefined : Number(seconds);
      const order = { backend, workload, location, seconds: given, workers: Number(workers) };
      await measure({ browser, site }, order);
    }
  } finally {
    await browser.close();
    await site.close();
  }
}

async function measure({ browser, site }, order) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(site.address);
    const { lines = [], error } = await page.evaluate(askWorkers, { order, patience: PATIENCE_MILLIS });
    if (error) {
      // The rest is measured all the same.
      console.error(`\n    !!! ${order.workload} is not measured: ${error}\n`);
      process.exitCode = 1;
    }
    lines.forEach((line) => console.log(line));
    warnOfSoftware(lines);
  } finally {
    await context.close();
  }
}

let isWarned = false;

function warnOfSoftware(lines) {
  const line = lines.map((text) => JSON.parse(text)).find(({ is_software }) => is_software);
  if (line && !isWarned) {
    const figures = "these figures say nothing about the speed of a GPU; steps are few";
    console.error(`\n    !!! The GPU (${line.adapter}) is a program on the CPU: ${figures}\n`);
    isWarned = true;
  }
}

/** Runs in the page: starts worker and helpers, hands them the order and returns the answer. */
function askWorkers({ order, patience }) {
  return new Promise((resolve) => {
    const start = () => {
      const worker = new Worker("worker.js", { type: "module" });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => resolve({ error: message ?? "the worker did not start" });
      return worker;
    };
    const { workload, workers } = order;
    const ports = [];
    for (let member = 1; member < workers; member += 1) {
      const { port1, port2: port } = new MessageChannel();
      ports.push(port1);
      start().postMessage({ workload, workers, member, port }, [port]);
    }
    setTimeout(() => resolve({ error: `no answer after ${patience / 1000} s` }), patience);
    start().postMessage({ ...order, ports }, ports);
  });
}

await main(process.argv.slice(2));
