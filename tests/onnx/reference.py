"""Recurrent networks in numpy, by PyTorch's equations and with its names, in double precision.

What the exported graphs are compared with where the engine has no model of their kind.
`check_against_torch.py` holds it against PyTorch.

Symbols: T time steps, B batch, H hidden units, L layers, D directions, G gates.
"""

import numpy
from numpy import ndarray


def sigmoid(x: ndarray) -> ndarray:
    return 1 / (1 + numpy.exp(-x))


def elman(x: ndarray, h: ndarray, state: list[ndarray]) -> list[ndarray]:
    """One step from the two products, biases included."""
    return [numpy.tanh(x + h)]


def elman_relu(x: ndarray, h: ndarray, state: list[ndarray]) -> list[ndarray]:
    return [numpy.maximum(x + h, 0)]


def gru(x: ndarray, h: ndarray, state: list[ndarray]) -> list[ndarray]:
    (x_r, x_z, x_n), (h_r, h_z, h_n) = (numpy.split(part, 3, axis=-1) for part in (x, h))
    r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    n = numpy.tanh(x_n + r * h_n)
    return [(1 - z) * n + z * state[0]]


def lstm(x: ndarray, h: ndarray, state: list[ndarray]) -> list[ndarray]:
    i, f, g, o = numpy.split(x + h, 4, axis=-1)
    c = sigmoid(f) * state[1] + sigmoid(i) * numpy.tanh(g)
    return [sigmoid(o) * numpy.tanh(c), c]


CELLS = {"elman": elman, "elman relu": elman_relu, "gru": gru, "lstm": lstm}


def direction(cell, weights, suffix, inputs, state, lengths, is_reverse):
    """Hidden states [T, B, H] of one layer in one direction, 0 beyond each length, and the last state."""
    w_ih, w_hh, b_ih, b_hh = (
        weights[f"rnn.{part}_{suffix}"] for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    steps = len(inputs)
    hidden = numpy.zeros((steps, inputs.shape[1], w_hh.shape[1]))
    for step in reversed(range(steps)) if is_reverse else range(steps):
        products = inputs[step] @ w_ih.T + b_ih, state[0] @ w_hh.T + b_hh
        counts = (step < lengths)[:, None]
        new = CELLS[cell](*products, state)
        state = [numpy.where(counts, after, before) for after, before in zip(new, state)]
        hidden[step] = numpy.where(counts, state[0], 0)
    return hidden, state


def layers(architecture, weights, inputs, states, lengths):
    """Hidden states of the top layer [T, B, D·H] and the last states, each [L·D, B, H]."""
    cell, is_both = architecture["cell"], architecture["is_bidirectional"]
    last = []
    for layer in range(architecture["layers"]):
        outputs = []
        for suffix in [f"l{layer}", f"l{layer}_reverse"][: 1 + is_both]:
            state = [state[len(last)] for state in states]
            is_reverse = suffix.endswith("_reverse")
            hidden, state = direction(cell, weights, suffix, inputs, state, lengths, is_reverse)
            outputs.append(hidden)
            last.append(state)
        inputs = numpy.concatenate(outputs, axis=-1)
    return inputs, [numpy.stack(kind) for kind in zip(*last)]


def pooled(pooling, architecture, hidden, h_n, lengths):
    """One vector for each sequence, [B, D·H]."""
    if pooling == "last":
        directions = 1 + architecture["is_bidirectional"]
        return numpy.concatenate(list(h_n[-directions:]), axis=-1)
    parts = [hidden[:length, index] for index, length in enumerate(lengths)]
    return numpy.stack([part.mean(0) if pooling == "mean" else part.max(0) for part in parts])


def network(case: dict, weights: dict[str, ndarray], feeds: dict[str, ndarray]) -> dict[str, ndarray]:
    """What the network of a case gives."""
    architecture, task = case["architecture"], case["task"]
    weights = {name: values.astype(numpy.float64) for name, values in weights.items()}
    inputs = weights["embedding.weight"][feeds["tokens"]] if "tokens" in feeds else feeds["features"]
    steps, batch = inputs.shape[:2]
    hidden_size = weights["rnn.weight_hh_l0"].shape[1]
    rows = architecture["layers"] * (1 + architecture["is_bidirectional"])
    names = ["h_0", "c_0"][: 1 + (architecture["cell"] == "lstm")]
    states = [feeds.get(name, numpy.zeros((rows, batch, hidden_size))) for name in names]
    lengths = numpy.minimum(feeds.get("lengths", numpy.full(batch, steps)), steps)
    hidden, last = layers(architecture, weights, inputs, states, lengths)
    results = dict(zip(["h_n", "c_n"], last))
    if task == "states":
        return results | {"hidden": hidden}
    if task.startswith("classifier "):
        hidden = pooled(task.split()[1], architecture, hidden, last[0], lengths)
    elif task == "forecaster":
        hidden = pooled("last", architecture, hidden, last[0], lengths)
    scores = hidden @ weights["output.weight"].T + weights["output.bias"]
    if task == "transducer":
        shifted = scores - scores.max(-1, keepdims=True)
        scores = shifted - numpy.log(numpy.exp(shifted).sum(-1, keepdims=True))
    name = {"transducer": "log_probabilities", "forecaster": "predictions"}.get(task, "logits")
    return results | {name: scores}
