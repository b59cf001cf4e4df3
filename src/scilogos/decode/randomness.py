"""Random numbers that depend on (seed, prompt, sample, position) alone: `-n 10` is a prefix of `-n 20`."""

import zlib
from collections.abc import Sequence

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def _mix(x: np.ndarray) -> np.ndarray:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014), elementwise."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def stream_keys(seed: int, prompts: Sequence[Sequence[int]], samples: Sequence[int]) -> np.ndarray:
    """One key for each prompt and sample, uint64 [prompts * samples], prompt-major."""
    with np.errstate(over="ignore"):
        texts = np.asarray([zlib.crc32(np.asarray(p, "<u4").tobytes()) for p in prompts], np.uint64)
        first = _mix(_mix(np.uint64(seed & (2**64 - 1)) + _GOLDEN) + texts + _GOLDEN)
        return _mix(first[:, None] + (np.asarray(samples, np.uint64) + np.uint64(1)) * _GOLDEN).ravel()


def uniforms(keys: np.ndarray, position: int) -> np.ndarray:
    """One number in [0, 1) for each key at a position, float64."""
    with np.errstate(over="ignore"):
        bits = _mix(keys + np.uint64(position + 1) * _GOLDEN)
    return (bits >> np.uint64(11)) * 2.0**-53
