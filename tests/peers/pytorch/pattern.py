"""Inputs by formula, those of `crates/bench/src/pattern.rs`."""

import math

import torch

BATCHES = 16


def symbol(batch, sequence, step, vocabulary):
    """The symbol at a step of a sequence."""
    kind, phase = sequence % 8, (step + batch + sequence) % 8
    return (7 * kind + 11 * phase + kind * phase) % vocabulary


def window(batch, start, end, width, vocabulary):
    """Symbols of the steps `start..end`, `[T, B]`."""
    steps = [[symbol(batch, sequence, step, vocabulary) for sequence in range(width)] for step in range(start, end)]
    return torch.tensor(steps)


def label(sequence):
    """The class of a sequence: 0 or 1."""
    return sequence % 8 % 2


def reading(batch, sequence, step):
    """A number that goes up and down."""
    return math.sin((0.2 + 0.01 * (sequence % 8)) * (step + batch + 3 * sequence))
