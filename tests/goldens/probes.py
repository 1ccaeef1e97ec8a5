"""Probes: Jacobians of recurrences against `torch.autograd.functional.jacobian`, pre-activations and gates
spelled out, spectral radii against numpy's `eigvals`.

Weights, inputs and states come from `formula.py`; so do the random matrices.
"""

import numpy
import torch
from torch import Tensor

from cases import case
from formula import number, numbers

INPUTS, HIDDEN, STEPS = 3, 5, 6
LENGTHS = [4, 6, 1]
"""Of the batch; the second sequence fills it."""
SCALE = 0.9
BLOCKS = {"elman": 1, "relu": 1, "lstm": 4, "gru": 3}


def by_formula(salt: int, *shape: int) -> Tensor:
    count = torch.Size(shape).numel()
    return torch.tensor(numbers(salt, count, SCALE), dtype=torch.float64).reshape(shape)


def weights(cell: str) -> list[Tensor]:
    """weight_ih, weight_hh, bias_ih, bias_hh, as the Rust side declares them."""
    rows = BLOCKS[cell] * HIDDEN
    shapes = [(rows, INPUTS), (rows, HIDDEN), (rows,), (rows,)]
    return [by_formula(salt, *shape) for salt, shape in enumerate(shapes)]


def step(cell: str, x: Tensor, h: Tensor, c: Tensor) -> dict[str, Tensor]:
    """One step of one sequence, with everything that a probe shows."""
    w_ih, w_hh, b_ih, b_hh = weights(cell)
    a_x, a_h = w_ih @ x + b_ih, w_hh @ h + b_hh
    if cell == "gru":
        (r_x, z_x, n_x), (r_h, z_h, n_h) = a_x.chunk(3), a_h.chunk(3)
        r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
        a = torch.cat([r_x + r_h, z_x + z_h, n_x + r * n_h])
        n = torch.tanh(a[2 * HIDDEN :])
        gates, h = torch.cat([r, z, n]), (1 - z) * n + z * h
    elif cell == "lstm":
        a = a_x + a_h
        i, f, g, o = a.chunk(4)
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        c = f * c + i * g
        gates, h = torch.cat([i, f, g, o]), o * torch.tanh(c)
    else:
        a = a_x + a_h
        gates = h = torch.relu(a) if cell == "relu" else torch.tanh(a)
    return {"a_x": a_x, "a_h": a_h, "a": a, "gates": gates, "h": h, "c": c}


def walk(cell: str, xs: list[Tensor], h: Tensor, c: Tensor) -> list[dict[str, Tensor]]:
    trace = []
    for x in xs:
        trace.append(step(cell, x, h, c))
        h, c = trace[-1]["h"], trace[-1]["c"]
    return trace


def check_against_torch() -> None:
    """The step above is PyTorch's own."""
    kinds = {"elman": torch.nn.RNNCell, "gru": torch.nn.GRUCell, "lstm": torch.nn.LSTMCell}
    x, h, c = by_formula(100, INPUTS), by_formula(101, HIDDEN), by_formula(102, HIDDEN)
    for cell, kind in kinds.items():
        module = kind(INPUTS, HIDDEN).double()
        with torch.no_grad():
            for parameter, value in zip(module.parameters(), weights(cell)):
                parameter.copy_(value)
        out = module(x[None], (h[None], c[None]) if cell == "lstm" else h[None])
        torch.testing.assert_close(out[0][0] if cell == "lstm" else out[0], step(cell, x, h, c)["h"])


def norm(jacobian: Tensor) -> Tensor:
    return torch.linalg.matrix_norm(jacobian, ord=2)


def layer(cell: str, is_reverse: bool) -> dict:
    """All steps of a batch of sequences of different lengths, and the norms of their Jacobians."""
    x = by_formula(100, STEPS, len(LENGTHS), INPUTS)
    h, c = by_formula(101, len(LENGTHS), HIDDEN), by_formula(102, len(LENGTHS), HIDDEN)
    width = BLOCKS[cell] * HIDDEN
    widths = {"a_x": width, "a_h": width, "a": width, "gates": width, "h": HIDDEN, "c": HIDDEN}
    shown = {key: torch.zeros(STEPS, len(LENGTHS), size, dtype=torch.float64) for key, size in widths.items()}
    norms, cell_norms, initial_norms = [], [], []
    for sequence, length in enumerate(LENGTHS):
        order = list(range(length))[:: -1 if is_reverse else 1]
        xs = [x[t, sequence] for t in order]
        trace = walk(cell, xs, h[sequence], c[sequence])
        for t, values in zip(order, trace):
            for key in shown:
                shown[key][t, sequence] = values[key]

        def last(rest: list[Tensor]):
            return lambda h, c: walk(cell, rest, h, c)[-1]["h"] if rest else h

        by_step = {}
        for done, t in enumerate(order, start=1):
            state = (trace[done - 1]["h"], trace[done - 1]["c"])
            by_step[t] = torch.autograd.functional.jacobian(last(xs[done:]), state)
        norms += [norm(by_step[t][0]) for t in range(length)]
        cell_norms += [norm(by_step[t][1]) for t in range(length)]
        initial = torch.autograd.functional.jacobian(last(xs), (h[sequence], c[sequence]))
        initial_norms.append(norm(initial[0]))
    if cell != "lstm":
        del shown["c"]
    tensors = shown | {"norms": torch.stack(norms), "initial_norms": torch.stack(initial_norms)}
    if cell == "lstm":
        tensors["cell_norms"] = torch.stack(cell_norms)
    sizes = {"steps": STEPS, "batch": len(LENGTHS), "inputs": INPUTS, "hidden": HIDDEN}
    name = f"{cell}, {'reverse' if is_reverse else 'forward'}"
    return case(name, tensors=tensors, indices={"lengths": LENGTHS}, sizes=sizes)


def orthogonal(size: int) -> numpy.ndarray:
    """A product of two reflections, turned by a cyclic permutation: complex pairs all around the circle."""
    q = numpy.roll(numpy.eye(size), 1, axis=0)
    for salt in (7, 8):
        v = numpy.array([number(salt, index) for index in range(size)])
        q = q @ (numpy.eye(size) - 2 * numpy.outer(v, v) / (v @ v))
    return q


def random(size: int) -> numpy.ndarray:
    """Within ±1/√H, as PyTorch begins."""
    return numpy.array(numbers(6, size * size, size**-0.5)).reshape(size, size)


def rotation(size: int) -> numpy.ndarray:
    """A rotation by 1 in the first plane and one by 2, stretched to 1.25, in the second; 0.5 elsewhere."""
    matrix = 0.5 * numpy.eye(size)
    for first, angle, stretch in ((0, 1.0, 1.0), (2, 2.0, 1.25)):
        cos, sin = stretch * numpy.cos(angle), stretch * numpy.sin(angle)
        matrix[first : first + 2, first : first + 2] = [[cos, -sin], [sin, cos]]
    mix = orthogonal(size)
    return mix @ matrix @ mix.T


def nilpotent(size: int) -> numpy.ndarray:
    """Strictly triangular, rows and columns shuffled alike."""
    order = [(index * 7 + 3) % size for index in range(size)]
    return numpy.triu(random(size), 1)[order][:, order]


MATRICES = {
    "random": (random, (1, 2, 3, 5, 7, 33, 128, 129, 300)),
    "orthogonal": (orthogonal, (2, 3, 5, 7, 33, 128, 129, 300)),
    "mixed": (lambda size: 0.5 * orthogonal(size) + 0.3 * random(size), (3, 33, 129, 300, 512)),
    "rotation": (rotation, (5, 33, 129, 300)),
    "nilpotent": (nilpotent, (2, 3, 5, 33, 129, 300)),
}


def radius(kind: str, size: int) -> dict:
    """|λ| of numpy, of which a nilpotent matrix has none but rounding: 0 is known."""
    matrix = MATRICES[kind][0](size)
    found = 0.0 if kind == "nilpotent" else abs(numpy.linalg.eigvals(matrix)).max()
    tensors = {"radius": torch.tensor([found], dtype=torch.float64)}
    return case(f"{kind}, {size}", tensors=tensors, sizes={"size": size})


def cases() -> list[dict]:
    check_against_torch()
    layers = [layer(cell, is_reverse) for cell in BLOCKS for is_reverse in (False, True)]
    radii = [radius(kind, size) for kind, (_, sizes) in MATRICES.items() for size in sizes]
    return layers + radii
