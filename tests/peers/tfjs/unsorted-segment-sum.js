/**
 * The kernel that TensorFlow.js 4.22's WebAssembly backend lacks: sums of rows by segment, which is the
 * gradient of an embedding. Without it no network that reads symbols can be trained there.
 */

/** Registers it. */
export function registerUnsortedSegmentSum(tf) {
  tf.registerKernel({
    kernelName: "UnsortedSegmentSum",
    backendName: "wasm",
    kernelFunc: ({ inputs: { x, segmentIds }, backend, attrs: { numSegments } }) => {
      const rows = segmentIds.shape.reduce((product, size) => product * size, 1);
      const rest = x.shape.slice(segmentIds.shape.length);
      const width = rest.reduce((product, size) => product * size, 1);
      const numbers = backend.readSync(x.dataId);
      const segments = backend.readSync(segmentIds.dataId);
      const sums = new Float32Array(numSegments * width);
      for (let row = 0; row < rows; row += 1) {
        // What lies outside belongs to no segment.
        if (segments[row] >= 0 && segments[row] < numSegments) {
          for (let column = 0; column < width; column += 1) {
            sums[segments[row] * width + column] += numbers[row * width + column];
          }
        }
      }
      const shape = [numSegments, ...rest];
      return { dataId: backend.write(sums, shape, "float32"), shape, dtype: "float32" };
    },
  });
}
