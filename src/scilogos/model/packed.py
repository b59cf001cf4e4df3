"""The transformer in bf16 on a CPU: weights laid out for the product, and compiled loops between the products.

Reads like `Transformer` and shares its embedding; the copies of the other weights are as large as they are.

Shapes: T tokens, D hidden size, V vocabulary, H query heads, G key-value heads, K head dimension, B = H + G,
A = H + 2 G, J = K / 2.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scilogos.model import kernels
from scilogos.model.bf16 import bits
from scilogos.model.config import ModelConfig
from scilogos.model.rope import rope_tables
from scilogos.model.transformer import Attention, Block, Transformer

_ROWS = 64  # for which the weights are laid out


class PackedTransformer:
    """Give what a transformer gives, but for the rounding of bf16."""

    def __init__(self, model: Transformer) -> None:
        kernels.compile_loops()
        self.model, self.config = model, model.config
        self._layers = [_PackedBlock(block, model.config) for block in model.layers]
        self._norm, self._eps = _norm(model.norm_D), np.float32(model.config.rms_norm_eps)
        self._head = _pack(model.embedding_VD if model.head_VD is None else model.head_VD)

    def __call__(self, tokens_T: Tensor, positions_T: Tensor, attention: Attention) -> Tensor:
        """Return the hidden states [T, D] after the final norm."""
        model = self.model
        x_TD = F.embedding(tokens_T, model.embedding_VD)
        turns = tuple(table[:, 0].numpy() for table in rope_tables(model.frequencies_J, positions_T, torch.float32))
        for index, layer in enumerate(self._layers):
            x_TD = layer.mix(x_TD, attention.attend(index, *layer.qkv(x_TD, *turns)))
        return _normed(x_TD, self._norm, self._eps)

    def logits(self, hidden_TD: Tensor) -> Tensor:
        """Return the scores [T, V] of the next token."""
        return _linear(hidden_TD, self._head)


class _PackedBlock:
    """One layer: `qkv`, then attention from outside, then `mix`."""

    def __init__(self, block: Block, config: ModelConfig) -> None:
        self.eps = np.float32(config.rms_norm_eps)
        self.attention_norm, self.mlp_norm = _norm(block.attention_norm_D), _norm(block.mlp_norm_D)
        H, G, self.head_dim = config.num_attention_heads, config.num_key_value_heads, config.head_dim
        self.heads = H, G
        self.qkv_weight, self.out_weight, self.down_weight = map(_pack, (block.qkv_ED, block.out_DE, block.down_DF))
        self.gate_up_weight = _pack(block.gate_up_FD)
        self.head_norms = block.q_norm_K is not None and block.k_norm_K is not None
        scale_BK = torch.ones(H + G, self.head_dim)
        if block.q_norm_K is not None and block.k_norm_K is not None:
            scale_BK[:H], scale_BK[H:] = block.q_norm_K.detach(), block.k_norm_K.detach()
        self.scale_BK = scale_BK.numpy()

    def qkv(self, x_TD: Tensor, cos_TJ: np.ndarray, sin_TJ: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """Project to turned queries [T, H, K], turned keys and values [T, G, K]."""
        H, G = self.heads
        x_TD = _normed(x_TD, self.attention_norm, self.eps)
        all_TAK = _linear(x_TD, self.qkv_weight).view(-1, H + 2 * G, self.head_dim)
        kernels.turn_heads(bits(all_TAK), self.scale_BK, self.eps, cos_TJ, sin_TJ, self.head_norms)
        return all_TAK[:, :H], all_TAK[:, H : H + G], all_TAK[:, H + G :]

    def mix(self, x_TD: Tensor, out_THK: Tensor) -> Tensor:
        """Add the attended values and then the SwiGLU of the sum to the stream."""
        x_TD = _linear(out_THK.flatten(1), self.out_weight, x_TD)
        normed_TD = _normed(x_TD, self.mlp_norm, self.eps)
        gate_up_TF = _linear(normed_TD, self.gate_up_weight)
        gated_TF = gate_up_TF.new_empty(len(x_TD), gate_up_TF.shape[1] // 2)
        kernels.swiglu(bits(gate_up_TF), bits(gated_TF))
        return _linear(gated_TF, self.down_weight, x_TD)


def _pack(weight: Tensor) -> Tensor:
    return torch.ops.mkldnn._reorder_linear_weight(weight.detach(), _ROWS)


def _linear(x_TD: Tensor, weight: Tensor, added: Tensor | None = None) -> Tensor:
    """The product, and what is added to it."""
    if added is None:
        return torch.ops.mkldnn._linear_pointwise(x_TD, weight, None, "none", [], "")
    return torch.ops.mkldnn._linear_pointwise.binary(x_TD, added, weight, None, "add")


def _norm(weight_D: Tensor) -> np.ndarray:
    return bits(weight_D.detach())


def _normed(x_TD: Tensor, weight_D: np.ndarray, eps: np.float32) -> Tensor:
    out_TD = torch.empty_like(x_TD)
    kernels.rms_norm(bits(x_TD), weight_D, eps, bits(out_TD))
    return out_TD
