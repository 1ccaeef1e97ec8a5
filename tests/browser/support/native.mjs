/**
 * The same training natively, to compare the page with.
 *
 * Cargo builds the program where it is not there yet; after the native tests that takes seconds.
 */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * Trains and returns `{ steps, validations, done }`: the objects of the JSON log by their kind.
 *
 * `settings` are by their key; `profile` is Cargo's.
 */
export async function trainNatively({ text, steps, settings = {}, evaluateEvery = 0, profile = "dev" }) {
  const assignments = Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  const output = await runNatively(
    [
      ...["--package", "rnn-cli", "--profile", profile, "--"],
      ...["train", "text", "--data", text, "--log", "json", "--steps", steps, "--evaluate-every", evaluateEvery],
      ...assignments,
    ].map(String),
  );
  const lines = output.trim().split("\n").map((line) => JSON.parse(line));
  const ofKind = (kind) => lines.filter((line) => line.event === kind);
  return { steps: ofKind("step"), validations: ofKind("validation"), done: ofKind("done")[0] };
}

/** Trains and returns what the network looks like inside at the last step: `{ header, units, flows }`. */
export async function lookNatively({ text, steps, settings = {}, quantity = "hidden" }) {
  const assignments = Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  const command = ["look", "text", "--data", text, "--steps", steps, "--quantity", quantity, ...assignments];
  return JSON.parse(await runNatively(["--package", "rnn-cli", "--", ...command].map(String)));
}

/** Has Cargo run a program, and returns what it writes to standard output. */
export async function runNatively(cargoArguments) {
  const options = { cwd: ROOT, env: baselineEnvironment(), maxBuffer: 1 << 28 };
  const { stdout } = await promisify(execFile)("cargo", ["run", "--quiet", ...cargoArguments], options);
  return stdout;
}

/** This program's environment, without what would have Cargo build for another processor. */
function baselineEnvironment() {
  const { RUSTFLAGS, CARGO_ENCODED_RUSTFLAGS, CARGO_BUILD_RUSTFLAGS, ...others } = process.env;
  return others;
}

/** A loss in nats as the page writes it: bits per character in single precision, three decimals. */
export function asShown(nats) {
  return asShownBits(Math.fround(Math.fround(nats) / Math.fround(Math.LN2)));
}

/** Bits per character as the page writes them. */
export function asShownBits(bits) {
  return Math.fround(bits).toFixed(3);
}
