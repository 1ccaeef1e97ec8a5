"""Cases of the layers around the recurrence. A case is named after its op; inputs come from `formula.py`.

Tensors: `x` (or `a`, `b`) is the input, `y` the output, `d_y` the gradient it is walked back from, `d_x` the
input's gradient. Sequences are time-major, [T, B, X]; packed tensors hold their rows alone, [N, X].
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from cases import case
from formula import numbers

X_SALT, D_SALT, WEIGHT_SALT = 700, 750, 780
LENGTHS = [2, 5, 1, 5, 3]
STEPS, WIDTH = 6, 3
"""No sequence reaches the last step."""


def tensor(salt: int, *shape: int, scale: float = 1.0) -> Tensor:
    values = numbers(salt, torch.Size(shape).numel(), scale)
    return torch.tensor(values, dtype=torch.float64).reshape(shape).requires_grad_()


def walked_back(x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Input, output and their gradients, the output's by formula."""
    d_y = tensor(D_SALT, *y.shape).detach()
    y.backward(d_y)
    return {"x": x, "y": y, "d_y": d_y, "d_x": x.grad}


def pointwise(name: str, function: Callable[[Tensor], Tensor], scale: float = 3.0) -> dict:
    x = tensor(X_SALT, 4, 2, 7, scale=scale)
    with torch.no_grad():
        x[0, 0, 0] = 0.0
    return case(name, tensors=walked_back(x, function(x)))


def layer_norm(name: str, epsilon: float, scale: float) -> dict:
    norm = nn.LayerNorm(7, eps=epsilon, dtype=torch.float64)
    with torch.no_grad():
        norm.weight.copy_(tensor(WEIGHT_SALT, 7) + 1.5)
        norm.bias.copy_(tensor(WEIGHT_SALT + 1, 7))
    x = tensor(X_SALT, 3, 2, 7, scale=scale)
    results = walked_back(x, norm(x))
    weights = {"weight": norm.weight, "bias": norm.bias, "d_weight": norm.weight.grad, "d_bias": norm.bias.grad}
    return case(name, tensors=results | weights, constants={"epsilon": epsilon})


def batch_norm(name: str, norm: nn.Module, *shape: int) -> dict:
    """Three batches in training mode, of which the last is walked back, then a fourth in evaluation mode."""
    norm = norm.double()
    channels = shape[1]
    with torch.no_grad():
        norm.weight.copy_(tensor(WEIGHT_SALT, channels) + 1.5)
        norm.bias.copy_(tensor(WEIGHT_SALT + 1, channels))
    tensors = {"weight": norm.weight.detach().clone(), "bias": norm.bias.detach().clone()}

    def step(prefix: str, salt: int) -> None:
        # Batches that differ in mean and spread.
        x = (tensor(salt, *shape, scale=0.5 * (salt - X_SALT + 1)) + 0.3 * (salt - X_SALT)).detach()
        x.requires_grad_()
        norm.zero_grad()
        results = walked_back(x, norm(x))
        results |= {"d_weight": norm.weight.grad, "d_bias": norm.bias.grad}
        tensors.update({prefix + key: value.detach().clone() for key, value in results.items()})

    for batch in range(3):
        step(f"batch{batch}_", X_SALT + batch)
    tensors["running_mean"], tensors["running_var"] = norm.running_mean.clone(), norm.running_var.clone()
    norm.eval()
    step("evaluation_", X_SALT + 3)
    sizes = {f"size{index}": size for index, size in enumerate(shape)} | {"rank": len(shape)}
    constants = {"epsilon": norm.eps, "momentum": norm.momentum}
    return case(name, tensors=tensors, sizes=sizes, constants=constants)


def padded_embedding() -> dict:
    table = nn.Embedding(6, 3, padding_idx=2, dtype=torch.float64)
    with torch.no_grad():
        table.weight.copy_(tensor(WEIGHT_SALT, 6, 3))
    ids = [2, 5, 2, 0, 5, 1, 2, 5]
    y = table(torch.tensor(ids))
    d_y = tensor(D_SALT, *y.shape).detach()
    y.backward(d_y)
    results = {"table": table.weight, "y": y, "d_y": d_y, "d_table": table.weight.grad}
    return case("padded_embedding", tensors=results, indices={"ids": ids}, sizes={"padding": 2})


def packed(x: Tensor) -> PackedSequence:
    return pack_padded_sequence(x, torch.tensor(LENGTHS), enforce_sorted=False)


def sequences(name: str, function: Callable[[Tensor], Tensor], quantum: float = 0.0) -> dict:
    """An op of padded sequences; `quantum` rounds the input, so that equal numbers occur."""
    x = tensor(X_SALT, STEPS, len(LENGTHS), WIDTH)
    if quantum:
        x = (torch.round(x / quantum) * quantum).detach().requires_grad_()
    indices = {"lengths": LENGTHS}
    sizes = {"steps": STEPS, "width": WIDTH}
    return case(name, tensors=walked_back(x, function(x)), indices=indices, sizes=sizes)


def flipped(x: Tensor) -> Tensor:
    """Each sequence reversed within its length; the padding stays."""
    columns = [torch.cat([x[:n, b].flip(0), x[n:, b]]) for b, n in enumerate(LENGTHS)]
    return torch.stack(columns, dim=1)


def mean(x: Tensor) -> Tensor:
    return torch.stack([x[:n, b].mean(dim=0) for b, n in enumerate(LENGTHS)])


def maximum(x: Tensor) -> Tensor:
    return torch.stack([x[:n, b].max(dim=0).values for b, n in enumerate(LENGTHS)])


def padded_again(x: Tensor) -> Tensor:
    return pad_packed_sequence(packed(x), total_length=STEPS)[0]


def gated(x: Tensor) -> Tensor:
    """A gated linear unit with a residual, then joined with its input: slice, multiply, add, concat."""
    left, middle, right = x[..., 0:2], x[..., 2:4], x[..., 3:5]
    return torch.cat([left * torch.sigmoid(middle) + right, x], dim=-1)


def cases() -> list[dict]:
    x = tensor(X_SALT, 3, 2, 5)
    return [
        pointwise("relu", functional.relu),
        pointwise("tanh", torch.tanh),
        pointwise("sigmoid", torch.sigmoid),
        pointwise("softmax", lambda x: functional.softmax(x, dim=-1)),
        pointwise("log_softmax", lambda x: functional.log_softmax(x, dim=-1)),
        pointwise("log_softmax far apart", lambda x: functional.log_softmax(x, dim=-1), scale=60.0),
        layer_norm("layer_norm", 1e-5, 2.0),
        layer_norm("layer_norm of small numbers, large epsilon", 0.05, 0.1),
        batch_norm("batch_norm 1d", nn.BatchNorm1d(3), 5, 3),
        batch_norm("batch_norm 1d over lengths", nn.BatchNorm1d(2, momentum=0.3, eps=0.01), 3, 2, 4),
        batch_norm("batch_norm 2d", nn.BatchNorm2d(2), 2, 2, 3, 2),
        padded_embedding(),
        sequences("pack", lambda x: packed(x).data),
        sequences("pack_unpack", padded_again),
        sequences("reverse_padded", flipped),
        sequences("pack_reverse", lambda x: packed(flipped(x)).data),
        sequences("mean", mean),
        sequences("max", maximum),
        sequences("max with equals", maximum, quantum=0.5),
        case("gated", tensors=walked_back(x, gated(x))),
    ]
