/**
 * Chromium or Chrome: `$CHROMIUM`, else the first on PATH.
 */

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
