/**
 * Starts the page's WebAssembly, or says in `#boot` why it cannot run here.
 *
 * Trunk writes what is to be started into `<meta name="page-module">` (Trunk.toml). What the browser
 * lacks is found out before anything is compiled, so that a person reads a sentence instead of an
 * empty page. `#boot` is there until the page has mounted, which removes it; from then on the page
 * reports its own errors.
 */
(() => {
  const BROWSERS = "Chrome or Edge 96, Firefox 114, Safari 16.4, or any newer version";

  /** The smallest module with a 128-bit vector instruction in it. */
  const SIMD_PROBE = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
  ]);

  /** Names what the playground needs and this browser lacks; empty where nothing is lacking. */
  function missingFeatures() {
    const missing = [];
    if (typeof WebAssembly !== "object") {
      missing.push("WebAssembly");
    } else if (!WebAssembly.validate(SIMD_PROBE)) {
      missing.push("WebAssembly SIMD");
    }
    if (typeof Worker !== "function") {
      missing.push("Web Workers");
    } else if (!hasModuleWorkers()) {
      missing.push("module workers");
    }
    return missing;
  }

  /** Whether `new Worker` knows modules: only then does it read the option that says so. */
  function hasModuleWorkers() {
    let isTypeRead = false;
    const options = {
      get type() {
        isTypeRead = true;
        return "module";
      },
    };
    const empty = URL.createObjectURL(new Blob([""], { type: "text/javascript" }));
    new Worker(empty, options).terminate();
    URL.revokeObjectURL(empty);
    return isTypeRead;
  }

  /** Puts one sentence for a person in the place of “Loading…”; the first one stays. */
  function report(sentence) {
    const boot = document.getElementById("boot");
    if (!boot || boot.querySelector("[role=alert]")) {
      return;
    }
    const alert = document.createElement("p");
    alert.setAttribute("role", "alert");
    boot.replaceChildren(alert);
    // A live region announces what changes in it, so the sentence comes after the region.
    alert.textContent = sentence;
  }

  function reportFailure(error) {
    const reason = error instanceof Error ? error.message : String(error);
    report(`The playground could not start (${reason}). Please reload the page; if that does not help, try ${BROWSERS}.`);
  }

  async function start() {
    const missing = missingFeatures();
    if (missing.length > 0) {
      report(
        `The playground trains networks inside your browser, and this browser lacks ${missing.join(" and ")}. ` +
          `It runs in ${BROWSERS}; some browsers' strict security modes switch these off.`,
      );
      return;
    }
    const page = document.querySelector("meta[name=page-module]");
    const { default: init } = await import(new URL(page.content, document.baseURI));
    await init({ module_or_path: new URL(page.dataset.wasm, document.baseURI) });
  }

  addEventListener("error", (event) => reportFailure(event.error ?? event.message));
  addEventListener("unhandledrejection", (event) => reportFailure(event.reason));
  start().catch(reportFailure);
})();
