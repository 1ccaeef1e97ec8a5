/**
 * How long the tasks of the page's thread took, as the browser itself measured them.
 */

import assert from "node:assert/strict";

const MICROS_PER_MILLI = 1000;

/**
 * Watches the page's thread while `during` runs. Returns its longest tasks in milliseconds: `wall` by the
 * clock, and `cpu` by the time the thread was computing, which other programs on the machine do not add to; and
 * `busy`, the time that all of them together were computing.
 */
export async function longestTasks(page, during) {
  const session = await page.context().browser().newBrowserCDPSession();
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["toplevel", "__metadata"] },
  });
  await during();
  const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.end");
  await complete;
  await session.detach();

  const { pid, tid } = pageThread(events);
  const tasks = events.filter((event) => event.pid === pid && event.tid === tid && event.name.endsWith("RunTask"));
  assert.ok(tasks.length > 100, "the page's thread was seen at work");
  const longest = (key) => Math.max(...tasks.map((task) => task[key] ?? 0)) / MICROS_PER_MILLI;
  const busy = tasks.reduce((sum, task) => sum + (task.tdur ?? 0), 0) / MICROS_PER_MILLI;
  return { wall: longest("dur"), cpu: longest("tdur"), busy };
}

/** The main thread of the process that also runs the training worker. */
function pageThread(events) {
  const named = (name) => events.filter((event) => event.name === "thread_name" && event.args.name.startsWith(name));
  const workers = new Set(named("DedicatedWorker").map((thread) => thread.pid));
  const candidates = named("CrRendererMain").filter((thread) => workers.has(thread.pid));
  assert.equal(candidates.length, 1, "one page has a worker");
  return candidates[0];
}
