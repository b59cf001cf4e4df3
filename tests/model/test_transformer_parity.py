"""Our transformer computes what transformers' Llama and Qwen3 compute."""

import json

import pytest
import torch
from safetensors import safe_open

from scilogos.model import PackedAttention, load_checkpoint, save_checkpoint

transformers = pytest.importorskip("transformers")

TOKENS = torch.randint(0, 61, (90,), generator=torch.Generator().manual_seed(3))


def our_logits(model):
    return model.logits(model(TOKENS, torch.arange(90), PackedAttention([90])))


def hf_model(config, **overrides):
    values = {**config.to_hf(), **overrides}
    hf_config = transformers.AutoConfig.for_model(values.pop("model_type"), **values)
    return transformers.AutoModelForCausalLM.from_config(hf_config, attn_implementation="eager")


@torch.no_grad()
def test_reads_what_transformers_saved(config, randomised, tmp_path):
    theirs = randomised(hf_model(config)).eval()
    theirs.save_pretrained(tmp_path)
    ours, read = load_checkpoint(tmp_path)
    assert read == config
    expected = theirs(TOKENS[None]).logits[0]
    assert expected.std() > 0.5
    torch.testing.assert_close(our_logits(ours), expected, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_reads_shards_of_transformers(tiny_config, randomised, tmp_path):
    theirs = randomised(hf_model(tiny_config)).eval()
    theirs.save_pretrained(tmp_path, max_shard_size="50KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    ours, _ = load_checkpoint(tmp_path)
    torch.testing.assert_close(our_logits(ours), theirs(TOKENS[None]).logits[0], atol=1e-5, rtol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("max_shard_bytes", [10**9, 40_000])
def test_transformers_reads_what_we_saved(config, model, tmp_path, max_shard_bytes):
    save_checkpoint(tmp_path, model, config, dtype=torch.float32, max_shard_bytes=max_shard_bytes)
    assert (tmp_path / "model.safetensors").exists() == (max_shard_bytes == 10**9)
    theirs, info = transformers.AutoModelForCausalLM.from_pretrained(
        tmp_path, attn_implementation="eager", output_loading_info=True
    )
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"]
    torch.testing.assert_close(our_logits(model), theirs(TOKENS[None]).logits[0], atol=1e-5, rtol=1e-5)


def test_bfloat16_is_named_in_the_files(tiny_model, tiny_config, tmp_path):
    save_checkpoint(tmp_path, tiny_model, tiny_config, metadata={"step": "7"})
    assert json.loads((tmp_path / "config.json").read_text())["torch_dtype"] == "bfloat16"
    with safe_open(tmp_path / "model.safetensors", framework="pt") as file:
        assert file.metadata() == {"format": "pt", "step": "7"}
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, dtype="auto")
    assert theirs.dtype == torch.bfloat16
    assert theirs.num_parameters() == tiny_config.num_parameters


def test_gradients_equal_those_of_transformers(config, randomised, tmp_path):
    theirs = randomised(hf_model(config))
    theirs.save_pretrained(tmp_path)
    ours, _ = load_checkpoint(tmp_path)
    weight_TV = torch.randn(90, 61, generator=torch.Generator().manual_seed(5))
    (our_logits(ours) * weight_TV).mean().backward()
    (theirs(TOKENS[None]).logits[0] * weight_TV).mean().backward()
    block, attention = ours.layers[1], theirs.model.layers[1].self_attn
    expected = torch.cat([attention.q_proj.weight.grad, attention.k_proj.weight.grad, attention.v_proj.weight.grad])
    torch.testing.assert_close(block.qkv_ED.grad, expected, atol=1e-5, rtol=1e-3)
    torch.testing.assert_close(ours.embedding_VD.grad, theirs.model.embed_tokens.weight.grad, atol=1e-5, rtol=1e-3)
