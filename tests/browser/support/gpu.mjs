/**
 * Whether the page believes its browser to offer WebGPU. Run in the page before its own scripts.
 */

/** A browser that knows no WebGPU, neither here nor in workers: of the workers it asks for those without. */
export function hideWebGpu() {
  delete Navigator.prototype.gpu;
  globalThis.Blob = class extends Blob {
    constructor(parts, options) {
      const isScript = options?.type === "text/javascript";
      super(isScript ? ["delete WorkerNavigator.prototype.gpu;", ...parts] : parts, options);
    }
  };
}
