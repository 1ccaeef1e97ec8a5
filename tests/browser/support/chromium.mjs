/**
 * Chromium or Chrome: `$CHROMIUM`, else the first on PATH.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout } from "node:timers/promises";
import { chromium } from "playwright-core";
import { findProgram } from "./programs.mjs";

const PROGRAM = {
  title: "Chromium",
  variable: "CHROMIUM",
  names: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
};

const SWITCHES = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A browser without a window; `switches` beside the usual ones. */
export function launch(switches = []) {
  return chromium.launch({ executablePath: findProgram(PROGRAM), args: [...SWITCHES, ...switches] });
}

/**
 * A browser that keeps what it stores in `profile`: Playwright's context, with `kill`, which ends all its processes
 * at once as a crash does, and `gone`, which is fulfilled when they have ended.
 */
export async function launchWithProfile(profile) {
  const port = await freePort();
  const args = [...SWITCHES, "--headless", "--window-size=1280,800", `--user-data-dir=${profile}`, `--remote-debugging-port=${port}`, "about:blank"];
  // A group of its own, so that its children die with it.
  const child = spawn(findProgram(PROGRAM), args, { detached: true, stdio: "ignore" });
  const gone = once(child, "exit");
  const isGone = () => child.exitCode !== null || child.signalCode !== null;
  const kill = () => isGone() || process.kill(-child.pid, "SIGKILL");
  const browser = await connect(port);
  const context = browser.contexts()[0];
  return {
    pages: () => context.pages(),
    newPage: () => context.newPage(),
    close: async () => {
      kill();
      await gone;
    },
    kill,
    gone,
  };
}

async function connect(port) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    } catch (error) {
      if (attempt === 100) {
        throw error;
      }
      await setTimeout(100);
    }
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
