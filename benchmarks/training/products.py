"""What no step can avoid: the products of the weight matrices, forwards and twice backwards."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from decoding.limit import Shape, median_seconds


def product_seconds(shapes: Sequence[Shape], rows: int, dtype: torch.dtype) -> float:
    """Time the three products of every matrix [outputs, inputs] with so many rows of random numbers."""
    return sum(_seconds(shape, rows, dtype) * shapes.count(shape) for shape in set(shapes))


def product_flops(shapes: Sequence[Shape], rows: int) -> int:
    """Multiplications and additions of the three products."""
    return 6 * rows * sum(outputs * inputs for outputs, inputs in shapes)


def _seconds(shape: Shape, rows: int, dtype: torch.dtype) -> float:
    outputs, inputs = shape
    x_TD, weight_ED, gradient_TE = (
        torch.randn(size, dtype=dtype) for size in ((rows, inputs), (outputs, inputs), (rows, outputs))
    )
    return median_seconds(partial(_products, x_TD, weight_ED, gradient_TE))


def _products(x_TD: Tensor, weight_ED: Tensor, gradient_TE: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return x_TD @ weight_ED.T, gradient_TE @ weight_ED, gradient_TE.T @ x_TD
