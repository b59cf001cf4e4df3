"""The draw: mask, then temperature, then truncation; one uniform number gives one symbol of the right probability.

Asking few symbols gives what masking all of them gives.
"""

import math

import numpy as np
import pytest
import torch

from scilogos.decode import Sampling
from scilogos.decode.outlook import Outlook
from scilogos.decode.randomness import stream_keys, uniforms
from scilogos.decode.sampling import draw, draw_asking
from scilogos.errors import PromptError
from scilogos.tokens.guide import Automaton

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


class Mask(Automaton):
    """One state in which some symbols are legal; remembers which it was asked for."""

    def __init__(self, legal: np.ndarray) -> None:
        self.legal, self.questions = legal, []

    def step(self, state: int, token: int) -> int | None:
        return state if self.legal[token] else None

    def fits(self, state: int, token: int, budget: int) -> bool:
        self.questions.append(token)
        return bool(self.legal[token])

    def within(self, state: int, budget: int) -> np.ndarray:
        return self.legal


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("best_is_legal", [True, False])
def test_draws_have_the_masked_distribution(rule, best_is_legal):
    rng = np.random.default_rng(3)
    logits, legal = rng.normal(0, 1.5, V), np.arange(V) % 4 != 1
    logits[2 if best_is_legal else 1] = 4.0
    p = expected(logits, legal, rule)
    uniform = uniforms(stream_keys(5, [[1, 2]], range(DRAWS)), 7).tolist()
    outlook = Outlook(torch.from_numpy(logits).float().expand(1, V), rule)
    guide = Mask(legal)
    asked = [outlook.draw(0, u, guide, 0, 0) for u in uniform]
    assert asked == [draw(logits, legal, rule, u) for u in uniform]
    counts = np.bincount(asked, minlength=V)
    assert counts[p == 0].sum() == 0
    seen = p > 0
    chi_square = ((counts - DRAWS * p)[seen] ** 2 / (DRAWS * p)[seen]).sum()
    freedom = seen.sum() - 1
    assert chi_square < freedom + 5 * math.sqrt(2 * freedom) + 5


@pytest.mark.parametrize("rule", [*RULES, Sampling(temperature=0), Sampling(temperature=1e-30)], ids=str)
def test_asking_few_symbols_gives_what_masking_all_gives(rule):
    generator, asked, cases = torch.Generator().manual_seed(2), 0, 0
    for scale in (0.0, 0.1, 1.0, 4.0, 60.0):
        logits = scale * torch.randn(60, 200, generator=generator)
        legal = (torch.rand(60, 200, generator=generator) < 0.5).numpy()
        uniform = torch.rand(60, generator=generator, dtype=torch.float64).numpy()
        outlook = Outlook(logits, rule)
        for n in range(60):
            guide = Mask(legal[n])
            found = outlook.draw(n, uniform[n], guide, 0, 0)
            assert found == draw(logits[n].numpy(), legal[n], rule, uniform[n])
            assert found == outlook.draw_legal(n, uniform[n], legal[n])[0]
            if scale == 60.0:
                asked, cases = asked + len(guide.questions), cases + 1
    assert asked < 3 * cases  # where the model is sure, the first legal symbol settles the draw


def test_no_symbol_is_asked_that_changes_nothing():
    ranked, questions = [(7, 0.6), (3, 0.2), (5, 0.1), (4, 0.05)], []
    allowed = lambda symbol: questions.append(symbol) or symbol != 3  # noqa: E731
    for uniform, rule, found, asked in (
        (0.5, Sampling(), 7, [7]),
        (0.7, Sampling(), 7, [7, 3]),
        (0.9, Sampling(), None, [7, 3, 5, 4]),  # 5 or 4: the last twentieth may be legal or not
        (0.85, Sampling(), 5, [7, 3, 5, 4]),
        (0.99, Sampling(), None, [7, 3, 5, 4]),
        (0.99, Sampling(top_p=0.5), 7, [7]),
        (0.99, Sampling(top_k=2), 5, [7, 3, 5]),
    ):
        questions.clear()
        assert draw_asking(ranked, allowed, rule, uniform) == found and questions == asked
    assert draw_asking(ranked, lambda symbol: False, Sampling(), 0.5) is None


def test_greedy_is_the_best_legal_symbol():
    logits, legal = np.array([3.0, 9.0, 5.0, 4.0]), np.array([True, False, True, True])
    for uniform in (0.0, 0.999):
        assert draw(logits, legal, Sampling(temperature=0), uniform) == 2
    assert draw(logits, legal, Sampling(temperature=1e-30), 0.5) == 2


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_no_uniform_number_reaches_an_excluded_symbol(rule):
    rng = np.random.default_rng(1)
    for scale in (0.1, 3.0, 60.0, 3000.0):
        for case in range(50):
            logits, legal = scale * rng.normal(size=V), rng.random(V) < 0.4
            legal[0], legal[5], legal[-1] = case % 2, True, case % 2
            for uniform in (0.0, 5e-324, 2.0**-53, 0.5, 1 - 2.0**-53):
                assert legal[draw(logits, legal, rule, uniform)]


def test_symbols_keep_their_order_on_the_unit_interval():
    logits, legal = np.array([0.0, 9.0, 1.0, 0.0]), np.array([True, False, True, True])
    found = [draw(logits, legal, Sampling(), u) for u in (0.0, 0.57, 0.58, 0.78, 0.79, 0.99)]
    assert found == [2, 2, 0, 0, 3, 3]  # the most probable first, of equals the lower number


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
