/**
 * Starts the compute worker under the page's own content security policy.
 *
 * A policy in a <meta> element does not bind a worker that is loaded from a URL; a worker whose
 * script is a blob inherits the policy of the page that made it. So the worker starts as a blob of
 * a few lines that imports the real one. Every address is made absolute against `document.baseURI`,
 * because a blob has no folder of its own, and carries the build's id, because Trunk gives the
 * worker's files fixed names and a cache could otherwise pair a new page with an old worker.
 *
 * Loaded by index.html before the page's module, which calls it as a global:
 *
 * ```rust
 * #[wasm_bindgen]
 * extern "C" {
 *     #[wasm_bindgen(catch, js_name = startWorker)]
 *     fn start_worker(build: &str) -> Result<web_sys::Worker, JsValue>;
 * }
 * let worker = start_worker(rnn_protocol::BUILD_ID)?;
 * ```
 *
 * A failure to load or to start arrives as an `error` event of the worker, with a message.
 */
function startWorker(build) {
  const addressOf = (file) => {
    const address = new URL(file, document.baseURI);
    address.searchParams.set("v", build);
    return JSON.stringify(address.href);
  };
  const source = `
    try {
      const { default: start } = await import(${addressOf("worker.js")});
      await start({ module_or_path: ${addressOf("worker_bg.wasm")} });
    } catch (error) {
      reportError(error);
    }`;
  const blob = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  return new Worker(blob, { type: "module", name: "compute" });
}

globalThis.startWorker = startWorker;
