"""What no step can avoid: the products of the weight matrices, forwards and twice backwards."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from decoding.limit import Shape, median_seconds


def product_seconds(shapes: Sequence[Shape], rows: int, dtype: torch.dtype, device: str = "cpu") -> float:
    """Time the three products of every matrix [outputs, inputs] with so many rows of random numbers."""
    return sum(_seconds(shape, rows, dtype, device) * shapes.count(shape) for shape in set(shapes))


def finish(device: str) -> None:
    """Wait until a GPU has done what it was given."""
    if device == "cuda":
        torch.cuda.synchronize()


def product_flops(shapes: Sequence[Shape], rows: int) -> int:
    """Multiplications and additions of the three products."""
    return 6 * rows * sum(outputs * inputs for outputs, inputs in shapes)


def _seconds(shape: Shape, rows: int, dtype: torch.dtype, device: str) -> float:
    outputs, inputs = shape
    x_TD, weight_ED, gradient_TE = (
        torch.randn(size, dtype=dtype, device=device) for size in ((rows, inputs), (outputs, inputs), (rows, outputs))
    )
    return median_seconds(partial(_products, x_TD, weight_ED, gradient_TE, device))


def _products(x_TD: Tensor, weight_ED: Tensor, gradient_TE: Tensor, device: str) -> tuple[Tensor, Tensor, Tensor]:
    made = x_TD @ weight_ED.T, gradient_TE @ weight_ED, gradient_TE.T @ x_TD
    finish(device)
    return made
