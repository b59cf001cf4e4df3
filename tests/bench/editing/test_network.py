"""The network by distinct windows against the plain one, its gradient too; what it learns; what it refuses."""

import numpy as np
import pytest
import torch
from torch.nn.functional import conv1d, one_hot

from scilogos.bench.editing.network import WINDOW, Fit, Network, encode, fit
from scilogos.bench.scores import spearman
from scilogos.errors import InputError, RecipeError
from scilogos.grammar.objects import RESIDUES

SMALL = Fit(channels=16, steps=150, batch=32, learning_rate=1e-2)


def sequences(number: int, length: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(RESIDUES[i] for i in row) for row in rng.integers(20, size=(number, length))]


def plain(network: Network, some: list[str]) -> torch.Tensor:
    """Compute as GGS's BaseCNN does: convolution, product and ReLU at every place, maximum over places, product."""
    letters_BL = torch.tensor([[RESIDUES.index(letter) for letter in sequence] for sequence in some])
    kernel = network.encoder.weight.view(WINDOW, 20, -1).permute(2, 1, 0)
    seen = conv1d(one_hot(letters_BL, 20).permute(0, 2, 1).float(), kernel, network.bias).permute(0, 2, 1)
    return network.decoder(network.embedding(seen).relu().amax(1)).squeeze(1) * network.scale + network.centre


def test_distinct_windows_give_the_plain_network():
    network = Network(8, generator=torch.Generator().manual_seed(1))
    network.scale.fill_(2.0)
    some = sequences(6, 12)
    some.append(some[0][:6] + some[1][6:])
    ours, theirs = network(encode(some)), plain(network, some)
    assert torch.allclose(ours, theirs, atol=1e-6)
    for parameter in (network.encoder.weight, network.bias, network.embedding.weight, network.decoder.bias):
        gradients = [torch.autograd.grad(y.square().sum(), parameter, retain_graph=True)[0] for y in (ours, theirs)]
        assert torch.allclose(*gradients, atol=1e-6)
    assert np.allclose(network.values(some), theirs.detach().numpy(), atol=1e-6)
    assert len(network.values([])) == 0


def test_size_is_that_of_the_published_oracle():
    assert sum(parameter.numel() for parameter in Network().parameters()) == 157_953


def test_it_learns_what_windows_tell():
    some = sequences(400, 10)
    values = np.array([("W" in s) + 0.5 * ("K" in s) for s in some], float)
    network = fit(some[:300], values[:300], SMALL)
    assert spearman(network.values(some[300:]), values[300:]) > 0.8
    again = fit(some[:300], values[:300], SMALL)
    assert np.array_equal(again.values(some), network.values(some)), "the seed decides"


@pytest.mark.parametrize(
    ("some", "message"),
    [(["ACDEF", "ACDEFG"], "of 5, 6 residues"), (["ACD"], "of 3 residues"), (["ACDEX"], "none of the twenty")],
)
def test_what_cannot_be_read_is_refused(some, message):
    with pytest.raises(InputError, match=message):
        encode(some)


def test_a_fit_checks_itself():
    with pytest.raises(RecipeError, match="steps: found 0"):
        Fit(steps=0)
