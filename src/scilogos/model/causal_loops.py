"""The loops of causal attention in training: softmax over what a row sees, and its gradient, in place of the scores.

Arrays hold bf16 as its 16 bits; sums are in fp32. B documents and key heads, Q rows of a tile, c tokens that it sees.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from itertools import pairwise

import numpy as np
import torch
from numba import float32, njit, types

from scilogos.model.bf16 import as_bf16, as_fp32, softmax
from scilogos.model.compiled import compiled


def causal_weights(scores_BQc: np.ndarray, first: int, heads: int, scale: np.float32) -> None:
    """Turn products of queries and keys into weights; row q is of token `first` + q // `heads`, and sees up to it."""
    _share(_weights, scores_BQc, (scores_BQc,), (first, heads, scale))


def causal_gradient(weights_BQc: np.ndarray, grad_BQc: np.ndarray, first: int, heads: int, scale: np.float32) -> None:
    """Turn the gradient of weights into that of products, where `grad_BQc` lies."""
    _share(_gradient, grad_BQc, (weights_BQc, grad_BQc), (first, heads, scale))


def _share(loop: Callable[..., None], like_BQc: np.ndarray, arrays: tuple, settings: tuple) -> None:
    """Run a loop over all rows, with as many threads as torch has; the loops need no interpreter."""
    _compile_loops()
    number, threads = like_BQc.shape[0] * like_BQc.shape[1], torch.get_num_threads()
    if threads == 1 or like_BQc.size < 1 << 15:
        loop(*arrays, 0, number, *settings)
        return
    spans = pairwise(number * i // threads for i in range(threads + 1))
    list(_threads(threads).map(lambda span: loop(*arrays, *span, *settings), spans))


@cache
def _compile_loops() -> None:
    """Compile once; a disk that cannot take the result is no reason to stop."""
    row, scale = np.zeros((1, 1, 1), np.uint16), np.float32(1)
    with suppress(OSError):
        _weights(row, 0, 1, 0, 1, scale)
    with suppress(OSError):
        _gradient(row, row, 0, 1, 0, 1, scale)


@cache
def _threads(number: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(number, "causal")


@compiled(error_model="numpy")
def _weights(scores_BQc, start, stop, first, heads, scale):
    Q, width = scores_BQc.shape[1], scores_BQc.shape[2]
    wide = np.empty(width, np.float32)
    for row in range(start, stop):
        q = row % Q
        seen = first + q // heads + 1
        scores, weights = scores_BQc[row // Q, q], wide[:seen]
        for i in range(seen):
            weights[i] = as_fp32(scores[i]) * scale
        softmax(weights)
        for i in range(seen):
            scores[i] = as_bf16(weights[i])
        for i in range(seen, width):
            scores[i] = types.uint16(0)


@compiled(error_model="numpy")
def _gradient(weights_BQc, grad_BQc, start, stop, first, heads, scale):
    Q, width = grad_BQc.shape[1], grad_BQc.shape[2]
    for row in range(start, stop):
        q = row % Q
        seen = first + q // heads + 1
        weights, grad = weights_BQc[row // Q, q], grad_BQc[row // Q, q]
        mean = _product(weights, grad, seen)
        for i in range(seen):
            grad[i] = as_bf16(as_fp32(weights[i]) * (as_fp32(grad[i]) - mean) * scale)
        for i in range(seen, width):
            grad[i] = types.uint16(0)


@njit(nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _product(a, b, count):
    total = float32(0.0)
    for i in range(count):
        total += as_fp32(a[i]) * as_fp32(b[i])
    return total
