"""Goldens of the losses. The Rust side is `tests/tests/goldens_losses.rs`."""

import torch
from torch import Tensor
from torch.nn import functional

from cases import case
from formula import indices, numbers

LOGIT_SALT, TARGET_SALT, WEIGHT_SALT = 600, 601, 602


def tensor(salt: int, shape: tuple[int, ...], scale: float) -> Tensor:
    count = int(torch.Size(shape).numel())
    return torch.tensor(numbers(salt, count, scale), dtype=torch.float64).reshape(shape)


def uneven_weights(count: int) -> Tensor:
    """Every fourth 0."""
    drawn = numbers(WEIGHT_SALT, count, 0.5)
    weights = [0.0 if index % 4 == 3 else number + 0.6 for index, number in enumerate(drawn)]
    return torch.tensor(weights, dtype=torch.float64)


def cross_entropy(name: str, rows: int, classes: int, *, smoothing=0.0, ignored=None, mean=False, scale=3.0):
    """With uneven weights, or PyTorch's mean over the rows that count."""
    logits = tensor(LOGIT_SALT, (rows, classes), scale).requires_grad_()
    past_the_end = ignored == classes
    targets = indices(TARGET_SALT, rows, classes + past_the_end)
    assert ignored is None or 0 < targets.count(ignored) < rows, "some rows should be ignored"
    options = {"ignore_index": -100 if ignored is None else ignored, "label_smoothing": smoothing}
    if mean:
        loss = functional.cross_entropy(logits, torch.tensor(targets), **options)
        weights = {}
    else:
        losses = functional.cross_entropy(logits, torch.tensor(targets), reduction="none", **options)
        weights = {"weights": uneven_weights(rows)}
        loss = (losses * weights["weights"]).sum()
    loss.backward()
    return case(
        name,
        sizes={"rows": rows, "classes": classes},
        constants={"label_smoothing": smoothing},
        indices={"targets": targets, "ignored": [] if ignored is None else [ignored]},
        tensors={"logits": logits, "loss": loss, "d_logits": logits.grad} | weights,
    )


def elementwise(name: str, rows: int, width: int, *, scale=2.0, **options):
    """The first word of the name says which."""
    kind = name.split(",")[0]
    prediction = tensor(LOGIT_SALT, (rows, width), scale).requires_grad_()
    targets = tensor(TARGET_SALT, (rows, width), 1.0)
    if kind == "binary":
        targets = (targets + 1.0) / 2.0
        # Also certain ones.
        targets[0] = targets[0].round()
    compare = {
        "binary": functional.binary_cross_entropy_with_logits,
        "squared": functional.mse_loss,
        "absolute": functional.l1_loss,
        "huber": functional.huber_loss,
    }[kind]
    weights = uneven_weights(rows)
    loss = (compare(prediction, targets, reduction="none", **options).sum(1) * weights).sum()
    loss.backward()
    mean = compare(prediction, targets, **options)
    return case(
        name,
        sizes={"rows": rows, "width": width},
        constants=options,
        tensors={
            "prediction": prediction,
            "targets": targets,
            "weights": weights,
            "loss": loss,
            "mean": mean,
            "d_prediction": prediction.grad,
        },
    )


def ctc(name: str, classes: int, inputs: list[int], targets: list[list[int]], *, blank=0, mean=False, scale=2.0):
    """With uneven weights, or PyTorch's mean: each sequence's loss over its labels, averaged."""
    steps, batch = max(inputs), len(inputs)
    logits = tensor(LOGIT_SALT, (steps, batch, classes), scale).requires_grad_()
    longest = max(len(target) for target in targets)
    padded = torch.tensor([target + [0] * (longest - len(target)) for target in targets])
    lengths = torch.tensor(inputs), torch.tensor([len(target) for target in targets])
    options = {"blank": blank, "zero_infinity": True}
    log_probabilities = logits.log_softmax(-1)
    each = functional.ctc_loss(log_probabilities, padded, *lengths, reduction="none", **options)
    weights = 1.0 / (batch * lengths[1].double()) if mean else uneven_weights(batch)
    loss = (each * weights).sum()
    if mean:
        by_pytorch = functional.ctc_loss(log_probabilities, padded, *lengths, **options)
        torch.testing.assert_close(loss, by_pytorch, rtol=1e-12, atol=0.0)
    loss.backward()
    return case(
        name,
        sizes={"steps": steps, "batch": batch, "classes": classes, "longest": longest, "blank": blank},
        indices={"inputs": inputs, "targets": padded.flatten().tolist(), "lengths": lengths[1].tolist()},
        tensors={
            "logits": logits,
            "weights": weights,
            "sequence_losses": each,
            "loss": loss,
            "d_logits": logits.grad,
        },
    )


def labels(salt: int, count: int, classes: int) -> list[int]:
    """Labels other than 0, repeats among them."""
    return [1 + label for label in indices(salt, count, classes - 1)]


def cases() -> list[dict]:
    return [
        cross_entropy("plain", 7, 5),
        cross_entropy("one class", 2, 1),
        cross_entropy("large logits", 6, 7, scale=200.0),
        cross_entropy("mean", 5, 3, mean=True),
        cross_entropy("smoothed", 7, 5, smoothing=0.1),
        cross_entropy("smoothed, mean", 9, 33, smoothing=0.25, mean=True),
        cross_entropy("smoothed to nothing", 3, 4, smoothing=1.0),
        cross_entropy("ignored class, mean", 9, 4, ignored=2, mean=True),
        cross_entropy("ignored class, smoothed", 9, 4, ignored=0, smoothing=0.1),
        cross_entropy("ignored class, smoothed, mean", 9, 4, ignored=3, smoothing=0.3, mean=True),
        cross_entropy("ignored past the classes, smoothed, mean", 17, 5, ignored=5, smoothing=0.2, mean=True),
        elementwise("binary", 5, 3),
        elementwise("binary, large logits", 3, 7, scale=90.0),
        elementwise("squared", 5, 3),
        elementwise("absolute", 5, 3),
        elementwise("huber", 5, 7, delta=1.0),
        elementwise("huber, narrow", 7, 2, delta=0.3),
        ctc("one step", 3, [1], [[2]]),
        ctc("one label", 4, [5], [[1]]),
        ctc("lengths", 5, [6, 9, 4, 7], [[1, 2, 3], [4, 1], [2], [3, 2, 1, 4]]),
        ctc("repeats", 4, [7, 8], [[1, 1, 2, 2], [3, 3, 3]]),
        ctc("blank in the middle", 5, [5, 7, 6], [[0, 4, 4], [1, 0, 3, 1], [3]], blank=2),
        ctc("blank last, mean", 4, [8, 3, 5], [[2, 2, 0, 1], [0], [1, 2]], blank=3, mean=True),
        ctc("no step to spare", 4, [3, 5], [[1, 2, 3], [2, 2, 1, 3]]),
        ctc("no path for the second", 4, [5, 3, 4], [[1, 2], [3, 3, 3], [2, 1]], mean=True),
        ctc("large logits", 6, [9, 7], [[5, 1, 1], [4, 3, 2, 5]], scale=40.0),
        ctc("long", 4, [120, 101], [labels(603, 90, 4), labels(604, 37, 4)], scale=3.0),
    ]
