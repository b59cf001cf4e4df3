"""The draw: mask, then temperature, then truncation; one uniform number gives one symbol of the right probability."""

import math

import numpy as np
import pytest
import torch

from scilogos.decode import Sampling
from scilogos.decode.randomness import stream_keys, uniforms
from scilogos.decode.sampling import draw
from scilogos.errors import PromptError

DRAWS, V = 20_000, 12
RULES = [
    Sampling(),
    Sampling(temperature=0.6),
    Sampling(temperature=1.7, top_p=0.8),
    Sampling(top_p=0.5),
    Sampling(top_k=3),
    Sampling(min_p=0.2),
    Sampling(temperature=0.8, top_k=6, top_p=0.9, min_p=0.05),
]


def expected(logits: np.ndarray, legal: np.ndarray, rule: Sampling) -> np.ndarray:
    """The distribution by its definition: sets of symbols that stay, then what is left shared out."""
    weights = np.where(legal, np.exp((logits - logits.max()) / rule.temperature), 0.0)
    p = weights / weights.sum()
    p = np.where(p >= rule.min_p * p.max(), p, 0.0)
    order = np.argsort(-p)
    if rule.top_k:
        p[order[rule.top_k :]] = 0.0
    p, kept = p / p.sum(), 0.0
    for i in order:
        kept, p[i] = kept + p[i], p[i] if kept < rule.top_p else 0.0
    return p / p.sum()


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_draws_have_the_masked_distribution(rule):
    rng = np.random.default_rng(3)
    logits, legal = rng.normal(0, 1.5, V), np.arange(V) % 4 != 1
    logits[1] = 9.0  # the best symbol is illegal
    p = expected(logits, legal, rule)
    uniform = torch.from_numpy(uniforms(stream_keys(5, [[1, 2]], range(DRAWS)), 7))
    many = (torch.from_numpy(values).repeat(DRAWS, 1) for values in (logits, legal))
    chosen = draw(*many, rule, uniform)
    counts = np.bincount(chosen.numpy(), minlength=V)
    assert counts[p == 0].sum() == 0
    seen = p > 0
    chi_square = ((counts - DRAWS * p)[seen] ** 2 / (DRAWS * p)[seen]).sum()
    freedom = seen.sum() - 1
    assert chi_square < freedom + 5 * math.sqrt(2 * freedom) + 5


def test_greedy_is_the_best_legal_symbol():
    logits = torch.tensor([[3.0, 9.0, 5.0, 4.0]])
    legal = torch.tensor([[True, False, True, True]])
    for uniform in (0.0, 0.999):
        assert draw(logits, legal, Sampling(temperature=0), torch.tensor([uniform])).tolist() == [2]
    assert draw(logits, legal, Sampling(temperature=1e-30), torch.tensor([0.5])).tolist() == [2]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_no_uniform_number_reaches_an_excluded_symbol(rule):
    generator = torch.Generator().manual_seed(1)
    edges = torch.tensor([0.0, 5e-324, 2.0**-53, 0.5, 1 - 2.0**-53], dtype=torch.float64)
    for scale in (0.1, 3.0, 60.0):
        logits = scale * torch.randn(200, V, generator=generator)
        legal = torch.rand(200, V, generator=generator) < 0.4
        legal[torch.arange(200), torch.randint(0, V, (200,), generator=generator)] = True
        legal[:100, 0] = legal[:100, -1] = False
        legal[:100, 5] = True
        for uniform in edges:
            chosen = draw(logits, legal, rule, uniform.repeat(200))
            assert legal[torch.arange(200), chosen].all()


def test_symbols_keep_their_order_on_the_unit_interval():
    logits, legal = torch.zeros(1, 4), torch.tensor([[True, False, True, True]])
    found = [draw(logits, legal, Sampling(), torch.tensor([u])).item() for u in (0.0, 0.32, 0.34, 0.66, 0.67, 0.99)]
    assert found == [0, 0, 2, 2, 3, 3]


def test_uniforms_are_uniform_and_depend_on_everything_asked():
    keys = stream_keys(1, [[1], [2]], range(500))
    table = np.stack([uniforms(keys, position) for position in range(20)])
    assert ((table >= 0) & (table < 1)).all() and len(np.unique(table)) == table.size
    counts = np.histogram(table, 20, (0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 50
    assert abs(np.corrcoef(table[:-1].ravel(), table[1:].ravel())[0, 1]) < 0.03
    assert (stream_keys(1, [[2]], range(3, 5)) == keys[503:505]).all()
    assert not (stream_keys(2, [[1], [2]], range(500)) == keys).any()


@pytest.mark.parametrize(
    "values", [{"temperature": -1}, {"top_p": 0}, {"top_p": 1.1}, {"top_k": -1}, {"min_p": 2}], ids=str
)
def test_a_rule_that_makes_no_sense_is_refused(values):
    with pytest.raises(PromptError, match="expected temperature"):
        Sampling(**values)
