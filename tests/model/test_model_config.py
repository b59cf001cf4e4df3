"""The config reads and writes config.json in both spellings and refuses what the transformer does not compute."""

import json
from dataclasses import FrozenInstanceError, replace

import pytest

from scilogos.errors import CheckpointError
from scilogos.model import ModelConfig, RopeScaling


def test_round_trip_through_json(config):
    values = json.loads(json.dumps(config.to_hf()))
    assert ModelConfig.from_hf(values) == config
    old = {key: value for key, value in values.items() if key != "rope_parameters"}
    assert ModelConfig.from_hf(old) == config
    new = {key: value for key, value in values.items() if key not in ("rope_theta", "rope_scaling")}
    assert ModelConfig.from_hf(new) == config


def test_reads_the_file_of_llama_3_2_1b():
    values = {
        "architectures": ["LlamaForCausalLM"], "attention_bias": False, "bos_token_id": 128000,
        "eos_token_id": [128001, 128008, 128009], "head_dim": 64, "hidden_act": "silu", "hidden_size": 2048,
        "intermediate_size": 8192, "max_position_embeddings": 131072, "mlp_bias": False, "model_type": "llama",
        "num_attention_heads": 32, "num_hidden_layers": 16, "num_key_value_heads": 8, "rms_norm_eps": 1e-05,
        "rope_scaling": {"factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
                         "original_max_position_embeddings": 8192, "rope_type": "llama3"},
        "rope_theta": 500000.0, "tie_word_embeddings": True, "torch_dtype": "bfloat16", "vocab_size": 128256,
    }  # fmt: skip
    config = ModelConfig.from_hf(values)
    assert config.num_parameters == 1_235_814_400
    assert (config.eos_token_id, config.pad_token_id, config.rope_theta) == (128001, None, 500000.0)
    assert config.rope_scaling == RopeScaling(
        factor=32.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8192
    )


def test_defaults_of_absent_keys(tiny_config):
    values = tiny_config.to_hf()
    for key in ("num_key_value_heads", "head_dim", "rope_parameters", "rope_scaling", "rope_theta", "eos_token_id"):
        del values[key]
    assert ModelConfig.from_hf(values).head_dim == 128
    values |= {"architectures": ["LlamaForCausalLM"], "model_type": "llama"}
    config = ModelConfig.from_hf(values)
    assert (config.head_dim, config.num_key_value_heads, config.rope_theta) == (12, 4, 10_000.0)


REFUSED = {
    "architectures": (["GPT2LMHeadModel"], []), "model_type": ("qwen3_moe",), "attention_bias": (True,),
    "use_sliding_window": (True,), "hidden_act": ("gelu",), "num_experts": (8,), "mlp_bias": (True,),
    "quantization_config": ({"bits": 4},), "layer_types": (["sliding_attention"],),
    "rope_parameters": ({"rope_type": "yarn", "factor": 4.0}, {"rope_type": "llama3"}, "fast", {"rope_theta": 0}),
    "vocab_size": (0, "61", True, 61.0, None), "num_key_value_heads": (3,), "head_dim": (15,),
    "rms_norm_eps": (-1.0, None), "eos_token_id": (61, -2, "</s>"), "tie_word_embeddings": ("yes",),
}  # fmt: skip


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in REFUSED.items() for value in values])
def test_refuses_what_is_not_computed(tiny_config, key, value):
    values = {**tiny_config.to_hf(), key: value}
    if value == []:
        del values["model_type"]
    with pytest.raises(CheckpointError):
        ModelConfig.from_hf(values)


def test_message_names_value_and_cure(tiny_config):
    with pytest.raises(CheckpointError, match="num_key_value_heads = 3: expected a divisor of num_attention_heads 4"):
        replace(tiny_config, num_key_value_heads=3)
    with pytest.raises(CheckpointError, match="lacks vocab_size, hidden_size"):
        ModelConfig.from_hf({"architectures": ["Qwen3ForCausalLM"]})
    with pytest.raises(CheckpointError, match="holds a list"):
        ModelConfig.from_hf([])


def test_scaling_must_be_possible():
    with pytest.raises(CheckpointError, match="more than low_freq_factor"):
        RopeScaling(factor=8.0, low_freq_factor=4.0, high_freq_factor=4.0, original_max_position_embeddings=32)


def test_is_frozen(tiny_config):
    with pytest.raises(FrozenInstanceError):
        tiny_config.vocab_size = 3
