/**
 * How many cores the page believes the machine to have. Run in the page before its own scripts.
 */

/** A machine of one core: nobody helps. */
export function oneCore() {
  Object.defineProperty(Navigator.prototype, "hardwareConcurrency", { get: () => 1 });
}

/** A machine of two cores: fast mode splits its batches over two workers. */
export function twoCores() {
  Object.defineProperty(Navigator.prototype, "hardwareConcurrency", { get: () => 2 });
}
