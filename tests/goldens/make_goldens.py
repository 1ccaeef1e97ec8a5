"""Writes the goldens: what PyTorch computes, in float64.

    python -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python make_goldens.py

Those of small language models are made here. Every number of such a model comes from `formula.py`, so a
golden holds only symbols and results; the Rust side is `tests/src/golden.rs` and
`tests/tests/pytorch_goldens.rs`. Those of single ops come from the other files, one a subject, and hold
their inputs (`cases.py`, `tests/src/case.rs`).
"""

import json
import platform
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

import attention
import images
import layers
import losses
import models
import optimisers
import probes
import recurrent
import truncation
from cases import flat, write_cases
from formula import indices, numbers
from model import LanguageModel, Sizes

HERE = Path(__file__).parent
SUBJECTS = (
    attention,
    images,
    layers,
    losses,
    models,
    optimisers,
    probes,
    recurrent,
    truncation,
)
"""Whose goldens are files of small cases."""
TOKEN_SALT, TARGET_SALT, LOSS_WEIGHT_SALT = 200, 201, 202
TEXT = "she sells sea shells by the sea shore; the shells she sells are sea shells, so she sells "
"""What the training runs learn, over and over."""
ALPHABET = sorted(set(TEXT))

ONE_LAYER = Sizes(vocabulary=len(ALPHABET), embedding=4, hidden=5, layers=1, steps=6, batch=3)
# Hidden sizes that fill vectors of 4 and 8 and leave a remainder.
TWO_LAYERS = Sizes(vocabulary=len(ALPHABET), embedding=6, hidden=13, layers=2, steps=5, batch=2)

OPTIMIZERS = {
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {"weight_decay": 0.1}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "sgd": (torch.optim.SGD, {"momentum": 0.9}),
}
"""The rule, and the constants that are not PyTorch's defaults."""
CLIP_NORMS = {1: 0.4, 2: 0.8}
"""For one and two layers: between the smallest and the largest norm of every run."""


def named(tensors: dict[str, Tensor]) -> dict[str, list[float]]:
    return {name: flat(tensor) for name, tensor in tensors.items()}


def fresh_model(cell: str, sizes: Sizes) -> LanguageModel:
    model = LanguageModel(cell, sizes).double()
    model.set_by_formula()
    return model


def loss_weights(count: int) -> list[float]:
    """Uneven, every fourth 0."""
    drawn = numbers(LOSS_WEIGHT_SALT, count, 0.5)
    return [0.0 if index % 4 == 3 else number + 0.6 for index, number in enumerate(drawn)]


def one_pass(cell: str, sizes: Sizes) -> dict:
    """One forward and backward pass from non-zero states under uneven loss weights."""
    model = fresh_model(cell, sizes)
    count = sizes.steps * sizes.batch
    tokens, targets = (indices(salt, count, sizes.vocabulary) for salt in (TOKEN_SALT, TARGET_SALT))
    weights = loss_weights(count)

    def loss_of(logits: Tensor) -> Tensor:
        rows = logits.reshape(count, sizes.vocabulary)
        losses = functional.cross_entropy(rows, torch.tensor(targets), reduction="none")
        return (losses * torch.tensor(weights, dtype=losses.dtype)).sum()

    window = torch.tensor(tokens).reshape(sizes.steps, sizes.batch)
    states = model.states_by_formula()
    logits, last = model(window, model.stacked(states))
    loss = loss_of(logits)
    loss.backward()

    # Once more by single steps, for the gradient that arrives at each of them.
    gradients = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
    traces = model.hidden_by_step(window, model.states_by_formula())
    by_step = loss_of(model.output(torch.stack(traces[-1])))
    by_step.backward()
    torch.testing.assert_close(by_step, loss, rtol=1e-12, atol=0.0)
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, 2 * gradients[name], rtol=1e-9, atol=1e-12)

    last_kinds = last if cell == "lstm" else (last,)
    layers = range(sizes.layers)
    return {
        "tokens": tokens,
        "targets": targets,
        "loss_weights": weights,
        "logits": flat(logits),
        "loss": flat(loss)[0],
        "final_states": [[flat(kind[layer]) for kind in last_kinds] for layer in layers],
        "gradients": named(gradients),
        "initial_state_gradients": [[flat(state.grad) for state in layer] for layer in states],
        "hidden_gradients": [flat(torch.stack([h.grad for h in trace])) for trace in traces],
    }


def windows(sizes: Sizes, count: int) -> list[dict]:
    """Windows [T, B] of B streams that start at different places of the text and move on together."""
    symbols = [ALPHABET.index(character) for character in TEXT]
    starts = [17 * stream for stream in range(sizes.batch)]

    def read(first: int) -> list[int]:
        steps = range(first, first + sizes.steps)
        return [symbols[(start + step) % len(symbols)] for step in steps for start in starts]

    firsts = [window * sizes.steps for window in range(count)]
    return [{"tokens": read(first), "targets": read(first + 1)} for first in firsts]


def training(cell: str, sizes: Sizes, optimizer: str, rate: float, steps: int) -> dict:
    """A training run from weights by formula and a zero state, carried from window to window."""
    model = fresh_model(cell, sizes)
    rule_kind, constants = OPTIMIZERS[optimizer]
    rule = rule_kind(model.parameters(), lr=rate, **constants)
    clip_norm = CLIP_NORMS[sizes.layers]
    batches, state, losses, norms = windows(sizes, steps), None, [], []
    for batch in batches:
        tokens, targets = (torch.tensor(batch[key]) for key in ("tokens", "targets"))
        logits, state = model(tokens.reshape(sizes.steps, sizes.batch), state)
        state = tuple(kind.detach() for kind in state) if cell == "lstm" else state.detach()
        loss = functional.cross_entropy(logits.reshape(-1, sizes.vocabulary), targets)
        rule.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm))
        rule.step()
        losses.append(loss)
    assert losses[-1] < losses[0], "a training run should learn"
    assert min(norms) < clip_norm < max(norms), "clipping should act on some steps only"
    return {
        "optimizer": {"kind": optimizer} | constants,
        "learning_rate": rate,
        "clip_norm": clip_norm,
        "windows": batches,
        "losses": flat(torch.stack(losses)),
        "grad_norms": flat(torch.stack(norms)),
        "final_weights": named(dict(model.named_parameters())),
    }


def write(name: str, cell: str, sizes: Sizes, golden: dict) -> None:
    versions = f"PyTorch {torch.__version__}, Python {platform.python_version()}"
    head = {"made_by": f"make_goldens.py with {versions}", "cell": cell, "sizes": vars(sizes)}
    text = json.dumps(head | golden, separators=(",", ":"))
    path = HERE / f"{name}.json"
    path.write_text(text.replace('],"', '],\n"') + "\n")
    print(f"{path.name}: {path.stat().st_size:,} bytes")


def main() -> None:
    torch.set_num_threads(1)
    for cell in ("elman", "lstm", "gru"):
        for sizes in (ONE_LAYER, TWO_LAYERS):
            golden = {
                "pass": one_pass(cell, sizes),
                "training": training(cell, sizes, "adam", 0.01, 50),
            }
            write(f"{cell}_{sizes.layers}_layer", cell, sizes, golden)
    for optimizer, rate in (("sgd", 0.1), ("rmsprop", 0.005), ("adamw", 0.01)):
        golden = {"training": training("gru", ONE_LAYER, optimizer, rate, 20)}
        write(f"gru_{optimizer}", "gru", ONE_LAYER, golden)
    for subject in SUBJECTS:
        write_cases(subject.__name__, subject.cases())


if __name__ == "__main__":
    main()
