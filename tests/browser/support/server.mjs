/**
 * A static server for the built site, in a folder of its own below the root, as on a university's host.
 *
 * It sends no headers beyond the media type, writes down every request, and can answer some files
 * otherwise than they lie there: that is how the tests break things.
 */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { basename, extname, join, normalize, sep } from "node:path";
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** The built site: `cargo xtask test` says where it is. */
export const DIST = process.env.DIST ?? fileURLToPath(new URL("../../../dist", import.meta.url));

const FOLDER = "/some/where/";

const MEDIA_TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/**
 * Serves the built site until `close`.
 *
 * `faults` names files of the site and how they are answered instead: `(content) => ({ status, body })`,
 * either of which may be left out.
 */
export async function serveSite(faults = {}) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const { status, body, type } = await answerTo(request.url, faults);
    requests.push({ address: request.url, status });
    response.writeHead(status, { "Content-Type": type });
    response.end(body);
  });
  const origin = await listen(server);
  return {
    /** The address of the page. */
    address: `${origin}${FOLDER}`,
    /** Every request that came, oldest first: `{ address, status }`. */
    requests,
    close: () => close(server),
  };
}

/** The address of the Text lab, or what the fragment of `query` says. */
export function labAddress(site, query = "") {
  return site.address + query + (query.includes("#") ? "" : "#lab=text");
}

/**
 * Serves the files that lie in any of the folders, and hears one page: `answer` is fulfilled with the JSON
 * that is posted first.
 */
export async function serveAndHear(folders) {
  let hear;
  const answer = new Promise((resolve) => (hear = resolve));
  const server = createServer(async (request, response) => {
    if (request.method === "POST") {
      hear(await json(request));
      response.end();
      return;
    }
    const name = basename(new URL(request.url, "http://site").pathname) || "index.html";
    const contents = await Promise.all(folders.map((folder) => readFile(join(folder, name)).catch(() => null)));
    const content = contents.find((content) => content !== null);
    response.writeHead(content ? 200 : 404, { "Content-Type": mediaType(name) });
    response.end(content);
  });
  return { address: `${await listen(server)}/`, answer, close: () => close(server) };
}

/** Stands for the rest of the internet: answers anything, and writes down what came. */
export async function serveOutside() {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push(request.url);
    response.writeHead(200, { "Content-Type": "text/javascript", "Access-Control-Allow-Origin": "*" });
    response.end("");
  });
  server.on("upgrade", (request, socket) => {
    requests.push(request.url);
    socket.destroy();
  });
  return { address: `${await listen(server)}/`, requests, close: () => close(server) };
}

async function answerTo(address, faults) {
  const notFound = { status: 404, body: "Not found\n", type: MEDIA_TYPES[".txt"] };
  const path = decodeURIComponent(new URL(address, "http://site").pathname);
  if (!path.startsWith(FOLDER)) {
    return notFound;
  }
  const file = normalize(path.slice(FOLDER.length) || "index.html");
  if (file.startsWith("..") || file.startsWith(sep)) {
    return notFound;
  }
  const content = await readFile(join(DIST, file)).catch(() => null);
  const found = content === null ? notFound : { status: 200, body: content, type: mediaType(file) };
  return { ...found, ...faults[file]?.(content) };
}

function mediaType(file) {
  return MEDIA_TYPES[extname(file)] ?? "application/octet-stream";
}

function listen(server) {
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${server.address().port}`));
  });
}

function close(server) {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}
