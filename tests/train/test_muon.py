"""Muon is torch's, to the bit."""

import pytest
import torch

from scilogos.train.muon import Muon


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
