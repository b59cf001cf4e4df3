"""Where every tensor of a Hugging Face checkpoint lies in our parameters: a table, one row a tensor.

Knows nothing about files.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from scilogos.model.config import ModelConfig


@dataclass(frozen=True, kw_only=True)
class Place:
    """Say that Hugging Face's tensor `name` of `shape` is our `parameter` from row `start` on."""

    name: str
    parameter: str
    shape: tuple[int, ...]
    start: int = 0


def places(config: ModelConfig) -> Iterator[Place]:
    """List all tensors of a checkpoint in the order of the forward pass."""
    D, F, V, K = config.hidden_size, config.intermediate_size, config.vocab_size, config.head_dim
    Q, E = config.num_attention_heads * K, config.num_key_value_heads * K
    yield Place(name="model.embed_tokens.weight", parameter="embedding_VD", shape=(V, D))
    rows = [
        ("input_layernorm", "attention_norm_D", (D,), 0),
        ("self_attn.q_proj", "qkv_ED", (Q, D), 0),
        ("self_attn.k_proj", "qkv_ED", (E, D), Q),
        ("self_attn.v_proj", "qkv_ED", (E, D), Q + E),
        ("self_attn.q_norm", "q_norm_K", (K,), 0),
        ("self_attn.k_norm", "k_norm_K", (K,), 0),
        ("self_attn.o_proj", "out_DE", (D, Q), 0),
        ("post_attention_layernorm", "mlp_norm_D", (D,), 0),
        ("mlp.gate_proj", "gate_up_FD", (F, D), 0),
        ("mlp.up_proj", "gate_up_FD", (F, D), F),
        ("mlp.down_proj", "down_DF", (D, F), 0),
    ]
    if config.family == "llama":
        rows = [row for row in rows if row[1] not in ("q_norm_K", "k_norm_K")]
    for layer in range(config.num_hidden_layers):
        for name, parameter, shape, start in rows:
            name, parameter = f"model.layers.{layer}.{name}.weight", f"layers.{layer}.{parameter}"
            yield Place(name=name, parameter=parameter, shape=shape, start=start)
    yield Place(name="model.norm.weight", parameter="norm_D", shape=(D,))
    if not config.tie_word_embeddings:
        yield Place(name="lm_head.weight", parameter="head_VD", shape=(V, D))
