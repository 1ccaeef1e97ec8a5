"""Trains on Moby-Dick in PyTorch what `rnn train text` trains with its defaults, from the same initial
weights and over the same batches, in float32.

    cargo xtask data
    cargo run --release -p rnn-cli -- train text --steps 0 --out init.safetensors
    python tests/goldens/moby_dick.py init.safetensors --record tests/goldens/moby_dick.json

Prints one line of JSON. `--record` also writes the losses of the first steps, which the Rust side must
follow, and the held-out figure that it must come within 1% of.

Batches: the last twentieth of the text is held out. The rest is cut into B streams of equal length that
are read side by side in windows of T characters, each target the character that follows. The state is
carried from window to window; when no full window is left, reading starts over with a zero state. The
held-out part is read likewise to its very end, and its losses averaged over all predictions.
"""

import argparse
import hashlib
import json
import math
import platform
from pathlib import Path

import numpy
import torch
from safetensors import safe_open
from torch import Tensor
from torch.nn import functional

from model import LanguageModel, Sizes

TEXT_PATH = Path(__file__).parents[2] / "static" / "data" / "moby-dick.txt"
UNKNOWN = "\ufffd"
HIDDEN, EMBEDDING, LAYERS, BATCH, STEPS = 128, 64, 1, 32, 64
LEARNING_RATE = float(numpy.float32(0.002))
"""The experiment keeps its settings in single precision."""
CLIP_NORM = 1.0
RECORDED_STEPS = 200


def read_weights(path: Path) -> tuple[list[str], dict[str, Tensor]]:
    """The vocabulary and the state dict of a file that the command line wrote."""
    with safe_open(path, framework="pt") as file:
        vocabulary = json.loads(file.metadata()["vocabulary"])
        return vocabulary, {name: file.get_tensor(name) for name in file.keys()}


def ids_from_text(text: str, vocabulary: list[str]) -> Tensor:
    """Numbers of characters. What the vocabulary lacks is read as unknown, or else left out."""
    ids = {symbol: index for index, symbol in enumerate(vocabulary)}
    found = (ids.get(symbol, ids.get(UNKNOWN)) for symbol in text)
    return torch.tensor([index for index in found if index is not None])


def streams(ids: Tensor) -> Tensor:
    """`[length, B]`: contiguous streams, each a column."""
    length = len(ids) // BATCH
    return ids[: length * BATCH].reshape(BATCH, length).T.contiguous()


def detached(state):
    return tuple(part.detach() for part in state)


def mean_loss(logits: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def train(model: LanguageModel, text: Tensor, steps: int) -> tuple[list[float], list[float]]:
    """The loss and the gradient's norm before clipping of each step."""
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    position, state, losses, norms = 0, None, [], []
    for _ in range(steps):
        if position + STEPS >= len(text):
            position, state = 0, None
        window = text[position : position + STEPS + 1]
        position += STEPS
        logits, state = model(window[:-1], state)
        state = detached(state)
        loss = mean_loss(logits, window[1:])
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM).item())
        optimizer.step()
        losses.append(loss.item())
    return losses, norms


@torch.no_grad()
def bits_per_char(model: LanguageModel, text: Tensor) -> float:
    """Mean cross-entropy in bits, the state carried from a zero state on."""
    nats, predictions, state = 0.0, 0, None
    for position in range(0, len(text) - 1, STEPS):
        window = text[position : position + STEPS + 1]
        logits, state = model(window[:-1], state)
        count = window[1:].numel()
        nats += mean_loss(logits, window[1:]).item() * count
        predictions += count
    return nats / predictions / math.log(2)


def digest(weights: dict[str, Tensor]) -> str:
    """SHA-256 of all weights, sorted by name, as little-endian float32."""
    parts = (weights[name].numpy().astype("<f4").tobytes() for name in sorted(weights))
    return hashlib.sha256(b"".join(parts)).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path, help="initial weights, as `rnn train text --steps 0` writes them")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--record", type=Path, help="write the result here")
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    vocabulary, weights = read_weights(arguments.weights)
    initial_digest = digest(weights)
    model = LanguageModel("lstm", Sizes(len(vocabulary), EMBEDDING, HIDDEN, LAYERS, STEPS, BATCH))
    model.load_state_dict(weights)

    raw = TEXT_PATH.read_bytes()
    text = raw.decode("utf-8")
    cut = len(text) - len(text) // 20
    training, held_out = (streams(ids_from_text(part, vocabulary)) for part in (text[:cut], text[cut:]))
    losses, norms = train(model, training, arguments.steps)
    result = {
        "steps": arguments.steps,
        "validation_bits_per_char": round(bits_per_char(model, held_out), 5),
        "train_loss_last": round(losses[-1], 6),
    }
    print(json.dumps(result))
    if arguments.record:
        versions = f"PyTorch {torch.__version__}, Python {platform.python_version()}"
        head = {
            "made_by": f"moby_dick.py with {versions}",
            "command": "python tests/goldens/moby_dick.py init.safetensors --record tests/goldens/moby_dick.json",
            "text_sha256": hashlib.sha256(raw).hexdigest(),
            "initial_weights_sha256": initial_digest,
        }
        curves = {
            "losses": [round(loss, 6) for loss in losses[:RECORDED_STEPS]],
            "grad_norms": [round(norm, 6) for norm in norms[:RECORDED_STEPS]],
        }
        arguments.record.write_text(json.dumps(head | result | curves).replace(', "', ',\n"') + "\n")


if __name__ == "__main__":
    main()
