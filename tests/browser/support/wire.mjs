/**
 * What the worker tells the page, word for word: numbers in full precision, where the screen rounds them.
 */

/** Run in the page before its own scripts: keeps every step report, by run. */
export function recordReports() {
  const reports = (globalThis.reportsByRun = {});
  globalThis.Worker = class extends Worker {
    constructor(...options) {
      super(...options);
      this.addEventListener("message", ({ data }) => {
        if (data.event?.kind === "stepped") {
          (reports[data.event.run] ??= []).push(...data.event.reports);
        }
      });
    }
  };
}

/** Run in the page before its own scripts: keeps every worker that it starts, oldest first. */
export function keepWorkers() {
  const workers = (globalThis.workers = []);
  globalThis.Worker = class extends Worker {
    constructor(...options) {
      super(...options);
      workers.push(this);
    }
  };
}

/** A fresh worker numbers its runs from 1 again. */
export function forgetReports(page) {
  return page.evaluate(() => {
    for (const run of Object.keys(globalThis.reportsByRun)) {
      delete globalThis.reportsByRun[run];
    }
  });
}

/** The step reports of the latest run: `{ step, loss, grad_norm }`. */
export function latestReports(page) {
  return page.evaluate(() => {
    const runs = Object.keys(globalThis.reportsByRun).map(Number);
    return globalThis.reportsByRun[Math.max(...runs)];
  });
}
