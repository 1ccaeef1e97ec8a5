"""Goldens of attention. The Rust side is `tests/tests/goldens_attention.rs`.

Sources are time-major, [S, B, width], with numbers as large as any other behind their lengths.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from cases import case
from formula import numbers


def tensor(salt: int, shape: list[int], scale: float = 1.0) -> Tensor:
    count = torch.Size(shape).numel()
    return torch.tensor(numbers(salt, count, scale), dtype=torch.float64).reshape(shape)


def leaves(**tensors: Tensor) -> dict[str, Tensor]:
    return {name: numbers_of.requires_grad_() for name, numbers_of in tensors.items()}


def mask(lengths: list[int] | None, steps: int, batch: int) -> Tensor:
    """[B, S], true where a source has a step."""
    return torch.arange(steps) < torch.tensor(lengths or [steps] * batch).unsqueeze(1)


def finish(name: str, inputs: dict[str, Tensor], weights: Tensor, context: Tensor, lengths, constants) -> dict:
    """Walks back from both results under seeds by formula."""
    seeds = {"seed_weights": tensor(90, weights.shape), "seed_context": tensor(91, context.shape)}
    loss = (weights * seeds["seed_weights"]).sum() + (context * seeds["seed_context"]).sum()
    loss.backward()
    gradients = {f"d_{key}": leaf.grad for key, leaf in inputs.items()}
    steps, batch, hidden = inputs["values"].shape
    sizes = {"steps": steps, "batch": batch, "hidden": hidden, "width": inputs["query"].shape[-1]}
    results = {"weights": weights, "context": context}
    return case(
        name,
        tensors=inputs | results | gradients | seeds,
        indices={"lengths": lengths or []},
        sizes=sizes,
        constants=constants,
    )


def additive(name: str, steps: int, batch: int, width: int, hidden: int, lengths=None) -> dict:
    """Bahdanau et al.: projected keys and query, v·tanh(q + k)."""
    inputs = leaves(
        query=tensor(1, [batch, width]),
        keys=tensor(2, [steps, batch, width]),
        values=tensor(3, [steps, batch, hidden]),
        v=tensor(4, [1, width], 2.0),
    )
    energy = torch.tanh(inputs["query"] + inputs["keys"])
    scores = functional.linear(energy, inputs["v"]).squeeze(2).T
    weights = scores.masked_fill(~mask(lengths, steps, batch), -torch.inf).softmax(dim=1)
    context = torch.einsum("bs,sbh->bh", weights, inputs["values"])
    return finish(name, inputs, weights, context, lengths, {"kind": 0.0})


class CourseAttention(nn.Module):
    """The attention of the course notes, batch first, with a mask that they do without."""

    def __init__(self, hidden_dim: int) -> None:
        super().__init__()
        self.attn = nn.Linear(hidden_dim * 2, hidden_dim)
        self.v = nn.Linear(hidden_dim, 1, bias=False)

    def forward(self, hidden: Tensor, encoder_outputs: Tensor, is_source: Tensor) -> Tensor:
        hidden = hidden.unsqueeze(1).repeat(1, encoder_outputs.size(1), 1)
        energy = torch.tanh(self.attn(torch.cat([hidden, encoder_outputs], dim=2)))
        attention = self.v(energy).squeeze(2)
        return torch.softmax(attention.masked_fill(~is_source, -torch.inf), dim=1)


def concatenated(name: str, steps: int, batch: int, hidden: int, lengths=None) -> dict:
    module = CourseAttention(hidden).double()
    inputs = leaves(query=tensor(5, [batch, hidden]), values=tensor(6, [steps, batch, hidden]))
    with torch.no_grad():
        for salt, parameter in enumerate(module.parameters(), start=7):
            parameter.copy_(tensor(salt, parameter.shape))
    outputs = inputs["values"].transpose(0, 1)
    weights = module(inputs["query"], outputs, mask(lengths, steps, batch))
    context = torch.bmm(weights.unsqueeze(1), outputs).squeeze(1)
    parameters = {"weight": module.attn.weight, "bias": module.attn.bias, "v": module.v.weight}
    return finish(name, inputs | parameters, weights, context, lengths, {"kind": 1.0})


def dot(name: str, steps: int, batch: int, width: int, hidden: int, lengths=None, scale: float = 1.0) -> dict:
    """Luong et al.: q·k."""
    inputs = leaves(
        query=tensor(10, [batch, width], scale),
        keys=tensor(11, [steps, batch, width], scale),
        values=tensor(12, [steps, batch, hidden]),
    )
    scores = torch.einsum("bk,sbk->bs", inputs["query"], inputs["keys"])
    weights = scores.masked_fill(~mask(lengths, steps, batch), -torch.inf).softmax(dim=1)
    context = torch.einsum("bs,sbh->bh", weights, inputs["values"])
    return finish(name, inputs, weights, context, lengths, {"kind": 2.0})


def scaled_dot(name: str, steps: int, batch: int, width: int, hidden: int, lengths=None) -> dict:
    """PyTorch's own function. It returns no weights, so an identity is read by them beside the values."""
    inputs = leaves(
        query=tensor(13, [batch, width], 2.0),
        keys=tensor(14, [steps, batch, width], 2.0),
        values=tensor(15, [steps, batch, hidden]),
    )
    identity = torch.eye(steps, dtype=torch.float64).expand(batch, steps, steps)
    read = torch.cat([inputs["values"].transpose(0, 1), identity], dim=2)
    both = functional.scaled_dot_product_attention(
        inputs["query"].unsqueeze(1),
        inputs["keys"].transpose(0, 1),
        read,
        attn_mask=mask(lengths, steps, batch).unsqueeze(1),
    ).squeeze(1)
    context, weights = both.split([hidden, steps], dim=1)
    return finish(name, inputs, weights, context, lengths, {"kind": 3.0})


def cases() -> list[dict]:
    return [
        additive("additive, whole sources", 3, 2, 6, 5),
        additive("additive, lengths", 5, 4, 7, 3, [5, 1, 3, 4]),
        additive("additive, wide", 4, 3, 67, 33, [2, 4, 1]),
        additive("additive, one step of one source", 1, 1, 1, 1),
        concatenated("concatenated, whole sources", 4, 2, 5),
        concatenated("concatenated, lengths", 5, 3, 7, [3, 5, 1]),
        dot("dot, whole sources", 3, 2, 5, 4),
        dot("dot, lengths", 7, 3, 4, 5, [7, 2, 5]),
        # Scores of ±300: their exponentials overflow in single precision unless the largest is subtracted.
        dot("dot, large scores", 5, 2, 9, 2, [3, 5], 12.0),
        scaled_dot("scaled dot, whole sources", 4, 3, 5, 7),
        scaled_dot("scaled dot, lengths", 6, 3, 33, 17, [1, 6, 4]),
    ]
