"""One workload of `crates/bench` in PyTorch, natively, on one thread: one line of JSON.

`python bench.py SECONDS WORKLOAD VARIANT [PEAK]`: VARIANT is `full`, or `128-bit` where the environment holds
PyTorch's libraries to vectors of 128 bits; PEAK is what such vectors do at best, in GFLOP/s. One process
measures one workload, so that its peak of memory is its own. Tensors are time-major, as the engine's.

Where the work is not quite the same: each layer has two bias vectors.
"""

import json
import math
import platform
import sys
import time
from pathlib import Path


def status_mib(field):
    """A size in /proc/self/status, or None where there is no such file."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


# Before the library is loaded, whose own memory counts.
START_MIB = status_mib("VmRSS:")

import torch  # noqa: E402
from torch import nn  # noqa: E402

from pattern import BATCHES, label, reading, window  # noqa: E402

LEARNING_RATE = 3e-3
CLIP_NORM = 1.0
GATES = {nn.LSTM: 4, nn.GRU: 3, nn.RNN: 1}

# As crates/bench/src/measure.rs.
WARM_UP_STEPS = 20
WARM_UP_SECONDS = 2.0
SAMPLE_SECONDS = 0.02
SAMPLES = 100
MIN_STEPS = 3
MIN_SAMPLES = 3


class Network(nn.Module):
    """An embedding where symbols are read, recurrent layers, dropout, a linear layer."""

    def __init__(self, layer, inputs, hidden, outputs, vocabulary=None, **options):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, inputs) if vocabulary else nn.Identity()
        self.recurrent = layer(inputs, hidden, **options)
        self.dropout = nn.Dropout(options.get("dropout", 0.0))
        width = hidden * (2 if options.get("bidirectional") else 1)
        self.output = nn.Linear(width, outputs)

    def forward(self, inputs, last_only):
        hidden, state = self.recurrent(self.embedding(inputs))
        if last_only:
            # The states of the top layer after its last step, in both directions if there are two.
            last = state[0] if isinstance(state, tuple) else state
            hidden = torch.cat(list(last[-2 if self.recurrent.bidirectional else -1 :]), -1)
        return self.output(self.dropout(hidden))

    def forward_flops(self, tokens, rows):
        """Nominal work of a forward pass: products only, see crates/bench/src/flops.rs."""
        recurrent = self.recurrent
        directions = 2 if recurrent.bidirectional else 1
        flops = 0
        for layer in range(recurrent.num_layers):
            inputs = recurrent.input_size if layer == 0 else directions * recurrent.hidden_size
            gates = GATES[type(recurrent)] * recurrent.hidden_size
            flops += tokens * directions * 2 * gates * (inputs + recurrent.hidden_size)
        return flops + rows * 2 * self.output.in_features * self.output.out_features


def language_model(B, T, V, E, H, L=1):
    """W1, W2, W3."""
    network = Network(nn.LSTM, E, H, V, vocabulary=V, num_layers=L)

    def batch_of(batch):
        return window(batch, 0, T, B, V), window(batch, 1, T + 1, B, V)

    return training(network, batch_of, cross_entropy, False), 3 * network.forward_flops(B * T, B * T)


def sentiment():
    """W4."""
    B, T, V, E, H = 32, 50, 10_000, 100, 256
    network = Network(nn.LSTM, E, H, 1, vocabulary=V, num_layers=2, bidirectional=True, dropout=0.5)
    labels = torch.tensor([[float(label(sequence))] for sequence in range(B)])

    def batch_of(batch):
        return window(batch, 0, T, B, V), labels

    loss = nn.functional.binary_cross_entropy_with_logits
    return training(network, batch_of, loss, True), 3 * network.forward_flops(B * T, B)


def forecaster():
    """W5."""
    B, T, H = 32, 48, 50
    network = Network(nn.GRU, 1, H, 1)

    def batch_of(batch):
        readings = [[[reading(batch, b, t)] for b in range(B)] for t in range(T + 1)]
        return torch.tensor(readings[:T]), torch.tensor(readings[T])

    return training(network, batch_of, nn.functional.mse_loss, True), 3 * network.forward_flops(B * T, B)


def one_hot():
    """W6."""
    B, T, I, H = 32, 64, 50, 100
    network = Network(nn.RNN, I, H, I)

    def batch_of(batch):
        symbols = window(batch, 0, T, B, I)
        return nn.functional.one_hot(symbols, I).float(), window(batch, 1, T + 1, B, I)

    return training(network, batch_of, cross_entropy, False), 3 * network.forward_flops(B * T, B * T)


def cross_entropy(scores, targets):
    """The mean over every step."""
    return nn.functional.cross_entropy(scores.flatten(0, 1), targets.flatten())


def training(network, batch_of, loss_of, last_only):
    """A function that takes a step: forward, loss, backward, clipping by global norm, Adam."""
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    batches = [batch_of(batch) for batch in range(BATCHES)]
    taken = 0

    def step():
        nonlocal taken
        inputs, targets = batches[taken % BATCHES]
        taken += 1
        optimizer.zero_grad()
        loss = loss_of(network(inputs, last_only), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP_NORM)
        optimizer.step()
        return loss.item()

    return step


def generation():
    """I1."""
    network = Network(nn.LSTM, 64, 128, 64, vocabulary=64)
    token, state = torch.zeros(1, 1, dtype=torch.long), None

    @torch.inference_mode()
    def step():
        nonlocal token, state
        hidden, state = network.recurrent(network.embedding(token), state)
        scores = network.output(hidden[-1])
        token = torch.multinomial(scores.softmax(-1), 1)
        return 0.0  # There is no loss.

    return step, network.forward_flops(1, 1)


WORKLOADS = {
    "W1": lambda: language_model(32, 64, 64, 64, 128),
    "W2": lambda: language_model(16, 32, 40, 32, 64),
    "W3": lambda: language_model(32, 100, 88, 64, 256, 2),
    "W4": sentiment,
    "W5": forecaster,
    "W6": one_hot,
    "I1": generation,
}


def measure(step, seconds):
    """Milliseconds a step of some samples, ascending, and the losses of the first and the last step."""
    first = loss = step()
    started, taken = time.perf_counter(), 0
    while taken < MIN_STEPS or (
        (elapsed := time.perf_counter() - started) < WARM_UP_SECONDS
        and (taken < WARM_UP_STEPS or elapsed < SAMPLE_SECONDS)
    ):
        step()
        taken += 1
    steps = math.ceil(SAMPLE_SECONDS * taken / (time.perf_counter() - started))
    samples, started = [], time.perf_counter()
    while len(samples) < MIN_SAMPLES or (
        len(samples) < SAMPLES and time.perf_counter() - started < seconds
    ):
        sample_started = time.perf_counter()
        for _ in range(steps):
            loss = step()
        samples.append((time.perf_counter() - sample_started) / steps * 1000)
        assert math.isfinite(loss), loss
    return sorted(samples), (first, loss)


def rounded(number):
    """Four significant digits."""
    return None if number is None else float(f"{number:.4g}")


def main(seconds, name, variant, peak=None):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    step, flops = WORKLOADS[name]()
    samples, (first, last) = measure(step, float(seconds))
    if first:
        print(f"    {name}: loss {first:.3f} at first, {last:.3f} at last", file=sys.stderr)

    def at(share):
        return samples[round(share * (len(samples) - 1))]

    gflops = flops / at(0.5) / 1e6
    line = {
        "workload": name,
        "where": f"native {platform.machine()}-{platform.system().lower()}",
        "backend": f"cpu, 1 thread, {variant}",
        "peer": f"pytorch {torch.__version__}",
        "workers": 1,
        "ms_per_step": rounded(at(0.5)),
        "p10": rounded(at(0.1)),
        "p90": rounded(at(0.9)),
        "gflops": rounded(gflops),
        "peak_gflops": rounded(float(peak)) if peak else None,
        "fraction_of_peak": rounded(gflops / float(peak)) if peak else None,
        "peak_mib": rounded(status_mib("VmHWM:") - START_MIB) if START_MIB else None,
    }
    print(json.dumps(line, separators=(",", ":")))


main(*sys.argv[1:])
