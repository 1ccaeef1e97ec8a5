"""Holds `reference.py` against PyTorch: every cell, one and two layers, one and both directions, sequences
of several lengths, and the poolings. Needs the environment of `tests/goldens/requirements.txt`.

    python tests/onnx/check_against_torch.py
"""

import itertools
from functools import partial

import numpy
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import reference

CELLS = {"elman": nn.RNN, "elman relu": partial(nn.RNN, nonlinearity="relu"), "gru": nn.GRU, "lstm": nn.LSTM}
STEPS, BATCH, INPUTS, HIDDEN = 5, 3, 2, 4
LENGTHS = torch.tensor([3, 5, 1])


@torch.no_grad()
def largest_error(cell: str, layer_count: int, is_bidirectional: bool) -> float:
    rnn = CELLS[cell](INPUTS, HIDDEN, layer_count, bidirectional=is_bidirectional).double()
    rows = layer_count * (1 + is_bidirectional)
    features = torch.randn(STEPS, BATCH, INPUTS).double()
    states = [torch.randn(rows, BATCH, HIDDEN).double() for _ in range(1 + (cell == "lstm"))]
    packed = pack_padded_sequence(features, LENGTHS, enforce_sorted=False)
    hidden, last = rnn(packed, tuple(states) if cell == "lstm" else states[0])
    hidden, _ = pad_packed_sequence(hidden)
    last = last if cell == "lstm" else (last,)

    weights = {f"rnn.{name}": parameter.numpy() for name, parameter in rnn.named_parameters()}
    architecture = {"cell": cell, "layers": layer_count, "is_bidirectional": is_bidirectional}
    found_hidden, found_last = reference.layers(
        architecture, weights, features.numpy(), [state.numpy() for state in states], LENGTHS.numpy()
    )
    pairs = [(found_hidden, hidden), *zip(found_last, last)]
    directions = 1 + is_bidirectional
    poolings = {
        "last": torch.cat(list(last[0][-directions:]), -1),
        "mean": torch.stack([hidden[:length, index].mean(0) for index, length in enumerate(LENGTHS)]),
        "max": torch.stack([hidden[:length, index].amax(0) for index, length in enumerate(LENGTHS)]),
    }
    for name, want in poolings.items():
        found = reference.pooled(name, architecture, found_hidden, found_last[0], LENGTHS.numpy())
        pairs.append((found, want))
    return max(numpy.abs(found - want.numpy()).max() for found, want in pairs)


def main() -> None:
    torch.manual_seed(0)
    cases = list(itertools.product(CELLS, [1, 2], [False, True]))
    worst = max(largest_error(*case) for case in cases)
    print(f"{len(cases)} networks, largest error {worst:.1e}")
    assert worst < 1e-12


if __name__ == "__main__":
    main()
