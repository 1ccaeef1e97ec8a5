"""Goldens of single ops: files of small cases, each with its inputs and what PyTorch made of them.

The Rust side is `tests/src/case.rs`.
"""

import json
import platform
from pathlib import Path

import torch
from torch import Tensor

HERE = Path(__file__).parent


def flat(tensor: Tensor) -> list[float]:
    """All numbers, row-major, to twelve digits."""
    return [float(f"{number:.12g}") for number in tensor.detach().flatten().tolist()]


def case(name: str, *, tensors: dict[str, Tensor], indices=None, sizes=None, constants=None) -> dict:
    """One case. `tensors` are inputs and results alike; a gradient is called `d_` and what it is of."""
    return {
        "name": name,
        "sizes": sizes or {},
        "constants": constants or {},
        "indices": {key: [int(i) for i in values] for key, values in (indices or {}).items()},
        "tensors": {key: flat(tensor) for key, tensor in tensors.items()},
    }


def write_cases(file: str, cases: list[dict]) -> None:
    """Writes `file`.json."""
    versions = f"PyTorch {torch.__version__}, Python {platform.python_version()}"
    head = {"made_by": f"make_goldens.py with {versions}"}
    text = json.dumps(head | {"cases": cases}, separators=(",", ":"))
    path = HERE / f"{file}.json"
    path.write_text(text.replace('{"name"', '\n{"name"') + "\n")
    print(f"{path.name}: {len(cases)} cases, {path.stat().st_size:,} bytes")
