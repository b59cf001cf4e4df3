"""What reads fastest here: compiled loops and packed products in bf16 on a CPU, torch as it is everywhere else.

Training needs no compiled loop, nor the library that compiles them.
"""

from typing import TYPE_CHECKING

import torch

from scilogos.model.transformer import Transformer

if TYPE_CHECKING:
    from scilogos.model.packed import PackedTransformer


def has_bf16() -> bool:
    """Whether this processor multiplies bf16 by instructions of its own."""
    return torch.ops.mkldnn._is_mkldnn_bf16_supported()


def has_bf16_tiles() -> bool:
    """Whether it does so in tiles (AMX): without them training is slower in bf16 than in fp32."""
    return has_bf16() and torch.cpu._is_amx_tile_supported()


def runs_compiled(dtype: torch.dtype, device: torch.device | str) -> bool:
    """Whether the compiled loops serve tensors of this kind."""
    return dtype == torch.bfloat16 and torch.device(device).type == "cpu"


def fastest(model: Transformer) -> "Transformer | PackedTransformer":
    """The model as it reads fastest here; its weights must not change any more."""
    weight = next(model.parameters())
    compiled = isinstance(model, Transformer) and runs_compiled(weight.dtype, weight.device)
    if not compiled or not has_bf16():
        return model
    from scilogos.model.packed import PackedTransformer

    return PackedTransformer(model)
