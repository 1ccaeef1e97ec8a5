"""Goldens of whole models: scores and gradients of the first batch, then 200 steps of Adam and 200 of SGD.

The models bear our names; weights and data come from `formula.py`, so that a golden holds results alone. The
Rust side is `tests/tests/goldens_models.rs`.

Symbols: B batch, T time steps, I inputs, H hidden units, V vocabulary, E embedding. Tensors are time-major.
"""

import re
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from cases import case
from formula import indices, numbers

CELLS = {"elman": nn.RNN, "relu": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
STEPS, BATCH = 6, 3
LENGTHS = [[5, 2, 4], [3, 5, 1], [4, 4, 5], [2, 5, 3]]
"""Of the sequences of each batch; no sequence reaches T. The batches come round and round."""
TRAINING_STEPS = 200
SYMBOLS, CLASSES, WIDTH = 7, 3, 3
"""V, classes or tags, and how many numbers a layer reads."""
FIRST = 0
"""The symbol that what is written begins with, and that ends it."""
DATA_SALT = 1000


def salt(batch: int, kind: int) -> int:
    return DATA_SALT + 20 * batch + kind


def tensor(salt: int, *shape: int, scale: float = 1.0) -> Tensor:
    values = numbers(salt, torch.Size(shape).numel(), scale)
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def symbols(batch: int, steps: int) -> Tensor:
    """[T, B], from 1 on."""
    values = indices(salt(batch, 0), steps * BATCH, SYMBOLS - 1)
    return torch.tensor(values).reshape(steps, BATCH) + 1


@dataclass(frozen=True)
class Layers:
    """The options of stacked recurrent layers."""

    cell: str
    hidden: int = 4
    layers: int = 1
    both: bool = False
    norm: bool = False

    @property
    def width(self) -> int:
        return self.hidden * (2 if self.both else 1)

    def sizes(self) -> dict[str, int]:
        cell = list(CELLS).index(self.cell)
        flags = {"both": int(self.both), "norm": int(self.norm)}
        return {"cell": cell, "hidden": self.hidden, "layers": self.layers} | flags


def recurrent(config: Layers, inputs: int) -> nn.Module:
    """PyTorch's stacked layers, or single ones where something stands between them."""
    options = {"bidirectional": config.both}
    if config.cell == "relu":
        options["nonlinearity"] = "relu"
    kind = CELLS[config.cell]
    if not config.norm:
        return kind(inputs, config.hidden, config.layers, **options)
    widths = [inputs] + [config.width] * (config.layers - 1)
    return nn.ModuleList(kind(width, config.hidden, 1, **options) for width in widths)


def our_name(name: str) -> str:
    """`rnn.1.weight_ih_l0` of single layers is our `rnn.weight_ih_l1`."""
    return re.sub(r"rnn\.(\d+)\.(\w+?)_l0", r"rnn.\2_l\1", name)


class Sequences(nn.Module):
    """What the models share: recurrent layers over sequences of given lengths."""

    def __init__(self, config: Layers, inputs: int):
        super().__init__()
        self.config = config
        self.rnn = recurrent(config, inputs)
        if config.norm:
            self.norms = nn.ModuleList(nn.LayerNorm(config.width) for _ in range(config.layers))

    def read(self, x: Tensor, lengths: list[int] | None):
        """The outputs [T, B, W], padded, the last states h and c [L·D, B, H], and the last output [B, W]."""
        if not self.config.norm:
            output, last = self.one(self.rnn, x, lengths)
            return output, last, self.joined(last)
        for layer, norm in zip(self.rnn, self.norms):
            output, last = self.one(layer, x, lengths)
            x, end = norm(output), norm(self.joined(last))
        return x, last, end

    def joined(self, last: tuple[Tensor, ...]) -> Tensor:
        """h of the top layer, both directions side by side."""
        return torch.cat(list(last[0][-(2 if self.config.both else 1) :]), dim=-1)

    def one(self, layer: nn.Module, x: Tensor, lengths: list[int] | None):
        if lengths is not None:
            packed = pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
            output, last = layer(packed)
            output, _ = pad_packed_sequence(output, total_length=x.shape[0])
        else:
            output, last = layer(x)
        return output, last if self.config.cell == "lstm" else (last,)


def rows(x: Tensor, lengths: list[int]) -> Tensor:
    """The rows of a packed tensor: step by step, the longest sequences first."""
    order = sorted(range(len(lengths)), key=lambda b: (-lengths[b], b))
    return torch.stack([x[t, b] for t in range(max(lengths)) for b in order if t < lengths[b]])


class LanguageModel(Sequences):
    def __init__(self, config: Layers):
        super().__init__(config, WIDTH)
        self.embedding = nn.Embedding(SYMBOLS, WIDTH)
        self.output = nn.Linear(config.width, SYMBOLS)

    def forward(self, batch: int):
        text = symbols(batch, STEPS + 1)
        logits = self.output(self.read(self.embedding(text[:-1]), None)[0])
        return logits, functional.cross_entropy(logits.reshape(-1, SYMBOLS), text[1:].reshape(-1))


class Classifier(Sequences):
    """The class of a sequence is its first symbol, modulo."""

    def __init__(self, config: Layers, pooling: str, binary: bool):
        super().__init__(config, WIDTH)
        self.pooling, self.binary = pooling, binary
        self.embedding = nn.Embedding(SYMBOLS, WIDTH)
        self.output = nn.Linear(config.width, 1 if binary else CLASSES)

    def forward(self, batch: int):
        lengths, tokens = LENGTHS[batch], symbols(batch, STEPS)
        output, _, last = self.read(self.embedding(tokens), lengths)
        parts = [output[:n, b] for b, n in enumerate(lengths)]
        pooled = {
            "last": last,
            "mean": torch.stack([part.mean(dim=0) for part in parts]),
            "max": torch.stack([part.max(dim=0).values for part in parts]),
        }[self.pooling]
        logits = self.output(pooled)
        if self.binary:
            targets = (tokens[0] % 2).double().unsqueeze(1)
            return logits, functional.binary_cross_entropy_with_logits(logits, targets)
        return logits, functional.cross_entropy(logits, tokens[0] % CLASSES)


class Tagger(Sequences):
    """A tag is the sum of a symbol and the one before, modulo."""

    def __init__(self, config: Layers):
        super().__init__(config, WIDTH)
        self.embedding = nn.Embedding(SYMBOLS, WIDTH)
        self.output = nn.Linear(config.width, CLASSES)

    def forward(self, batch: int):
        lengths, tokens = LENGTHS[batch], symbols(batch, STEPS)
        before = torch.cat([torch.zeros_like(tokens[:1]), tokens[:-1]])
        tags = (tokens + before) % CLASSES
        output = self.read(self.embedding(tokens), lengths)[0]
        logits = self.output(rows(output, lengths))
        return logits, functional.cross_entropy(logits, rows(tags, lengths))


class Forecaster(Sequences):
    """What follows are differences of the last and the first measurements."""

    OUTPUTS = 2

    def __init__(self, config: Layers, loss: str):
        super().__init__(config, WIDTH)
        self.loss = loss
        self.output = nn.Linear(config.width, self.OUTPUTS)

    def forward(self, batch: int):
        x = tensor(salt(batch, 1), STEPS, BATCH, WIDTH)
        targets = x[-1, :, :2] - x[0, :, 1:]
        forecast = self.output(self.read(x, None)[2])
        loss = {
            "squared": functional.mse_loss,
            "absolute": functional.l1_loss,
            "huber": lambda a, b: functional.huber_loss(a, b, delta=0.4),
        }[self.loss]
        return forecast, loss(forecast, targets)


class Additive(nn.Module):
    """vᵀ tanh(W_q s + W_k h)."""

    def __init__(self, width: int, size: int):
        super().__init__()
        self.query, self.key = nn.Linear(width, size), nn.Linear(width, size)
        self.score = nn.Linear(size, 1, bias=False)

    def forward(self, state: Tensor, sources: Tensor) -> Tensor:
        """Scores [S, B] of sources [S, B, W]."""
        return self.score(torch.tanh(self.query(state) + self.key(sources))).squeeze(-1)


class Decoder(Sequences):
    def __init__(self, config: Layers, attention: str, source_width: int):
        self.attends = attention
        super().__init__(config, WIDTH + (source_width if attention != "none" else 0))
        self.embedding = nn.Embedding(SYMBOLS, WIDTH)
        self.output = nn.Linear(config.hidden, SYMBOLS)
        if attention == "additive":
            self.attention = Additive(source_width, 3)

    def scores(self, state: Tensor, sources: Tensor) -> Tensor:
        if self.attends == "additive":
            return self.attention(state, sources)
        dot = (sources * state).sum(dim=-1)
        return dot / state.shape[-1] ** 0.5 if self.attends == "scaled" else dot

    def write(self, state: tuple[Tensor, ...], targets: Tensor, coins: Tensor, sources=None, mask=None):
        """Scores [S, B, V]; each step reads the true symbol or the likeliest, as a coin decides."""
        ids, logits = torch.full((BATCH,), FIRST), []
        for target, coin in zip(targets, coins):
            x = self.embedding(ids)
            if sources is not None:
                scores = self.scores(state[0][-1], sources).masked_fill(mask, -torch.inf)
                weights = torch.softmax(scores, dim=0)
                x = torch.cat([x, (weights.unsqueeze(-1) * sources).sum(dim=0)], dim=-1)
            output, state = self.rnn(x.unsqueeze(0), state if self.config.cell == "lstm" else state[0])
            state = state if self.config.cell == "lstm" else (state,)
            logits.append(self.output(output[0]))
            ids = torch.where(coin.bool(), target, logits[-1].argmax(dim=-1))
        return torch.stack(logits)


def coins(batch: int, steps: int, mixed: bool) -> Tensor:
    """Training is forced; elsewhere some symbols are the decoder's own."""
    values = indices(salt(batch, 2), steps * BATCH, 2) if mixed else [1] * (steps * BATCH)
    return torch.tensor(values).reshape(steps, BATCH)


class EncoderDecoder(nn.Module):
    """What is written is the source in reverse, and its end."""

    def __init__(self, config: Layers, attention: str):
        super().__init__()
        self.encoder = Sequences(config, WIDTH)
        self.encoder.embedding = nn.Embedding(SYMBOLS, WIDTH)
        decoder = Layers(config.cell, config.width, config.layers)
        self.decoder = Decoder(decoder, attention, config.width)
        self.mixed = False

    def forward(self, batch: int):
        lengths, tokens = LENGTHS[batch], symbols(batch, STEPS)
        states, last, _ = self.encoder.read(self.encoder.embedding(tokens), lengths)
        directions = 2 if self.encoder.config.both else 1
        begin = tuple(
            torch.stack([torch.cat(list(layer), dim=-1) for layer in kind.split(directions)]) for kind in last
        )
        targets = torch.full((STEPS, BATCH), FIRST)
        for b, n in enumerate(lengths):
            targets[:n, b] = tokens[:n, b].flip(0)
        source_mask = torch.arange(STEPS).unsqueeze(1) >= torch.tensor(lengths)
        sources = (states, source_mask) if self.decoder.attends != "none" else ()
        logits = self.decoder.write(begin, targets, coins(batch, STEPS, self.mixed), *sources)
        counted = torch.arange(STEPS).unsqueeze(1) <= torch.tensor(lengths)
        return logits, functional.cross_entropy(logits[counted], targets[counted])


class ImageEncoder(nn.Module):
    """Blocks of convolution, batch norm, ReLU and max pooling; the mean over what is left."""

    def __init__(self, channels: int, filters: list[int], config: Layers):
        super().__init__()
        widths = [channels, *filters]
        pairs = list(zip(widths, filters))
        self.convolutions = nn.ModuleList(nn.Conv2d(i, o, 3, padding=1) for i, o in pairs)
        self.norms = nn.ModuleList(nn.BatchNorm2d(o) for o in filters)
        states = lambda: nn.ModuleList(nn.Linear(filters[-1], config.hidden) for _ in range(config.layers))
        self.hidden = states()
        if config.cell == "lstm":
            self.cells = states()

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        for convolution, norm in zip(self.convolutions, self.norms):
            x = functional.max_pool2d(functional.relu(norm(convolution(x))), 2)
        features = x.mean(dim=(2, 3))
        kinds = [self.hidden, self.cells] if hasattr(self, "cells") else [self.hidden]
        return tuple(torch.stack([torch.tanh(layer(features)) for layer in kind]) for kind in kinds)


class Captioner(nn.Module):
    """Captions are by formula, to be learnt by heart."""

    SIZE, CHANNELS, FILTERS = (7, 9), 2, [3, 4]
    CAPTION = 4

    def __init__(self, config: Layers):
        super().__init__()
        self.encoder = ImageEncoder(self.CHANNELS, self.FILTERS, config)
        self.decoder = Decoder(config, "none", 0)
        self.mixed = False

    def forward(self, batch: int):
        images = tensor(salt(batch, 1), BATCH, self.CHANNELS, *self.SIZE)
        targets = symbols(batch, self.CAPTION)
        logits = self.decoder.write(self.encoder(images), targets, coins(batch, self.CAPTION, self.mixed))
        return logits, functional.cross_entropy(logits.reshape(-1, SYMBOLS), targets.reshape(-1))


class Transducer(Sequences):
    """Each label is seen for two frames, amid noise; a frame of noise ends the sequence."""

    LABELS = 4

    def __init__(self, config: Layers):
        super().__init__(config, self.LABELS)
        self.output = nn.Linear(config.width, self.LABELS)

    def forward(self, batch: int):
        counts = LENGTHS[batch]
        lengths, longest = [2 * n + 1 for n in counts], max(map(max, LENGTHS))
        labels = torch.tensor(indices(salt(batch, 0), BATCH * longest, self.LABELS - 1))
        labels = labels.reshape(BATCH, longest) + 1
        frames = tensor(salt(batch, 1), 2 * longest + 1, BATCH, self.LABELS, scale=0.5)
        for b, n in enumerate(counts):
            for t in range(2 * n):
                frames[t, b, labels[b, t // 2]] += 1.0
        logits = self.output(self.read(frames, lengths)[0])
        log_probabilities = functional.log_softmax(logits, dim=-1)
        sizes = torch.tensor(lengths), torch.tensor(counts)
        return rows(logits, lengths), functional.ctc_loss(log_probabilities, labels, *sizes)


@torch.no_grad()
def set_by_formula(model: nn.Module) -> None:
    """Weights within ±0.7, by a sequence that follows from the parameter's name; scales of norms around 1."""
    for name, parameter in model.named_parameters():
        sequence = 0
        for byte in our_name(name).encode():
            sequence = (31 * sequence + byte) % 2**32
        is_scale = "norms." in name and name.endswith("weight")
        parameter.copy_(tensor(sequence, *parameter.shape, scale=0.7) + float(is_scale))


def train(make, rule_kind, rate: float, clip_norm: float):
    """The losses of a run, and the model after it."""
    model = make()
    rule = rule_kind(model.parameters(), lr=rate)
    losses = []
    for step in range(TRAINING_STEPS):
        rule.zero_grad()
        _, loss = model(step % len(LENGTHS))
        loss.backward()
        if clip_norm:
            nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        rule.step()
        losses.append(loss.detach())
    return torch.stack(losses), model


def golden(name: str, make, sizes: dict, rates, clip_norm=1.0) -> dict:
    """A model, called `model: what is special`."""

    def fresh() -> nn.Module:
        model = make().double()
        set_by_formula(model)
        return model

    model = fresh()
    model.mixed = True
    logits, loss = model(0)
    loss.backward()
    tensors = {"logits": logits, "loss": loss}
    tensors |= {f"d_{our_name(name)}": weight.grad for name, weight in model.named_parameters()}
    for kind, rule, rate, clip in (
        ("adam", torch.optim.Adam, rates[0], 0.0),
        ("sgd", torch.optim.SGD, rates[1], clip_norm),
    ):
        losses, trained = train(fresh, rule, rate, clip)
        # A run at the edge of chaos would tell rounding, not errors: here it starts from rounded weights.
        rounded = train(lambda: fresh().float().double(), rule, rate, clip)[0]
        assert float(((rounded - losses) / losses).abs().max()) < 1e-4, f"{name}, {kind}: chaos"
        fall = float(losses[-4:].mean() / losses[:4].mean())
        assert fall < 0.75, f"{name}, {kind}: a training run should learn, not fall by {fall}"
        tensors[f"{kind}_losses"] = losses
        # The last tensor of each run, and what training moves without a gradient. Batch norm makes the
        # gradient of a convolution's bias 0; Adam turns what rounding leaves of it into steps, which the
        # running means follow.
        last, weight = list(trained.named_parameters())[-1]
        tensors[f"{kind}_{our_name(last)}"] = weight
        statistics = ("running_var",) if kind == "adam" else ("running_mean", "running_var")
        tensors |= {f"{kind}_{key}": b for key, b in trained.named_buffers() if key.endswith(statistics)}
    constants = {"adam_rate": rates[0], "sgd_rate": rates[1], "clip_norm": clip_norm}
    return case(name, tensors=tensors, sizes=sizes, constants=constants)


def cases() -> list[dict]:
    found = []

    def add(name: str, config: Layers, kind, *options, rates=(0.01, 0.3), **sizes: int) -> None:
        found.append(golden(name, lambda: kind(config, *options), config.sizes() | sizes, rates))

    for cell in CELLS:
        rates = (0.01, 0.5 if cell in ("lstm", "gru") else 0.3)
        add(f"language model: {cell}", Layers(cell, 5), LanguageModel, rates=rates)
    add("language model: layer norm", Layers("gru", 5, norm=True), LanguageModel, rates=(0.01, 0.2))

    poolings = ["last", "mean", "max"]
    for pooling, cell in zip(poolings, ("lstm", "gru", "elman")):
        kind = poolings.index(pooling)
        add(f"classifier: {pooling}", Layers(cell, 3, 1, True), Classifier, pooling, False, pooling=kind, binary=0)
    norm = Layers("gru", 3, 2, True, True)
    add("classifier: layer norm", norm, Classifier, "last", True, pooling=0, binary=1)

    add("tagger: both directions", Layers("lstm", 3, 2, True), Tagger, rates=(0.01, 0.5))
    add("tagger: forward", Layers("relu", 5), Tagger)

    losses = ["squared", "absolute", "huber"]
    for loss, config in zip(losses, (Layers("gru", 4), Layers("lstm", 4, 2), Layers("elman", 3, 1, True))):
        # The kink of the absolute error turns gradients round.
        rates = (0.003, 0.1) if loss == "absolute" else (0.01, 0.3)
        add(f"forecaster: {loss}", config, Forecaster, loss, rates=rates, loss=losses.index(loss))

    kinds = ["none", "additive", "dot", "scaled"]
    for kind, config in (
        ("none", Layers("lstm", 4, 2)),
        ("additive", Layers("gru", 3, 1, True)),
        ("dot", Layers("lstm", 2, 1, True)),
        ("scaled", Layers("elman", 5)),
    ):
        rates = (0.005, 0.2) if kind == "scaled" else (0.01, 0.5)
        add(f"encoder-decoder: {kind}", config, EncoderDecoder, kind, rates=rates, attention=kinds.index(kind))

    add("captioner: lstm", Layers("lstm", 4), Captioner, rates=(0.005, 0.3))
    add("captioner: gru", Layers("gru", 5, 2), Captioner, rates=(0.005, 0.1))
    add("transducer: both directions", Layers("gru", 3, 1, True), Transducer)
    add("transducer: forward", Layers("lstm", 4, 2), Transducer)
    return found
