/**
 * The workloads of `crates/bench` in TensorFlow.js, layers API. Tensors are batch-major.
 *
 * Where the work is not quite the same: its GRU resets before the product (it has no `reset_after`), and its
 * weights are drawn otherwise. The step is written out because `compile` cannot clip by norm.
 */

import { BATCHES, label, reading, symbol, window } from "./pattern.js";

const LEARNING_RATE = 3e-3;
const CLIP_NORM = 1;

/** The default gates are "hard" sigmoids, and orthogonal weights take seconds to draw. */
const RECURRENT = { recurrentActivation: "sigmoid", recurrentInitializer: "glorotUniform" };

/** Every workload by name: returns a function that takes a step and returns its loss. */
export const WORKLOADS = {
  W1: (tf) => languageModel(tf, { B: 32, T: 64, V: 64, E: 64, H: 128, L: 1 }),
  W2: (tf) => languageModel(tf, { B: 16, T: 32, V: 40, E: 32, H: 64, L: 1 }),
  W3: (tf) => languageModel(tf, { B: 32, T: 100, V: 88, E: 64, H: 256, L: 2 }),
  W4: sentiment,
  W5: forecaster,
  W6: oneHot,
  I1: generation,
};

function languageModel(tf, { B, T, V, E, H, L }) {
  const { layers } = tf;
  const stack = [layers.embedding({ inputDim: V, outputDim: E, inputLength: T })];
  for (let layer = 0; layer < L; layer += 1) {
    stack.push(layers.lstm({ units: H, returnSequences: true, ...RECURRENT }));
  }
  const model = tf.sequential({ layers: [...stack, layers.dense({ units: V })] });
  const symbols = (batch, shift) => window(B, shift, T + shift, (sequence, step) => symbol(batch, sequence, step, V));
  return training(tf, model, (batch) => ({
    input: tf.tensor2d(symbols(batch, 0), [B, T], "int32"),
    lossOf: crossEntropy(tf, symbols(batch, 1), V),
  }));
}

function sentiment(tf) {
  const { layers } = tf;
  const [B, T, V, E, H] = [32, 50, 10_000, 100, 256];
  const bidirectional = (returnSequences) =>
    layers.bidirectional({ layer: layers.lstm({ units: H, returnSequences, ...RECURRENT }), mergeMode: "concat" });
  const model = tf.sequential({
    layers: [
      layers.embedding({ inputDim: V, outputDim: E, inputLength: T }),
      bidirectional(true),
      layers.dropout({ rate: 0.5 }),
      bidirectional(false),
      layers.dropout({ rate: 0.5 }),
      layers.dense({ units: 1 }),
    ],
  });
  return training(tf, model, (batch) => ({
    input: tf.tensor2d(window(B, 0, T, (sequence, step) => symbol(batch, sequence, step, V)), [B, T], "int32"),
    lossOf: (scores) => {
      const labels = tf.tensor2d(window(B, 0, 1, label), [B, 1]);
      return tf.losses.sigmoidCrossEntropy(labels, scores);
    },
  }));
}

function forecaster(tf) {
  const [B, T, H] = [32, 48, 50];
  const gru = tf.layers.gru({ units: H, inputShape: [T, 1], ...RECURRENT });
  const model = tf.sequential({ layers: [gru, tf.layers.dense({ units: 1 })] });
  const readings = (batch, from, to) => window(B, from, to, (sequence, step) => reading(batch, sequence, step));
  return training(tf, model, (batch) => ({
    input: tf.tensor2d(readings(batch, 0, T), [B, T]).reshape([B, T, 1]),
    lossOf: (scores) => tf.losses.meanSquaredError(tf.tensor2d(readings(batch, T, T + 1), [B, 1]), scores),
  }));
}

function oneHot(tf) {
  const [B, T, I, H] = [32, 64, 50, 100];
  const elman = tf.layers.simpleRNN({
    units: H,
    returnSequences: true,
    recurrentInitializer: "glorotUniform",
    inputShape: [T, I],
  });
  const model = tf.sequential({ layers: [elman, tf.layers.dense({ units: I })] });
  const symbols = (batch, shift) => window(B, shift, T + shift, (sequence, step) => symbol(batch, sequence, step, I));
  return training(tf, model, (batch) => ({
    input: tf.oneHot(tf.tensor2d(symbols(batch, 0), [B, T], "int32"), I),
    lossOf: crossEntropy(tf, symbols(batch, 1), I),
  }));
}

/** The mean cross-entropy of every step's scores. */
function crossEntropy(tf, targets, classes) {
  return (scores) => {
    const rows = targets.length * targets[0].length;
    const expected = tf.oneHot(tf.tensor1d(targets.flat(), "int32"), classes);
    return tf.losses.softmaxCrossEntropy(expected, scores.reshape([rows, classes]));
  };
}

/** A step: forward, loss, backward, clipping by global norm, Adam. */
function training(tf, model, batchOf) {
  const optimizer = tf.train.adam(LEARNING_RATE, 0.9, 0.999, 1e-8);
  let taken = 0;
  return () =>
    tf.tidy(() => {
      const { input, lossOf } = batchOf(taken % BATCHES);
      taken += 1;
      const { value, grads } = tf.variableGrads(() => lossOf(model.apply(input, { training: true })));
      const squares = Object.values(grads).map((gradient) => gradient.square().sum());
      const norm = tf.addN(squares).sqrt();
      const scale = tf.minimum(1, tf.div(CLIP_NORM, norm));
      const clipped = Object.entries(grads).map(([name, gradient]) => [name, gradient.mul(scale)]);
      optimizer.applyGradients(Object.fromEntries(clipped));
      return value.dataSync()[0];
    });
}

/** One token: embedding, LSTM with its state kept, scores, a draw. */
function generation(tf) {
  const [V, E, H] = [64, 64, 128];
  const { layers } = tf;
  const model = tf.sequential({
    layers: [
      layers.embedding({ inputDim: V, outputDim: E, batchInputShape: [1, 1] }),
      layers.lstm({ units: H, stateful: true, ...RECURRENT }),
      layers.dense({ units: V }),
    ],
  });
  let token = 0;
  return () => {
    const scores = tf.tidy(() => model.predict(tf.tensor2d([[token]], [1, 1], "int32")).dataSync());
    token = draw(scores);
    return 0;
  };
}

/** An index with probability proportional to the exponential of its score. */
function draw(scores) {
  const largest = Math.max(...scores);
  const weights = Array.from(scores, (score) => Math.exp(score - largest));
  let left = Math.random() * weights.reduce((sum, weight) => sum + weight, 0);
  const drawn = weights.findIndex((weight) => (left -= weight) < 0);
  return Math.max(drawn, 0);
}
