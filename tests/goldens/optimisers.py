"""Goldens of the update rules and of the learning rates' schedules.

The Rust side is `tests/tests/goldens_optimisers.rs`.
"""

import torch
from torch import Tensor
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop, lr_scheduler

from cases import case
from formula import numbers

WEIGHTS, STEPS = 7, 20
START_SALT, STIFFNESS_SALT, PUSH_SALT = 300, 301, 310
RATES = 30


def tensor(salt: int, scale: float) -> Tensor:
    return torch.tensor(numbers(salt, WEIGHTS, scale), dtype=torch.float64)


def gradient(step: int, weights: Tensor) -> Tensor:
    """Of a quartic bowl that is pushed about: stiffness w + w³/2 + a push of its own at every step."""
    return (tensor(STIFFNESS_SALT, 1.0) + 1.5) * weights + weights**3 / 2 + tensor(PUSH_SALT + step, 2.0)


def run(name: str, rule_kind, constants: dict, clip_value=0.0, clip_norm=0.0) -> dict:
    """The weights after each step of a rule, called `rule: what is special`."""
    weights = torch.nn.Parameter(tensor(START_SALT, 2.0))
    rule = rule_kind([weights], **constants)
    trace = []
    for step in range(STEPS):
        weights.grad = gradient(step, weights.detach())
        if clip_value:
            torch.nn.utils.clip_grad_value_([weights], clip_value)
        if clip_norm:
            torch.nn.utils.clip_grad_norm_([weights], clip_norm)
        rule.step()
        trace.append(weights.detach().clone())
    clips = {"clip_value": clip_value, "clip_norm": clip_norm}
    flat = {key: value for key, value in constants.items() if key != "betas"} | clips
    if "betas" in constants:
        flat["beta1"], flat["beta2"] = constants["betas"]
    return case(name, constants={k: float(v) for k, v in flat.items()}, tensors={"weights": torch.stack(trace)})


def rules() -> list[dict]:
    sgd = {"lr": 0.05, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0}
    momentum = sgd | {"momentum": 0.9}
    rmsprop = {"lr": 0.03, "alpha": 0.99, "eps": 1e-8, "momentum": 0.0, "weight_decay": 0.0}
    adagrad = {"lr": 0.2, "lr_decay": 0.0, "weight_decay": 0.0, "initial_accumulator_value": 0.0, "eps": 1e-10}
    adam = {"lr": 0.1, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0}
    return [
        run("sgd: plain", SGD, sgd),
        run("sgd: momentum", SGD, momentum),
        run("sgd: Nesterov", SGD, momentum | {"nesterov": True}),
        run("sgd: weight decay", SGD, sgd | {"weight_decay": 0.3}),
        run("sgd: all", SGD, momentum | {"nesterov": True, "weight_decay": 0.3}),
        run("sgd: clipped by value", SGD, momentum, clip_value=1.1),
        run("sgd: clipped by value and norm", SGD, momentum, clip_value=1.1, clip_norm=1.7),
        run("rmsprop: plain", RMSprop, rmsprop),
        run("rmsprop: other constants", RMSprop, rmsprop | {"alpha": 0.8, "eps": 0.1}),
        run("rmsprop: momentum", RMSprop, rmsprop | {"momentum": 0.7}),
        run("rmsprop: weight decay", RMSprop, rmsprop | {"momentum": 0.7, "weight_decay": 0.3}),
        run("adagrad: plain", Adagrad, adagrad),
        run("adagrad: slower", Adagrad, adagrad | {"lr_decay": 0.1, "eps": 0.1}),
        run("adagrad: accumulator", Adagrad, adagrad | {"initial_accumulator_value": 0.5}),
        run("adagrad: weight decay", Adagrad, adagrad | {"lr_decay": 0.1, "weight_decay": 0.3}),
        run("adam: plain", Adam, adam),
        run("adam: other constants", Adam, adam | {"betas": (0.7, 0.9), "eps": 0.1}),
        run("adam: weight decay", Adam, adam | {"weight_decay": 0.3}),
        run("adam: clipped by norm", Adam, adam | {"eps": 0.1}, clip_norm=1.7),
        run("adamw: plain", AdamW, adam),
        run("adamw: weight decay", AdamW, adam | {"weight_decay": 0.3}),
    ]


def rates(name: str, schedule_kind, constants: dict, warmup: tuple[int, float] = (0, 1.0)) -> dict:
    """The step sizes that a schedule, called `schedule: what is special`, sets for the first steps."""
    steps, start = warmup
    rule = SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    found = []
    made = [schedule_kind(rule, **constants)] if schedule_kind else []
    if steps:
        made = [lr_scheduler.LinearLR(rule, start_factor=start, total_iters=steps)] + made
        chain = lr_scheduler.SequentialLR(rule, made, milestones=[steps]) if len(made) > 1 else made[0]
    else:
        chain = made[0]
    for _ in range(RATES):
        found.append(rule.param_groups[0]["lr"])
        rule.step()
        chain.step()
    return rates_case(name, constants, found, warmup)


def plateau(name: str, constants: dict, warmup: tuple[int, float] = (0, 1.0)) -> dict:
    """The same where the held-out loss decides; a warm-up of its own comes first."""
    steps, start = warmup
    rule = SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    losses = [2.0 / (1 + step) + 0.4 + value for step, value in enumerate(numbers(302, RATES, 0.05))]
    found = []
    falling = lr_scheduler.ReduceLROnPlateau(rule, **constants)
    linear = lr_scheduler.LinearLR(rule, start_factor=start, total_iters=steps) if steps else None
    for step in range(1, RATES + 1):
        found.append(rule.param_groups[0]["lr"])
        rule.step()
        if linear and step <= steps:
            linear.step()
        # After the update: the loss is that of the weights it made.
        if step >= steps:
            falling.step(losses[step - 1])
    return rates_case(name, constants, found, warmup, losses=torch.tensor(losses, dtype=torch.float64))


def rates_case(name: str, constants: dict, found: list[float], warmup, **tensors) -> dict:
    values = {key: float(value) for key, value in constants.items()}
    tensors = {"rates": torch.tensor(found, dtype=torch.float64)} | tensors
    return case(name, constants=values | {"warmup_start": warmup[1]}, sizes={"warmup": warmup[0]}, tensors=tensors)


def schedules() -> list[dict]:
    falling = {"factor": 0.5, "patience": 1, "threshold": 0.05, "cooldown": 0, "min_lr": 0.0}
    cosine = lr_scheduler.CosineAnnealingLR
    return [
        rates("constant: warm-up", None, {}, (7, 0.2)),
        rates("step: plain", lr_scheduler.StepLR, {"step_size": 4, "gamma": 0.6}),
        rates("step: warm-up", lr_scheduler.StepLR, {"step_size": 4, "gamma": 0.6}, (5, 0.1)),
        rates("exponential: plain", lr_scheduler.ExponentialLR, {"gamma": 0.9}),
        rates("exponential: warm-up", lr_scheduler.ExponentialLR, {"gamma": 0.9}, (5, 0.1)),
        rates("cosine: plain", cosine, {"T_max": 29, "eta_min": 0.0}),
        rates("cosine: rising again, to a floor", cosine, {"T_max": 11, "eta_min": 0.02}),
        rates("cosine: warm-up", cosine, {"T_max": 20, "eta_min": 0.01}, (9, 1 / 3)),
        plateau("plateau: plain", falling),
        plateau("plateau: cool-down", falling | {"cooldown": 3}),
        plateau("plateau: impatient, to a floor", falling | {"patience": 0, "factor": 0.3, "min_lr": 0.004}),
        plateau("plateau: warm-up", falling, (6, 0.1)),
    ]


def cases() -> list[dict]:
    return rules() + schedules()
