"""Attention over a packed row equals attention over each document alone."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scilogos.model import PackedAttention
from scilogos.model.rectangles import ENOUGH_WASTE, MAX_RECTANGLES, plan_rectangles

LENGTHS = [7, 1, 30, 12, 12, 3, 55, 2, 29]
TAIL = 9
NUM_TOKENS = sum(LENGTHS) + TAIL


def row(H=4, G=2, K=8, T=NUM_TOKENS, dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(T, heads, K, generator=generator).to(dtype).requires_grad_() for heads in (H, G, G)]


def block_diagonal(lengths):
    document_T = torch.arange(len(lengths)).repeat_interleave(torch.tensor(lengths))
    return (document_T[:, None] == document_T).tril()


@pytest.mark.parametrize(("H", "G"), [(4, 4), (4, 2), (6, 1)])
def test_equals_a_block_diagonal_mask_with_gradients(H, G, naive_attention):
    S, qkv = sum(LENGTHS), row(H, G)
    weight = torch.randn(S, H, 8, generator=torch.Generator().manual_seed(1))
    found = PackedAttention(LENGTHS, S + TAIL).attend(0, *qkv)
    expected = naive_attention(block_diagonal(LENGTHS)).attend(0, *(x[:S] for x in qkv))
    torch.testing.assert_close(found[:S], expected, atol=1e-5, rtol=1e-5)
    gradients = torch.autograd.grad((found[:S] * weight).sum(), qkv)
    for gradient, truth in zip(gradients, torch.autograd.grad((expected * weight).sum(), qkv), strict=True):
        torch.testing.assert_close(gradient, truth, atol=1e-5, rtol=1e-4)


def test_tail_is_zero_and_sends_no_gradient():
    S, qkv = sum(LENGTHS), row()
    found = PackedAttention(LENGTHS, S + TAIL).attend(0, *qkv)
    assert found.shape[0] == S + TAIL and not found[S:].any()
    for gradient in torch.autograd.grad(found.sum(), qkv):
        assert gradient.isfinite().all() and not gradient[S:].any()


def test_a_poisoned_document_harms_no_other():
    qkv = [x.detach().clone() for x in row()]
    for x in qkv:
        x[8:38] = float("nan")
    found = PackedAttention(LENGTHS, qkv[0].shape[0]).attend(0, *qkv)
    assert found[:8].isfinite().all() and found[38:].isfinite().all() and found[8:38].isnan().all()


@pytest.mark.parametrize("lengths", [[5, 70, 33], [380, 40], [161, 161, 320]])
def test_bfloat16_training_is_near_float32(lengths, naive_attention):
    qkv = row(T=sum(lengths), dtype=torch.bfloat16)
    found = PackedAttention(lengths).attend(0, *qkv)
    wide = [x.detach().float().requires_grad_() for x in qkv]
    expected = naive_attention(block_diagonal(lengths)).attend(0, *wide)
    torch.testing.assert_close(found.float(), expected, atol=0.03, rtol=0.03)
    weight = torch.randn(expected.shape, generator=torch.Generator().manual_seed(1))
    gradients = torch.autograd.grad((found * weight).sum(), qkv)
    for gradient, truth in zip(gradients, torch.autograd.grad((expected * weight).sum(), wide), strict=True):
        assert (gradient.float() - truth).norm() < 0.02 * truth.norm()


def test_no_documents_is_all_padding():
    assert not PackedAttention([], 5).attend(0, *row(T=5)).any()


def test_model_reads_documents_as_if_alone(model):
    tokens_T = torch.randint(0, 61, (sum(LENGTHS) + TAIL,), generator=torch.Generator().manual_seed(4))
    starts = [0]
    for length in LENGTHS:
        starts.append(starts[-1] + length)
    positions_T = torch.cat([torch.arange(length) for length in (*LENGTHS, TAIL)])
    packed = model(tokens_T, positions_T, PackedAttention(LENGTHS, len(tokens_T)))
    for start, length in zip(starts, LENGTHS, strict=False):
        part = slice(start, start + length)
        alone = model(tokens_T[part], positions_T[part], PackedAttention([length]))
        torch.testing.assert_close(packed[part], alone, atol=1e-5, rtol=1e-5)
    assert packed.isfinite().all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 400), max_size=80), st.integers(0, 5))
def test_plan_places_every_token_once_with_little_waste(lengths, tail):
    plan = plan_rectangles(lengths, sum(lengths) + tail, "cpu")
    assert len(plan.rectangles) <= MAX_RECTANGLES
    cells = sum(n * length for n, length in plan.rectangles)
    assert len(plan.token_M) == cells and len(plan.padding) == cells - sum(lengths)
    assert torch.equal(plan.token_M[plan.cell_S], torch.arange(sum(lengths)))
    assert set(plan.cell_S.tolist()).isdisjoint(plan.padding.tolist())
    ratio = (max(lengths) / min(lengths)) ** (1 / MAX_RECTANGLES) if lengths else 1
    assert cells <= sum(lengths) * max(ratio, 1 + ENOUGH_WASTE) + 1e-6
