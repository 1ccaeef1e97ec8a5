"""The language model in PyTorch, with the names of our state dict and weights by formula.

Symbols: B batch, T time steps, H hidden units, L layers, V vocabulary, E embedding.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from formula import numbers

CELLS = {"elman": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
STEP_CELLS = {"elman": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}
STATE_SALT = 100
"""First sequence of the initial states; two for each layer, h and c."""


@dataclass(frozen=True)
class Sizes:
    """The sizes of a model and of the window it reads."""

    vocabulary: int
    embedding: int
    hidden: int
    layers: int
    steps: int
    batch: int


class LanguageModel(nn.Module):
    """Embedding, stacked recurrent layers, and a linear layer that scores the next symbol."""

    def __init__(self, cell: str, sizes: Sizes):
        super().__init__()
        self.cell, self.sizes = cell, sizes
        self.embedding = nn.Embedding(sizes.vocabulary, sizes.embedding)
        self.rnn = CELLS[cell](sizes.embedding, sizes.hidden, sizes.layers)
        self.output = nn.Linear(sizes.hidden, sizes.vocabulary)

    def forward(self, tokens: Tensor, state):
        """Logits [T, B, V] of tokens [T, B], and the state after the last step."""
        hidden, state = self.rnn(self.embedding(tokens), state)
        return self.output(hidden), state

    @torch.no_grad()
    def set_by_formula(self) -> None:
        """The table within 1, all else, biases too, within 1/2."""
        for salt, (name, parameter) in enumerate(self.named_parameters()):
            scale = 1.0 if name == "embedding.weight" else 0.5
            values = numbers(salt, parameter.numel(), scale)
            parameter.copy_(torch.tensor(values, dtype=parameter.dtype).reshape(parameter.shape))

    def states_by_formula(self) -> list[list[Tensor]]:
        """For each layer h and, for the LSTM, c: [B, H], to be differentiated by."""
        kinds = 2 if self.cell == "lstm" else 1
        shape = (self.sizes.batch, self.sizes.hidden)
        dtype = self.output.weight.dtype

        def state(layer: int, kind: int) -> Tensor:
            values = numbers(STATE_SALT + 2 * layer + kind, shape[0] * shape[1], 0.5)
            return torch.tensor(values, dtype=dtype).reshape(shape).requires_grad_()

        return [[state(layer, kind) for kind in range(kinds)] for layer in range(self.sizes.layers)]

    def stacked(self, states: list[list[Tensor]]):
        """States by layer as PyTorch takes them: [L, B, H], a pair of them for the LSTM."""
        h, *c = (torch.stack(kind) for kind in zip(*states))
        return (h, c[0]) if c else h

    def hidden_by_step(self, tokens: Tensor, states: list[list[Tensor]]) -> list[list[Tensor]]:
        """The hidden state of each layer after each step, by PyTorch's single-step cells.

        They compute what `rnn` computes, and the gradient that reaches each of these tensors is
        dL/dh_t with all paths counted, which the whole-sequence layers do not show.
        """
        traces = []
        inputs = list(self.embedding(tokens))
        for layer, state in enumerate(states):
            cell = STEP_CELLS[self.cell](inputs[0].shape[-1], self.sizes.hidden, dtype=inputs[0].dtype)
            names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
            weights = {name: getattr(self.rnn, f"{name}_l{layer}") for name in names}
            trace = []
            for step_input in inputs:
                previous = tuple(state) if self.cell == "lstm" else state[0]
                result = torch.func.functional_call(cell, weights, (step_input, previous))
                state = list(result) if self.cell == "lstm" else [result]
                state[0].retain_grad()
                trace.append(state[0])
            traces.append(trace)
            inputs = trace
        return traces
