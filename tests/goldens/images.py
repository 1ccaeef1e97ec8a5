"""Goldens of the image ops. The Rust side is `tests/tests/goldens_images.rs`."""

import torch
from torch import Tensor
from torch.nn import functional

from cases import case
from formula import numbers


def tensor(salt: int, shape: list[int], scale: float = 1.0) -> Tensor:
    count = torch.Size(shape).numel()
    return torch.tensor(numbers(salt, count, scale), dtype=torch.float64).reshape(shape)


def finish(name: str, inputs: dict[str, Tensor], output: Tensor, sizes: dict[str, int]) -> dict:
    seed = tensor(90, output.shape)
    (output * seed).sum().backward()
    gradients = {f"d_{key}": leaf.grad for key, leaf in inputs.items()}
    shape = dict(zip(("images", "channels", "height", "width"), inputs["input"].shape))
    return case(name, tensors=inputs | gradients | {"output": output, "seed": seed}, sizes=shape | sizes)


def convolution(name: str, image: list[int], kernel: list[int], stride=1, padding=0, bias=True) -> dict:
    outputs, height, width = kernel
    inputs = {"input": tensor(1, image), "weight": tensor(2, [outputs, image[1], height, width])}
    inputs |= {"bias": tensor(3, [outputs])} if bias else {}
    for leaf in inputs.values():
        leaf.requires_grad_()
    output = functional.conv2d(**inputs, stride=stride, padding=padding)
    sizes = {"outputs": outputs, "kernel_height": height, "kernel_width": width}
    return finish(name, inputs, output, sizes | {"stride": stride, "padding": padding})


def max_pool(name: str, image: Tensor, kernel: int, stride: int, padding: int = 0) -> dict:
    image.requires_grad_()
    output = functional.max_pool2d(image, kernel, stride, padding)
    return finish(name, {"input": image}, output, {"kernel": kernel, "stride": stride, "padding": padding})


def average_pool(name: str, image: Tensor) -> dict:
    image.requires_grad_()
    output = functional.adaptive_avg_pool2d(image, 1).flatten(1)
    return finish(name, {"input": image}, output, {})


def cases() -> list[dict]:
    return [
        convolution("convolution", [2, 3, 5, 7], [4, 3, 3]),
        convolution("convolution, padding", [2, 3, 5, 7], [4, 3, 3], padding=1),
        convolution("convolution, stride, padding, odd sizes", [1, 2, 9, 7], [3, 3, 3], stride=2, padding=1),
        convolution("convolution, ragged kernel and stride", [3, 2, 6, 8], [2, 2, 3], stride=3),
        convolution("convolution, 1×1 without a bias", [2, 5, 3, 4], [7, 1, 1], bias=False),
        convolution("convolution, kernel larger than the image", [2, 1, 3, 2], [2, 5, 5], padding=2),
        convolution("convolution, many channels", [1, 5, 5, 6], [17, 3, 3], padding=1, bias=False),
        max_pool("max pooling", tensor(4, [2, 3, 6, 8]), 2, 2),
        max_pool("max pooling, ragged", tensor(5, [1, 2, 7, 5]), 2, 2),
        # All numbers are negative, so that padding of 0 would win.
        max_pool("max pooling, overlap and padding", tensor(6, [2, 2, 7, 6]) - 2.0, 3, 2, 1),
        max_pool("max pooling, ties", (tensor(7, [2, 2, 6, 6], 2.0)).round(), 3, 1),
        average_pool("global average pooling", tensor(8, [3, 5, 4, 7])),
        average_pool("global average pooling of one number", tensor(9, [2, 3, 1, 1])),
    ]
