"""Runs exported networks in onnxruntime and compares what they give with what they should.

    python check.py FOLDER

`FOLDER/cases.json` is written by `tests/tests/onnx.rs` or `onnx_models.rs`: for each case a network, or an
encoder and its decoder, what it is fed, and what the engine computed, or the weights for `reference.py` to
compute it. Fails if a file is not valid ONNX or a number is more than 1e-5 off, relative to its tensor's
largest (at least 1).
"""

import json
import sys
from pathlib import Path

import numpy
import onnx
import onnxruntime
from numpy import ndarray

import reference

TOLERANCE = 1e-5
TYPES = {"float": numpy.float32, "int32": numpy.int32, "int64": numpy.int64}
STATES = {"h_n": "h_0", "c_n": "c_0"}


def arrays(described: dict) -> dict[str, ndarray]:
    """Arrays from their types, shapes and values."""
    return {
        name: numpy.array(array["values"], dtype=TYPES[array["type"]]).reshape(array["shape"])
        for name, array in described.items()
    }


def run(session: onnxruntime.InferenceSession, feeds: dict[str, ndarray]) -> dict[str, ndarray]:
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feeds)))


def run_stepwise(session: onnxruntime.InferenceSession, feeds: dict[str, ndarray]) -> dict[str, ndarray]:
    """The same, one time step after the other, the states handed on as a program that writes text does."""
    sequence = "tokens" if "tokens" in feeds else "features"
    states = {name: feeds[name] for name in STATES.values() if name in feeds}
    steps = []
    for step in feeds[sequence]:
        results = run(session, {sequence: step[None]} | states)
        states = {STATES[name]: results.pop(name) for name in STATES if name in results}
        steps.append(results)
    joined = {name: numpy.concatenate([step[name] for step in steps]) for name in steps[0]}
    return joined | {name: states[initial] for name, initial in STATES.items() if initial in states}


def counted(name: str, array: ndarray, feeds: dict[str, ndarray]) -> ndarray:
    """Without what is given for steps beyond a sequence's length, [T, B, …] to [numbers]."""
    if name in STATES or "lengths" not in feeds or array.ndim < 3:
        return array
    steps = numpy.arange(len(array))[:, None]
    return array[steps < feeds["lengths"]]


def error(found: dict[str, ndarray], expected: dict[str, ndarray], feeds: dict[str, ndarray]) -> float:
    """The largest, relative to the largest number of its tensor."""
    worst = 0.0
    assert found.keys() == expected.keys(), f"found {sorted(found)}, expected {sorted(expected)}"
    for name, want in expected.items():
        assert found[name].shape == want.shape, f"{name}: {found[name].shape} is not {want.shape}"
        difference = numpy.abs(counted(name, found[name], feeds) - counted(name, want, feeds)).max()
        # NaN must not pass for small.
        assert not numpy.isnan(difference), f"{name} holds NaN"
        worst = max(worst, float(difference / max(1.0, numpy.abs(want).max())))
    return worst


def session_of(path: Path) -> onnxruntime.InferenceSession:
    onnx.checker.check_model(onnx.load(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # It warns of every optional input that it is no constant.
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def written(decoder: onnxruntime.InferenceSession, first: list[int], feeds: dict, steps: int) -> dict:
    """What the decoder gives at each step, [S, …], while it reads what it found likeliest."""
    tokens, given = numpy.array(first), []
    for _ in range(steps):
        results = run(decoder, feeds | {"tokens": tokens})
        feeds = feeds | {STATES[name]: results.pop(name) for name in STATES if name in results}
        tokens = results["logits"].argmax(-1)
        given.append(results)
    return {name: numpy.stack([step[name] for step in given]) for name in given[0]}


def check_writing(folder: Path, case: dict) -> float:
    """The largest error of an encoder and of the decoder that goes on from what it gives."""
    feeds, expected, want = (arrays(case[part]) for part in ("feeds", "expected", "written"))
    encoded = run(session_of(folder / case["encoder"]), feeds)
    worst = error(encoded, expected, {})
    decoder = session_of(folder / case["decoder"])
    handed = {STATES.get(name, name): array for name, array in (feeds | encoded).items()}
    optional = {port.name for port in decoder.get_overridable_initializers()}
    read = {port.name for port in decoder.get_inputs()} | optional
    handed = {name: array for name, array in handed.items() if name in read and name != "tokens"}
    return max(worst, error(written(decoder, case["first"], handed, len(want["logits"])), want, {}))


def check(folder: Path, case: dict) -> float:
    """The largest error of a case."""
    if "decoder" in case:
        return check_writing(folder, case)
    session = session_of(folder / case["file"])
    feeds = arrays(case["feeds"])
    expected = arrays(case["expected"]) or reference.network(case, arrays(case["weights"]), feeds)
    found = run(session, feeds)
    if case.get("is_partial"):
        found = {name: found[name] for name in expected}
    worst = error(found, expected, feeds)
    if case["is_stepped"]:
        worst = max(worst, error(run_stepwise(session, feeds), expected, feeds))
    return worst


def main() -> None:
    folder = Path(sys.argv[1])
    cases = json.loads((folder / "cases.json").read_text())
    failures, worst = [], 0.0
    for case in cases:
        found = check(folder, case)
        worst = max(worst, found)
        if not found <= TOLERANCE:
            failures.append(f"{case['name']}: error {found:.1e} above {TOLERANCE:.0e}")
    print(f"{len(cases)} cases in onnxruntime {onnxruntime.__version__}, largest error {worst:.1e}")
    sys.exit("\n".join(failures) or None)


if __name__ == "__main__":
    main()
