"""Recurrent layers: every cell, both directions, sequences of different lengths in any order.

Inputs, states and weights come from `formula.py`.
"""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from cases import case
from formula import numbers

CELLS = {
    "elman": (nn.RNN, {}),
    "relu": (nn.RNN, {"nonlinearity": "relu"}),
    "lstm": (nn.LSTM, {}),
    "gru": (nn.GRU, {}),
}
LENGTHS = {
    "full": [5, 5, 5],
    "ragged": [2, 5, 3],
    "one step": [1, 1, 1],
}
INPUTS, HIDDEN = 3, 5


def by_formula(salt: int, *shape: int, scale: float = 0.7) -> torch.Tensor:
    count = torch.Size(shape).numel()
    values = torch.tensor(numbers(salt, count, scale), dtype=torch.float64)
    return values.reshape(shape).requires_grad_()


def golden(cell: str, lengths_name: str, is_bidirectional: bool) -> dict:
    """One pass and its gradients; the objective weighs every output by formula."""
    kind, options = CELLS[cell]
    lengths = LENGTHS[lengths_name]
    steps, batch = max(lengths), len(lengths)
    layer = kind(INPUTS, HIDDEN, bidirectional=is_bidirectional, **options).double()
    with torch.no_grad():
        for salt, parameter in enumerate(layer.parameters()):
            parameter.copy_(by_formula(salt, *parameter.shape))
    directions = 2 if is_bidirectional else 1
    x = by_formula(100, steps, batch, INPUTS)
    h = by_formula(101, directions, batch, HIDDEN)
    c = by_formula(102, directions, batch, HIDDEN)
    packed = pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
    output, last = layer(packed, (h, c) if cell == "lstm" else h)
    output, _ = pad_packed_sequence(output, total_length=steps)
    lasts = list(last) if cell == "lstm" else [last]
    objective = (output * by_formula(103, *output.shape)).sum()
    for salt, final in enumerate(lasts, start=104):
        objective = objective + (final * by_formula(salt, *final.shape)).sum()
    objective.backward()
    tensors = {"output": output, "last_h": lasts[0], "d_x": x.grad, "d_h": h.grad}
    if cell == "lstm":
        tensors |= {"last_c": lasts[1], "d_c": c.grad}
    tensors |= {f"d_{name}": parameter.grad for name, parameter in layer.named_parameters()}
    return case(
        f"{cell}, {'both directions' if is_bidirectional else 'forward'}, {lengths_name}",
        tensors=tensors,
        indices={"lengths": lengths},
        sizes={"steps": steps, "batch": batch, "inputs": INPUTS, "hidden": HIDDEN, "directions": directions},
    )


def cases() -> list[dict]:
    return [
        golden(cell, lengths, is_bidirectional)
        for cell in CELLS
        for lengths in LENGTHS
        for is_bidirectional in (False, True)
    ]
