"""What a transformer is made of: the sizes and constants, read from and written to Hugging Face's config.json.

Knows nothing about tensors: a config is inert and builds nothing.
"""

from dataclasses import dataclass
from typing import Any, Literal

from scilogos.errors import CheckpointError

ARCHITECTURES = {"qwen3": "Qwen3ForCausalLM", "llama": "LlamaForCausalLM"}

# Keys of config.json that change the computation, with the values under which it is the one written in transformer.py.
PLAIN_VALUES: dict[str, tuple[Any, ...]] = {
    "attention_bias": (None, False),
    "mlp_bias": (None, False),
    "use_sliding_window": (None, False),
    "hidden_act": (None, "silu"),
    "num_experts": (None, 0),
    "num_local_experts": (None, 0),
    "quantization_config": (None,),
    "partial_rotary_factor": (None, 1.0),
}

POSITIVE_SIZES = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "max_position_embeddings",
)


@dataclass(frozen=True, kw_only=True)
class RopeScaling:
    """Stretch the slow rotations of rope as Llama 3.1 does (arXiv 2407.21783)."""

    factor: float
    low_freq_factor: float
    high_freq_factor: float
    original_max_position_embeddings: int

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            _require(_is_number(getattr(self, name)) and getattr(self, name) > 0, f"rope_scaling.{name}",
                     getattr(self, name), "a positive number")  # fmt: skip
        _require(self.high_freq_factor > self.low_freq_factor, "rope_scaling.high_freq_factor", self.high_freq_factor,
                 f"more than low_freq_factor {self.low_freq_factor}")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Describe a Llama or Qwen3 transformer in Hugging Face's terms; raises CheckpointError where values do not fit."""

    family: Literal["qwen3", "llama"]
    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    max_position_embeddings: int
    rms_norm_eps: float = 1e-6
    rope_theta: float = 10_000.0
    rope_scaling: RopeScaling | None = None
    tie_word_embeddings: bool = False
    bos_token_id: int | None = None
    eos_token_id: int | None = None
    pad_token_id: int | None = None

    def __post_init__(self) -> None:
        _require(self.family in ARCHITECTURES, "family", self.family, f"one of {', '.join(ARCHITECTURES)}")
        for name in POSITIVE_SIZES:
            value = getattr(self, name)
            _require(_is_integer(value) and value > 0, name, value, "a positive integer")
        _require(self.num_attention_heads % self.num_key_value_heads == 0, "num_key_value_heads",
                 self.num_key_value_heads, f"a divisor of num_attention_heads {self.num_attention_heads}")  # fmt: skip
        _require(self.head_dim % 2 == 0, "head_dim", self.head_dim, "an even number (rope turns pairs)")
        for name in ("rms_norm_eps", "rope_theta"):
            _require(_is_number(getattr(self, name)) and getattr(self, name) > 0, name, getattr(self, name),
                     "a positive number")  # fmt: skip
        _require(isinstance(self.tie_word_embeddings, bool), "tie_word_embeddings", self.tie_word_embeddings,
                 "true or false")  # fmt: skip
        for name in ("bos_token_id", "eos_token_id", "pad_token_id"):
            value = getattr(self, name)
            _require(value is None or (_is_integer(value) and 0 <= value < self.vocab_size), name, value,
                     f"null or a symbol below vocab_size {self.vocab_size}")  # fmt: skip

    @property
    def num_parameters(self) -> int:
        """Count the trained numbers, tied embeddings once."""
        head_sizes = (self.num_attention_heads * 2 + self.num_key_value_heads * 2) * self.head_dim
        head_norms = 2 * self.head_dim if self.family == "qwen3" else 0
        block = self.hidden_size * (head_sizes + 3 * self.intermediate_size + 2) + head_norms
        tables = self.vocab_size * self.hidden_size * (1 if self.tie_word_embeddings else 2)
        return self.num_hidden_layers * block + tables + self.hidden_size

    @classmethod
    def from_hf(cls, values: dict[str, Any]) -> "ModelConfig":
        """Read config.json's dictionary in the spelling of transformers 4 or 5; of several end symbols keep the first.

        Raises CheckpointError for any architecture or option that transformer.py does not compute.
        """
        if not isinstance(values, dict):
            raise CheckpointError(f"config.json holds a {type(values).__name__}; expected an object of keys and values")
        family = _family(values)
        for key, plain in PLAIN_VALUES.items():
            _require(values.get(key) in plain, key, values.get(key), f"{plain[-1]}: nothing else is implemented")
        if any(kind != "full_attention" for kind in values.get("layer_types") or ()):
            raise CheckpointError(f"layer_types = {values['layer_types']}: only full_attention is implemented")
        missing = [name for name in POSITIVE_SIZES if values.get(name) is None]
        missing = [name for name in missing if name not in ("num_key_value_heads", "head_dim")]
        if missing:
            raise CheckpointError(f"config.json lacks {', '.join(missing)}; take the file from the model's own folder")
        sizes = {name: values[name] for name in POSITIVE_SIZES if values.get(name) is not None}
        sizes.setdefault("num_key_value_heads", sizes.get("num_attention_heads"))
        sizes.setdefault("head_dim", _default_head_dim(family, sizes))
        return cls(
            family=family,
            **sizes,
            rms_norm_eps=values.get("rms_norm_eps", 1e-6),
            **_rope_from_hf(values),
            tie_word_embeddings=values.get("tie_word_embeddings", False),
            **{name: _first_symbol(values.get(name)) for name in ("bos_token_id", "eos_token_id", "pad_token_id")},
        )

    def to_hf(self) -> dict[str, Any]:
        """Write config.json's dictionary, rope in both spellings so that transformers 4, 5 and vLLM read the same."""
        scaling = None if self.rope_scaling is None else {"rope_type": "llama3", **vars(self.rope_scaling)}
        return {
            "architectures": [ARCHITECTURES[self.family]],
            "model_type": self.family,
            **{name: getattr(self, name) for name in POSITIVE_SIZES},
            "rms_norm_eps": self.rms_norm_eps,
            "rope_theta": self.rope_theta,
            "rope_scaling": scaling,
            "rope_parameters": {"rope_theta": self.rope_theta, **(scaling or {"rope_type": "default"})},
            "tie_word_embeddings": self.tie_word_embeddings,
            "bos_token_id": self.bos_token_id,
            "eos_token_id": self.eos_token_id,
            "pad_token_id": self.pad_token_id,
            "hidden_act": "silu",
            "attention_bias": False,
            "attention_dropout": 0.0,
            "initializer_range": 0.02,
            "use_cache": True,
        }


def _family(values: dict[str, Any]) -> str:
    named = values.get("architectures") or [ARCHITECTURES.get(values.get("model_type"))]
    for family, architecture in ARCHITECTURES.items():
        if named == [architecture] and values.get("model_type", family) == family:
            return family
    raise CheckpointError(
        f"architectures = {values.get('architectures')}, model_type = {values.get('model_type')!r}: "
        f"expected {' or '.join(ARCHITECTURES.values())}"
    )


def _default_head_dim(family: str, sizes: dict[str, Any]) -> int | None:
    heads, width = sizes.get("num_attention_heads"), sizes.get("hidden_size")
    if family == "qwen3":
        return 128
    return width // heads if _is_integer(heads) and _is_integer(width) and heads > 0 else None


def _rope_from_hf(values: dict[str, Any]) -> dict[str, Any]:
    scaling = values.get("rope_parameters") or values.get("rope_scaling") or {}
    _require(isinstance(scaling, dict), "rope_parameters", scaling, "an object with keys and values")
    theta = scaling.get("rope_theta", values.get("rope_theta", 10_000.0))
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    _require(kind in ("default", "llama3"), "rope_type", kind, "default or llama3: nothing else is implemented")
    share = scaling.get("partial_rotary_factor", 1.0)
    _require(share == 1.0, "partial_rotary_factor", share, "1.0: nothing else is implemented")
    if kind == "default":
        return {"rope_theta": theta, "rope_scaling": None}
    fields = {name: scaling.get(name) for name in RopeScaling.__dataclass_fields__}
    return {"rope_theta": theta, "rope_scaling": RopeScaling(**fields)}


def _first_symbol(value: Any) -> Any:
    value = value[0] if isinstance(value, list) and value else value
    return None if value == [] or value == -1 else value


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _require(holds: bool, name: str, value: object, expected: str) -> None:
    if not holds:
        raise CheckpointError(f"{name} = {value!r}: expected {expected}")
