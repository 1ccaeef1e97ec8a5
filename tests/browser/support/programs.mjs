/**
 * Programs that the tests start: the one that a variable names, else the first on PATH.
 */

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The path of a program; `title` is what to install where there is none. */
export function findProgram({ title, variable, names }) {
  if (process.env[variable]) {
    return process.env[variable];
  }
  const folders = (process.env.PATH ?? "").split(delimiter);
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = candidates.find(isExecutable);
  if (!found) {
    throw new Error(`no ${title} on PATH: install it, or set ${variable} to its program`);
  }
  return found;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
