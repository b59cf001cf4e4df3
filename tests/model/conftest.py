"""Tiny random models, ours and Hugging Face's, and a naive attention to compare with."""

from dataclasses import replace

import pytest
import torch

from scilogos.model import ModelConfig, RopeScaling, Transformer

SCALING = RopeScaling(factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)
TINY = ModelConfig(
    family="qwen3",
    vocab_size=61,
    hidden_size=48,
    intermediate_size=80,
    num_hidden_layers=3,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=16,
    max_position_embeddings=256,
)
CONFIGS = {
    "qwen3": TINY,
    "qwen3-tied-mha": replace(TINY, tie_word_embeddings=True, num_key_value_heads=4, rope_theta=1e6, eos_token_id=2),
    "llama": replace(TINY, family="llama", rms_norm_eps=1e-5, bos_token_id=1),
    "llama-tied-scaled": replace(TINY, family="llama", tie_word_embeddings=True, rope_scaling=SCALING),
    "llama-wide-heads-mqa": replace(TINY, family="llama", head_dim=32, num_key_value_heads=1, rope_scaling=SCALING),
}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Threads only get in each other's way on tensors this small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=CONFIGS)
def config(request) -> ModelConfig:
    return CONFIGS[request.param]


@pytest.fixture
def tiny_config() -> ModelConfig:
    return TINY


@pytest.fixture
def model(config) -> Transformer:
    return randomise(Transformer(config))


@pytest.fixture
def tiny_model() -> Transformer:
    return randomise(Transformer(TINY))


def randomise(model: torch.nn.Module) -> torch.nn.Module:
    """Draw all parameters so large that every one of them, norms too, shows in the logits."""
    generator = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(1 + 0.3 * noise if parameter.ndim == 1 else 0.15 * noise)
    return model


@pytest.fixture
def randomised():
    return randomise


@pytest.fixture
def naive_attention():
    """Attention under any mask [T, T] of who sees whom, in a few lines of arithmetic."""

    class Naive:
        def __init__(self, mask_TT):
            self.mask_TT = mask_TT

        def attend(self, layer, q_THK, k_TGK, v_TGK):
            r = q_THK.shape[1] // k_TGK.shape[1]
            k, v = k_TGK.repeat_interleave(r, 1), v_TGK.repeat_interleave(r, 1)
            scores_HTT = torch.einsum("thk,shk->hts", q_THK, k) / q_THK.shape[-1] ** 0.5
            weights_HTT = scores_HTT.masked_fill(~self.mask_TT, float("-inf")).softmax(-1)
            return torch.einsum("hts,shk->thk", weights_HTT, v)

    return Naive
