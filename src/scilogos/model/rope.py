"""Rotary position embedding: the angles by which heads are turned, once a forward and shared by all layers.

Shapes: T tokens, H heads, K head dimension, J = K / 2 turned pairs.
"""

import math

import torch
from torch import Tensor

from scilogos.model.config import ModelConfig, RopeScaling


def rope_frequencies(config: ModelConfig) -> Tensor:
    """Return the angle per position of every pair, fp32 [J] on the CPU."""
    exponents_J = torch.arange(0, config.head_dim, 2, dtype=torch.float32, device="cpu") / config.head_dim
    frequencies_J = 1.0 / (config.rope_theta**exponents_J)
    return frequencies_J if config.rope_scaling is None else _stretch(frequencies_J, config.rope_scaling)


def _stretch(frequencies_J: Tensor, scaling: RopeScaling) -> Tensor:
    """Divide the slow frequencies by the factor, keep the fast ones, and go linearly between (Llama 3.1)."""
    turns_J = scaling.original_max_position_embeddings * frequencies_J / (2 * math.pi)
    kept_J = (turns_J - scaling.low_freq_factor) / (scaling.high_freq_factor - scaling.low_freq_factor)
    kept_J = kept_J.clamp(0.0, 1.0)
    return frequencies_J * (kept_J + (1.0 - kept_J) / scaling.factor)


def rope_tables(frequencies_J: Tensor, positions_T: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return cosines and sines [T, 1, J], computed in fp32 and then cast."""
    angles_T1J = (positions_T.float()[:, None] * frequencies_J)[:, None]
    return angles_T1J.cos().to(dtype), angles_T1J.sin().to(dtype)


def rotate(x_THK: Tensor, cos_T1J: Tensor, sin_T1J: Tensor) -> Tensor:
    """Turn every head; the partners of a pair lie K / 2 apart, as in Hugging Face's files."""
    first_THJ, second_THJ = x_THK.chunk(2, dim=-1)
    return torch.cat((first_THJ * cos_T1J - second_THJ * sin_T1J, second_THJ * cos_T1J + first_THJ * sin_T1J), dim=-1)
