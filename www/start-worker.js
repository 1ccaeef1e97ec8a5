/**
 * Starts the compute worker under the page's own content security policy.
 *
 * A policy in a <meta> element does not bind a worker that is loaded from a URL; a worker whose
 * script is a blob inherits the policy of the page that made it. So the worker starts as a blob of
 * a few lines that imports the real one. Every address is made absolute against `document.baseURI`,
 * because a blob has no folder of its own, and carries the build's id, because the worker's files
 * have fixed names and a cache could otherwise pair a new page with an old worker.
 *
 * Of the worker there are four modules. `worker` gives the same bits everywhere; `worker-fast` multiplies
 * and adds in one instruction, which takes relaxed SIMD, and is asked for only if it is wanted and the
 * browser knows the instruction. `-gpu` adds to either what it takes to train on a GPU, and is asked for only
 * where the browser offers WebGPU. Where one cannot be started all the same, a plainer one is.
 *
 * Loaded by index.html before the page's module, which calls it as a global:
 *
 * ```rust
 * #[wasm_bindgen]
 * extern "C" {
 *     #[wasm_bindgen(catch, js_name = startWorker)]
 *     fn start_worker(build: &str, is_fast: bool) -> Result<web_sys::Worker, JsValue>;
 * }
 * let worker = start_worker(rnn_protocol::BUILD_ID, false)?;
 * ```
 *
 * A failure to load or to start arrives as an `error` event of the worker, with a message.
 */
(() => {
  /** The smallest module with a relaxed multiply-add in it: a function of no arguments. */
  const RELAXED_SIMD_PROBE = new Uint8Array([
    ...[0, 97, 115, 109, 1, 0, 0, 0], // “\0asm”, version 1
    ...[1, 5, 1, 96, 0, 1, 123], // section 1, types: one function, nothing to v128
    ...[3, 2, 1, 0], // section 3, functions: one, of that type
    ...[10, 15, 1, 13], // section 10, code: one body of 13 bytes
    ...[1, 1, 123], // one local of type v128
    ...[32, 0, 32, 0, 32, 0], // local.get 0, three times
    ...[253, 133, 2], // f32x4.relaxed_madd: 253 and 0x105 in LEB128
    11, // end
  ]);

  function startWorker(build, isFast) {
    const addressOf = (file) => {
      const address = new URL(file, document.baseURI);
      address.searchParams.set("v", build);
      return address.href;
    };
    const canBeFast = isFast && WebAssembly.validate(RELAXED_SIMD_PROBE);
    const speeds = canBeFast ? ["worker-fast", "worker"] : ["worker"];
    const names = speeds.flatMap((name) => ("gpu" in navigator ? [`${name}-gpu`, name] : [name]));
    const modules = names.map((name) => [addressOf(`${name}.js`), addressOf(`${name}_bg.wasm`)]);
    const source = `
      let failure;
      for (const [script, wasm] of ${JSON.stringify(modules)}) {
        try {
          const { default: start } = await import(script);
          await start({ module_or_path: wasm });
          failure = undefined;
          break;
        } catch (error) {
          failure = error;
        }
      }
      if (failure) {
        reportError(failure);
      }`;
    const blob = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    return new Worker(blob, { type: "module", name: "compute" });
  }

  globalThis.startWorker = startWorker;
})();
