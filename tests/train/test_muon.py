"""Muon is torch's, to the bit, in bf16; in fp32 it does the same more precisely."""

import pytest
import torch

from scilogos.train.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(8, 24), (24, 8), (16, 16)])
def test_it_moves_matrices_as_torch_does(shape):
    generator = torch.Generator().manual_seed(1)
    ours, theirs = (torch.nn.Parameter(torch.ones(shape)) for _ in range(2))
    muon = Muon([ours], lr=0.03, weight_decay=0.1)
    reference = torch.optim.Muon([theirs], lr=0.03, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    for _ in range(5):
        gradient = torch.randn(shape, generator=generator)
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        muon.step()
        reference.step()
        assert torch.equal(ours, theirs)
    assert torch.equal(muon.state[ours]["momentum_buffer"], reference.state[theirs]["momentum_buffer"])
    ours.grad = None
    before = ours.detach().clone()
    muon.step()
    assert torch.equal(ours, before)


@pytest.mark.parametrize("shape", [(24, 64), (64, 24)])
def test_singular_values_come_near_one_in_either_precision(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    exact, rounded = orthogonal(matrix), orthogonal(matrix.bfloat16())
    assert exact.dtype == torch.float32 and rounded.dtype == torch.bfloat16
    turns, sizes, back = torch.linalg.svd(matrix, full_matrices=False)
    expected = sizes / sizes.norm()
    for _ in range(5):
        expected = 3.4445 * expected - 4.7750 * expected**3 + 2.0315 * expected**5
    torch.testing.assert_close(exact, turns @ torch.diag(expected) @ back, rtol=0, atol=1e-5)
    assert expected.min() > 0.6 and expected.max() < 1.25
    torch.testing.assert_close(exact, rounded.float(), rtol=0, atol=0.05)


@pytest.mark.parametrize("shape", [(24, 64), (96, 40), (40, 40)])
def test_small_singular_values_grow_as_far_as_the_rounds_take_them(shape):
    """From a ten-thousandth of the largest, as gradients have them, whatever way the rounds go."""
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    turns, _, back = torch.linalg.svd(matrix, full_matrices=False)
    sizes = torch.logspace(0, -4, min(shape), dtype=torch.float64)
    expected = sizes / sizes.norm()
    for _ in range(5):
        expected = 3.4445 * expected - 4.7750 * expected**3 + 2.0315 * expected**5
    found = orthogonal((turns @ torch.diag(sizes) @ back).float())
    torch.testing.assert_close(found.double(), turns @ torch.diag(expected) @ back, rtol=0, atol=5e-4)


def test_it_computes_in_the_precision_that_it_is_given():
    moved = {}
    for dtype in (torch.float32, torch.bfloat16):
        matrix = torch.nn.Parameter(torch.zeros(16, 24))
        matrix.grad = torch.randn(16, 24, generator=torch.Generator().manual_seed(3))
        Muon([matrix], lr=0.03, dtype=dtype).step()
        moved[dtype] = matrix.detach()
    assert not torch.equal(*moved.values())
    torch.testing.assert_close(*moved.values(), rtol=0, atol=1e-3)
