/**
 * Firefox as it is installed: `$FIREFOX`, else the first on PATH.
 *
 * Playwright drives only a Firefox of its own. This one is given an address and nothing else: the page has
 * to report by itself what it has done.
 */

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "./programs.mjs";

const PROGRAM = { title: "Firefox", variable: "FIREFOX", names: ["firefox-esr", "firefox"] };

/** No page but ours, and no request but to it. */
const PREFERENCES = {
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.aboutwelcome.enabled": false,
  "browser.safebrowsing.downloads.remote.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.healthreport.uploadEnabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.getAddons.cache.enabled": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,#remote-settings-dummy/v1",
  "toolkit.telemetry.reportingpolicy.firstRun": false,
};

/**
 * Opens an address without a window, in a profile of its own with these preferences beside the usual ones.
 * Returns `{ ended, close }`: `ended` is fulfilled with a sentence should the browser end by itself.
 */
export async function openInFirefox(address, preferences = {}) {
  const program = findProgram(PROGRAM);
  const profile = await mkdtemp(join(tmpdir(), "rnn-firefox-"));
  const lines = Object.entries({ ...PREFERENCES, ...preferences }).map(preferenceLine);
  await writeFile(join(profile, "user.js"), lines.join(""));
  const firefox = spawn(program, ["--headless", "--no-remote", "--profile", profile, address], {
    // Firefox as root refuses a home folder that is somebody else's.
    env: { ...process.env, HOME: profile },
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => {
    firefox.once("exit", (code, signal) => resolve(`Firefox ended (${signal ?? code})`));
    firefox.once("error", (error) => resolve(`${program} did not start: ${error.message}`));
  });
  const close = async () => {
    // The processes of its pages end with it.
    firefox.kill("SIGKILL");
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  return { ended, close };
}

function preferenceLine([name, value]) {
  return `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`;
}
