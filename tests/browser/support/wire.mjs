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

/** The step reports of the latest run: `{ step, loss, grad_norm }`. */
export function latestReports(page) {
  return page.evaluate(() => {
    const runs = Object.keys(globalThis.reportsByRun).map(Number);
    return globalThis.reportsByRun[Math.max(...runs)];
  });
}
