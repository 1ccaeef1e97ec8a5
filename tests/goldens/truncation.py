"""Goldens of truncated backpropagation through time with overlapping windows, written as a loop.

The Rust side is `tests/tests/truncation.rs`.
"""

import torch
from torch import Tensor
from torch.nn import functional

from cases import case
from formula import indices
from model import LanguageModel, Sizes

TOKEN_SALT = 320


def detached(state):
    """The state without its gradient."""
    return tuple(kind.detach() for kind in state) if isinstance(state, tuple) else state.detach()


def run(cell: str, layers: int, advance: int, window: int, count: int) -> dict:
    """`count` windows of `window` steps, each `advance` steps after the one before."""
    sizes = Sizes(vocabulary=7, embedding=3, hidden=5, layers=layers, steps=window, batch=2)
    model = LanguageModel(cell, sizes).double()
    model.set_by_formula()
    rule = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.5)
    length = (count - 1) * advance + window
    symbols = torch.tensor(indices(TOKEN_SALT, (length + 1) * sizes.batch, sizes.vocabulary))
    symbols = symbols.reshape(length + 1, sizes.batch)
    state, losses = None, []
    for index in range(count):
        first = index * advance
        # In two pieces, so that the state between them is at hand.
        head, middle = model(symbols[first : first + advance], state)
        tail = (
            [model(symbols[first + advance : first + window], middle)[0]] if advance < window else []
        )
        logits = torch.cat([head, *tail])
        counted = window if index == 0 else advance
        targets = symbols[first + 1 : first + window + 1]
        loss = functional.cross_entropy(
            logits[window - counted :].reshape(-1, sizes.vocabulary), targets[window - counted :].reshape(-1)
        )
        rule.zero_grad()
        loss.backward()
        rule.step()
        losses.append(loss)
        state = detached(middle)
    tensors: dict[str, Tensor] = {"losses": torch.stack(losses)} | dict(model.named_parameters())
    sizes = vars(sizes) | {"advance": advance, "windows": count, "cell": ["elman", "lstm", "gru"].index(cell)}
    name = f"{cell}, {layers} layers, k1 = {advance}, k2 = {window}"
    return case(name, sizes=sizes, indices={"symbols": symbols.flatten().tolist()}, tensors=tensors)


def cases() -> list[dict]:
    return [
        run("elman", 1, 1, 4, 9),
        run("gru", 1, 2, 5, 9),
        run("lstm", 2, 2, 5, 9),
        run("lstm", 1, 4, 4, 6),
    ]
