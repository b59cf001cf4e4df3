"""Initialisation, counting, dtypes and compilation of the transformer."""

import math

import torch

from scilogos.model import PackedAttention, Transformer


def test_initialisation_depends_on_the_generator_alone(config):
    first, again, other = (Transformer(config).initialise(torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    for name, parameter in first.named_parameters():
        assert torch.equal(parameter, again.get_parameter(name))
        assert parameter.ndim == 1 or not torch.equal(parameter, other.get_parameter(name))


def test_initialisation_has_the_stated_spread(tiny_config):
    model = Transformer(tiny_config).initialise(torch.Generator().manual_seed(0))
    residual_std = 0.02 / math.sqrt(2 * tiny_config.num_hidden_layers)
    for block in model.layers:
        for parameter, std in ((block.qkv_ED, 0.02), (block.gate_up_FD, 0.02), (block.out_DE, residual_std),
                               (block.down_DF, residual_std)):  # fmt: skip
            assert abs(parameter.std().item() / std - 1) < 0.1
        assert torch.equal(block.mlp_norm_D, torch.ones(48))


def test_number_of_parameters_is_that_of_the_tensors(config):
    assert config.num_parameters == sum(p.numel() for p in Transformer(config).parameters())


def test_rope_stays_exact_in_bfloat16(tiny_model):
    """Angles at large positions are lost when rope's frequencies are cast with the weights."""
    tokens_T, positions_T = torch.arange(40), torch.arange(200, 240)
    expected = tiny_model(tokens_T, positions_T, PackedAttention([40]))
    found = tiny_model.to(torch.bfloat16)(tokens_T, positions_T, PackedAttention([40]))
    assert found.dtype == torch.bfloat16
    assert (found.float() - expected).norm() < 0.05 * expected.norm()


def test_positions_matter_only_by_their_differences(model):
    tokens_T = torch.arange(30)
    first = model(tokens_T, torch.arange(30), PackedAttention([30]))
    shifted = model(tokens_T, torch.arange(30) + 17, PackedAttention([30]))
    torch.testing.assert_close(first, shifted, atol=2e-5, rtol=1e-4)


def test_compiled_blocks_compute_the_same_with_one_code(tiny_model):
    torch._dynamo.reset()
    args = torch.arange(24), torch.arange(24), PackedAttention([15, 9])
    expected = tiny_model(*args)
    expected.sum().backward()
    gradient = tiny_model.layers[0].qkv_ED.grad.clone()
    tiny_model.zero_grad()
    torch._dynamo.utils.counters.clear()
    found = tiny_model.compile_blocks()(*args)
    found.sum().backward()
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(tiny_model.layers[0].qkv_ED.grad, gradient, atol=1e-4, rtol=1e-4)
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 2
