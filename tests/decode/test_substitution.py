"""Places over the whole chain: drawn as enumeration says, within the budget, each draw by its own key alone."""

import math
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scilogos.decode import Sampling
from scilogos.decode.randomness import stream_keys
from scilogos.decode.substitution import draw_places, draw_substitutions, log_weights_ahead

DRAWS = 40_000
NO = -np.inf
ODDS = np.array([[0.3, -1.0, NO], [1.5, NO, NO], [NO, NO, NO], [-2.0, 0.0, 0.7], [NO, -0.5, NO], [1.0, 1.1, -3.0]])


def keys(n: int, seed: int = 0) -> np.ndarray:
    return stream_keys(seed, [[1, 2]], range(n))


def enumerated(log_odds_LA: np.ndarray, least: int, most: int) -> dict[tuple[int, ...], float]:
    """The weight of every legal outcome by its definition: the product of the odds of its letters."""
    weights = {}
    for size in range(least, most + 1):
        for places in combinations(range(len(log_odds_LA)), size):
            for letters in product(range(log_odds_LA.shape[1]), repeat=size):
                columns = np.full(len(log_odds_LA), -1)
                columns[list(places)] = letters
                weight = math.exp(sum(log_odds_LA[i, a] for i, a in zip(places, letters, strict=True)))
                weights |= {tuple(columns.tolist()): weight} if weight else {}
    return weights


@pytest.mark.parametrize(("least", "most"), [(0, 0), (0, 2), (1, 1), (1, 3), (2, 5), (5, 5), (4, 6)])
def test_the_recursion_sums_all_sets(least, most):
    ahead = log_weights_ahead(np.logaddexp.reduce(ODDS, axis=1), least, most)
    assert math.exp(ahead[0, 0]) == pytest.approx(sum(enumerated(ODDS, least, most).values()))


@pytest.mark.parametrize(
    ("least", "most", "temperature"), [(0, 1, 1.0), (1, 3, 1.0), (2, 2, 0.6), (1, 6, 2.0), (5, 5, 1.0)]
)
def test_draws_have_the_enumerated_distribution(least, most, temperature):
    weights = enumerated(ODDS / temperature, least, most)
    drawn = draw_substitutions(ODDS, least, most, Sampling(temperature=temperature), keys(DRAWS))
    found, counts = np.unique(drawn, axis=0, return_counts=True)
    seen = dict(zip(map(tuple, found.tolist()), counts.tolist(), strict=True))
    assert set(seen) <= set(weights)
    expected = DRAWS * np.array(list(weights.values())) / sum(weights.values())
    observed = np.array([seen.get(outcome, 0) for outcome in weights])
    common = expected >= 10
    parts = [np.append(x[common], x[~common].sum()) for x in (observed, expected)]
    chi_square = ((parts[0] - parts[1]) ** 2 / np.maximum(parts[1], 1)).sum()
    assert chi_square < common.sum() + 5 * math.sqrt(2 * common.sum()) + 5


@given(st.data())
def test_the_size_is_kept_and_forbidden_letters_are_never_put(data):
    length = data.draw(st.integers(1, 12))
    value = st.one_of(st.just(NO), st.floats(-800, 800))
    odds = np.array(data.draw(st.lists(st.tuples(value, value), min_size=length, max_size=length)))
    possible = int((odds.max(axis=1) > NO).sum())
    least = data.draw(st.integers(0, possible))
    most = data.draw(st.integers(least, length + 2))
    rule = Sampling(temperature=data.draw(st.sampled_from((0, 0.1, 1.0, 3.0))), top_p=data.draw(st.floats(0.1, 1.0)))
    drawn = draw_substitutions(odds, least, most, rule, keys(8, data.draw(st.integers(0, 9))))
    assert drawn.shape == (8, length)
    sizes = (drawn >= 0).sum(axis=1)
    assert (sizes >= least).all() and (sizes <= most).all()
    draws, places = np.nonzero(drawn >= 0)
    assert (odds[places, drawn[draws, places]] > NO).all()


@pytest.mark.parametrize("edge", [0.0, 1 - 2.0**-53])
def test_no_uniform_number_breaks_the_size(edge):
    drawn = draw_places(np.array([0.0, NO, 40.0, -700.0, 2.0]), 2, 3, np.full((1, 5), edge))
    assert 2 <= drawn.sum() <= 3 and not drawn[0, 1]


def test_a_draw_depends_on_its_own_key_alone():
    many = draw_substitutions(ODDS, 1, 3, Sampling(), keys(50))
    assert (draw_substitutions(ODDS, 1, 3, Sampling(), keys(20)) == many[:20]).all()
    assert (draw_substitutions(ODDS, 1, 3, Sampling(), keys(50)[30:31]) == many[30]).all()
    assert not (draw_substitutions(ODDS, 1, 3, Sampling(), keys(50, seed=1)) == many).all()


@pytest.mark.parametrize(
    ("least", "most", "best"),
    [(0, 6, [0, 0, -1, 2, -1, 1]), (1, 2, [-1, 0, -1, -1, -1, 1]), (5, 5, [0, 0, -1, 2, 1, 1])],
)
def test_temperature_zero_takes_the_best_set(least, most, best):
    drawn = draw_substitutions(ODDS, least, most, Sampling(temperature=0), keys(10))
    assert (drawn == best).all()


def test_truncation_acts_on_the_letters_of_a_place():
    drawn = draw_substitutions(ODDS, 5, 5, Sampling(top_k=1), keys(10))
    assert (drawn == [0, 0, -1, 2, 1, 1]).all()
    loose, tight = (draw_substitutions(ODDS, 1, 3, rule, keys(500)) for rule in (Sampling(), Sampling(min_p=0.5)))
    assert ((loose >= 0) == (tight >= 0)).all()
    assert set(tight[:, 5]) == {-1, 0, 1} and set(loose[:, 5]) == {-1, 0, 1, 2}
