"""bf16 in compiled loops, where it is its 16 bits: to fp32 and back, exponentials and softmax that become vectors."""

import math
from typing import Any

import numpy as np
import torch
from llvmlite import ir
from numba import float32, njit, types, uint32
from numba.extending import intrinsic
from torch import Tensor

_LOG2_E = np.float32(math.log2(math.e))
_ROUND = np.float32(1.5 * 2**23)  # added to a small number and taken away again, it leaves the nearest integer
_POWER = tuple(np.float32(math.log(2) ** n / math.factorial(n)) for n in range(7))  # 2^x by its series
_LEAST = np.float32(-60.0)  # what is less matters no more; far smaller numbers are slow to work with


def bits(x: Tensor) -> np.ndarray:
    """The 16 bits of each number of a bf16 tensor: the same memory."""
    return x.view(torch.uint16).numpy()


def _cast(result, argument, target) -> Any:
    """A function that reads the 32 bits of its argument as another type."""

    def define(typing, value):
        build = lambda context, builder, signature, args: builder.bitcast(args[0], target)  # noqa: E731
        return result(argument), build

    return intrinsic(define)


_as_float, _as_bits = _cast(float32, uint32, ir.FloatType()), _cast(uint32, float32, ir.IntType(32))


@njit(nogil=True, inline="always")
def as_fp32(half):
    """Bits of bf16 as fp32."""
    return _as_float(types.uint32(half) << types.uint32(16))


@njit(nogil=True, inline="always")
def as_bf16(number):
    """The bits of the nearest bf16, ties to even."""
    bits, sixteen = _as_bits(number), types.uint32(16)
    return types.uint16((bits + types.uint32(0x7FFF) + ((bits >> sixteen) & types.uint32(1))) >> sixteen)


@njit(nogil=True, inline="always")
def exponential(x):
    """The exponential of x <= 88 to 2e-7, in steps that a compiler turns into vectors."""
    scaled = max(x, _LEAST) * _LOG2_E
    shifted = scaled + _ROUND
    f = scaled - (shifted - _ROUND)
    power = _POWER[6]
    power = power * f + _POWER[5]
    power = power * f + _POWER[4]
    power = power * f + _POWER[3]
    power = power * f + _POWER[2]
    power = power * f + _POWER[1]
    power = power * f + _POWER[0]
    return power * _as_float((_as_bits(shifted) + types.uint32(127)) << types.uint32(23))


@njit(nogil=True, error_model="numpy")
def softmax(weights):
    """Exponentials that add up to one."""
    highest = _highest(weights)
    for i in range(weights.size):
        weights[i] = exponential(weights[i] - highest)
    share = float32(1.0) / _sum(weights)
    for i in range(weights.size):
        weights[i] *= share


@njit(nogil=True)
def _highest(weights):
    """The highest, compared as integers: of these a compiler makes vectors."""
    highest = types.int32(-(2**31))
    for i in range(weights.size):
        highest = max(highest, _ordered(types.int32(_as_bits(weights[i]))))
    return _as_float(types.uint32(_ordered(highest)))


@njit(nogil=True, inline="always")
def _ordered(bits):
    """Bits of fp32 as integers in the same order, and back."""
    return bits ^ ((bits >> types.int32(31)) & types.int32(0x7FFFFFFF))


@njit(nogil=True, fastmath={"reassoc", "nsz"})
def _sum(a):
    total = float32(0.0)
    for i in range(a.size):
        total += a[i]
    return total
