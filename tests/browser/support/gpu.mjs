/**
 * Whether the page believes its browser to offer WebGPU. Run in the page before its own scripts.
 */

/** A browser that knows no WebGPU, neither here nor in workers: of the workers it asks for those without. */
export function hideWebGpu() {
  delete Navigator.prototype.gpu;
  // A proxy, of which every Blob is an instance; of a class that extends Blob those from a database are not.
  globalThis.Blob = new Proxy(Blob, {
    construct: (Blob, [parts, options]) => {
      const isScript = options?.type === "text/javascript";
      return new Blob(isScript ? ["delete WorkerNavigator.prototype.gpu;", ...parts] : parts, options);
    },
  });
}

/** To be run in the page: has every worker begin with `script`. */
export function sabotageWorkers(script) {
  return `globalThis.Blob = new Proxy(Blob, {
    construct: (Blob, [parts, options]) =>
      new Blob(options?.type === "text/javascript" ? [${JSON.stringify(script)}, ...parts] : parts, options),
  });`;
}
