"""Runs exported PyTorch scripts and compares what they compute with the engine.

    python check_script.py FOLDER

`FOLDER/cases.json` is written by `tests/tests/pytorch_script.rs` or `pytorch_models.rs`: for each case a script
and its weights, and symbols with the engine's scores, a text with the losses of the engine's first steps, the
learning rates of the engine's schedule, or what a model of the engine read and gave. Fails if a number is more than 1e-5 off,
relative to the largest of its kind (at least 1), or if training on a file of examples teaches nothing.
"""

import importlib.util
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

TOLERANCE = 1e-5


def module_of(path: Path):
    """A script as a module; its `main` does not run."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def error(found: torch.Tensor, want: torch.Tensor) -> float:
    assert found.shape == want.shape, f"{tuple(found.shape)} is not {tuple(want.shape)}"
    return ((found - want).abs().max() / want.abs().max().clamp(min=1)).item()


@torch.no_grad()
def score_error(module, model, case: dict) -> float:
    tokens = torch.tensor(case["tokens"])
    found, _ = model(tokens.reshape(case["window"]))
    return error(found.flatten(), torch.tensor(case["scores"]))


def training_error(module, model, folder: Path, case: dict) -> float:
    training, _ = module.streams_from_file(folder / case["text"])
    losses = module.train(model, training, len(case["losses"]))
    return error(torch.tensor(losses), torch.tensor(case["losses"]))


def rate_error(module, model, case: dict) -> float:
    optimizer = module.optimizer_of(model)
    schedule = module.schedule_of(optimizer)
    found = []
    for _ in case["rates"]:
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    # Relative to each rate, which is far below 1.
    return max(abs(rate / want - 1) for rate, want in zip(found, case["rates"]))


def tensor(array: dict) -> torch.Tensor:
    types = {"float": torch.float32, "int": torch.long}
    return torch.tensor(array["values"], dtype=types[array["type"]]).reshape(array["shape"])


@torch.no_grad()
def output_error(model, case: dict) -> float:
    inputs, want = [tensor(array) for array in case["inputs"]], tensor(case["expected"])
    model.eval()
    if hasattr(model, "write"):
        _, found = model.write(*inputs, len(want))
        return error(found, want)
    found = model(*inputs)
    if found.ndim == 3:
        # Beyond a sequence's length nothing is compared.
        counts = torch.arange(len(found))[:, None] < inputs[1]
        found, want = found[counts], want[counts]
    return error(found, want)


def check_training(module, folder: Path, case: dict) -> None:
    """Trains by the command line, and expects the loss on all examples to fall, and what is saved to load."""
    weights, saved = folder / case["weights"], folder / "trained.safetensors"
    sys.argv = [case["script"], "--weights", str(weights), "--data", str(folder / case["data"])]
    sys.argv += ["--steps", "60", "--out", str(saved)]
    module.main()
    examples = module.examples_from_file(folder / case["data"])
    before, after = (module.evaluate(module.network(path), examples) for path in (weights, saved))
    assert after < 0.97 * before, f"{case['script']}: the loss went from {before} to {after}"
    assert len(load_file(saved)) >= len(load_file(weights))
    if "BatchNorm" not in repr(module.network(None)):
        assert load_file(saved).keys() == load_file(weights).keys(), "saved under other names"


def check(folder: Path, case: dict) -> float:
    module = module_of(folder / case["script"])
    model = module.network(folder / case["weights"])
    if "expected" in case:
        found = output_error(model, case)
        if case["is_trained"]:
            check_training(module, folder, case)
        return found
    if "scores" in case:
        return score_error(module, model, case)
    if "losses" in case:
        found = training_error(module, model, folder, case)
        written = module.write(model, "", 5, 0.8)
        assert len(written) == 5, written
        return found
    if "rates" in case:
        module.train(model, torch.zeros(9, 2, dtype=torch.long), 3)
        return rate_error(module, model, case)
    sys.argv = [case["script"], "--weights", str(folder / case["weights"])]
    module.main()
    return 0.0


def main() -> None:
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    cases = json.loads((folder / "cases.json").read_text())
    failures, worst = [], 0.0
    for case in cases:
        found = check(folder, case)
        worst = max(worst, found)
        if not found <= TOLERANCE:
            failures.append(f"{case['script']}: error {found:.1e} above {TOLERANCE:.0e}")
    print(f"{len(cases)} scripts in PyTorch {torch.__version__}, largest error {worst:.1e}")
    sys.exit("\n".join(failures) or None)


if __name__ == "__main__":
    main()
