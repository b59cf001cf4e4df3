"""One causal transformer for the Llama and Qwen3 families, a function of a flat stream of tokens.

Knows nothing about batches, documents or caches: the `attention` object handed to `forward` decides who sees whom.

Shapes: T tokens, D hidden size, F intermediate size, V vocabulary, H query heads, G key-value heads, K head dimension,
J = K / 2, A = H + 2 G, B = H + G, E rows of several heads. Projections of the same input are kept as one matrix: a
decoding step of 128 rows takes 5 to 8 % less CPU time so, training the same. names.py has Hugging Face's names.
"""

import math
from collections.abc import Callable
from functools import partial
from types import MethodType
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from scilogos.model.config import ModelConfig
from scilogos.model.rope import rope_frequencies, rope_tables, rotate

INIT_STD = 0.02


class Attention(Protocol):
    """Decide which tokens see which, and remember keys and values if need be."""

    def attend(self, layer: int, q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
        """Return the attended values [T, H, K]; arguments may be strided views."""
        ...


class Block(nn.Module):
    """One layer: `qkv`, then attention from outside, then `mix`."""

    def __init__(self, config: ModelConfig, **factory) -> None:
        super().__init__()
        D, K = config.hidden_size, config.head_dim
        H, G = config.num_attention_heads, config.num_key_value_heads
        self.num_heads, self.num_key_value_heads, self.head_dim, self.eps = H, G, K, config.rms_norm_eps
        self.attention_norm_D = nn.Parameter(torch.ones(D, **factory))
        self.qkv_ED = nn.Parameter(torch.zeros((H + 2 * G) * K, D, **factory))
        has_head_norms = config.family == "qwen3"
        self.q_norm_K = nn.Parameter(torch.ones(K, **factory)) if has_head_norms else None
        self.k_norm_K = nn.Parameter(torch.ones(K, **factory)) if has_head_norms else None
        self.out_DE = nn.Parameter(torch.zeros(D, H * K, **factory))
        self.mlp_norm_D = nn.Parameter(torch.ones(D, **factory))
        self.gate_up_FD = nn.Parameter(torch.zeros(2 * config.intermediate_size, D, **factory))
        self.down_DF = nn.Parameter(torch.zeros(D, config.intermediate_size, **factory))

    def forward(self, x_TD: Tensor, cos_T1J: Tensor, sin_T1J: Tensor, attend: Callable[..., Tensor]) -> Tensor:
        """Return the stream after this layer."""
        return self.mix(x_TD, attend(*self.qkv(x_TD, cos_T1J, sin_T1J)))

    def qkv(self, x_TD: Tensor, cos_T1J: Tensor, sin_T1J: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Project to turned queries [T, H, K], turned keys and values [T, G, K]: views of common storage."""
        H, G, K = self.num_heads, self.num_key_value_heads, self.head_dim
        x_TD = F.rms_norm(x_TD, x_TD.shape[-1:], self.attention_norm_D, self.eps)
        all_TAK = F.linear(x_TD, self.qkv_ED).view(-1, H + 2 * G, K)
        qk_TBK, v_TGK = all_TAK.split((H + G, G), dim=1)
        if self.q_norm_K is not None and self.k_norm_K is not None:
            scale_BK = torch.cat((self.q_norm_K.expand(H, K), self.k_norm_K.expand(G, K)))
            qk_TBK = F.rms_norm(qk_TBK, (K,), eps=self.eps) * scale_BK
        q_THK, k_TGK = rotate(qk_TBK, cos_T1J, sin_T1J).split((H, G), dim=1)
        return q_THK, k_TGK, v_TGK

    def mix(self, x_TD: Tensor, out_THK: Tensor) -> Tensor:
        """Add the attended values and then the SwiGLU of the sum to the stream."""
        x_TD = x_TD + F.linear(out_THK.reshape(x_TD.shape[0], -1), self.out_DE)
        normed_TD = F.rms_norm(x_TD, x_TD.shape[-1:], self.mlp_norm_D, self.eps)
        gate_TF, up_TF = F.linear(normed_TD, self.gate_up_FD).chunk(2, dim=-1)
        return x_TD + F.linear(F.silu(gate_TF) * up_TF, self.down_DF)


class Transformer(nn.Module):
    """Read tokens into hidden states and hidden states into logits; weights are zero until initialised or loaded."""

    def __init__(
        self, config: ModelConfig, *, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
    ) -> None:
        super().__init__()
        factory = {"dtype": dtype, "device": device}
        self.config = config
        self.embedding_VD = nn.Parameter(torch.zeros(config.vocab_size, config.hidden_size, **factory))
        self.layers = nn.ModuleList(Block(config, **factory) for _ in range(config.num_hidden_layers))
        self.norm_D = nn.Parameter(torch.ones(config.hidden_size, **factory))
        tied = config.tie_word_embeddings
        self.head_VD = None if tied else nn.Parameter(torch.zeros(config.vocab_size, config.hidden_size, **factory))
        self.frequencies_J = rope_frequencies(config)  # not a buffer: must stay fp32 under .to(bfloat16)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> "Transformer":
        """Draw every matrix from the generator, normal with std 0.02, smaller where it writes to the stream."""
        residual_std = INIT_STD / math.sqrt(2 * self.config.num_hidden_layers)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 1:
                parameter.fill_(1.0)
                continue
            std = residual_std if name.endswith(("out_DE", "down_DF")) else INIT_STD
            drawn = torch.empty(parameter.shape, dtype=torch.float32, device=generator.device)
            parameter.copy_(drawn.normal_(std=std, generator=generator))
        return self

    def forward(self, tokens_T: Tensor, positions_T: Tensor, attention: Attention) -> Tensor:
        """Return the hidden states [T, D] after the final norm."""
        if self.frequencies_J.device != positions_T.device:
            self.frequencies_J = self.frequencies_J.to(positions_T.device)
        x_TD = F.embedding(tokens_T, self.embedding_VD)
        cos_T1J, sin_T1J = rope_tables(self.frequencies_J, positions_T, x_TD.dtype)
        for index, block in enumerate(self.layers):
            x_TD = block(x_TD, cos_T1J, sin_T1J, partial(attention.attend, index))
        return F.rms_norm(x_TD, x_TD.shape[-1:], self.norm_D, self.config.rms_norm_eps)

    def logits(self, hidden_TD: Tensor) -> Tensor:
        """Return the scores [T, V] of the next token."""
        return F.linear(hidden_TD, self.embedding_VD if self.head_VD is None else self.head_VD)

    def recompute_blocks(self) -> "Transformer":
        """Keep of each layer only its input for the gradient, and compute the rest once more when it is wanted."""
        for block in self.layers:
            block.forward = partial(checkpoint, block.forward, use_reentrant=False)
        return self

    def compile_blocks(self) -> "Transformer":
        """Compile what lies on both sides of attention, one code for all layers and numbers of tokens."""
        qkv, mix = torch.compile(Block.qkv, dynamic=True), torch.compile(Block.mix, dynamic=True)
        for block in self.layers:
            block.qkv, block.mix = MethodType(qkv, block), MethodType(mix, block)
        return self
