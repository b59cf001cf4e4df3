"""Adapters: nothing changes at first, they alone learn, and merged they leave a plain model that says the same."""

import copy

import torch

from scilogos.model import PackedAttention, adapt, load_checkpoint, merge, save_checkpoint

LENGTHS = (5, 9)
TOKENS, POSITIONS = torch.arange(14) % 50, torch.cat([torch.arange(n) for n in LENGTHS])


def logits(model):
    return model.logits(model(TOKENS, POSITIONS, PackedAttention(LENGTHS)))


def generator():
    return torch.Generator().manual_seed(3)


def learnt(model):
    """An adapted model whose adapters are no longer zero."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("u_ER"):
                parameter.normal_(std=0.3, generator=generator())
    return model


@torch.no_grad()
def test_at_first_nothing_changes(model):
    before = logits(model)
    assert torch.equal(logits(adapt(model, 4, generator())), before)


def test_only_adapters_learn(model):
    adapt(model, 4, generator())
    logits(learnt(model)).square().mean().backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) == name.endswith(("u_ER", "v_RF")) == parameter.requires_grad, name
        assert parameter.grad is None or parameter.grad.abs().sum() > 0, name
    sizes = [p.numel() for p in model.parameters() if p.requires_grad]
    assert len(sizes) == 3 * 4 * 2


def test_merged_it_is_a_plain_model_with_the_same_outputs(model, tmp_path):
    plain = copy.deepcopy(model)
    changed = logits(learnt(adapt(model, 4, generator()))).detach()
    assert not torch.allclose(changed, logits(plain), atol=1e-2)
    merged = merge(model)
    assert {n: p.shape for n, p in merged.named_parameters()} == {n: p.shape for n, p in plain.named_parameters()}
    torch.testing.assert_close(logits(merged).detach(), changed, atol=1e-5, rtol=1e-5)
    save_checkpoint(tmp_path / "m", merged, merged.config, dtype=torch.float32)
    torch.testing.assert_close(logits(load_checkpoint(tmp_path / "m")[0]), logits(merged), atol=0, rtol=0)


@torch.no_grad()
def test_a_plain_model_is_merged_already(model):
    before = logits(model)
    assert torch.equal(logits(merge(model)), before)


def test_the_same_seed_gives_the_same_adapters(tiny_model):
    first, second = (adapt(copy.deepcopy(tiny_model), 2, generator()) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
