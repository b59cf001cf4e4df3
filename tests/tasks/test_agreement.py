"""Loops put together residue by residue, against every loop there could be."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scilogos.tasks.agreement import Agreement

LOOPS = st.text("ACD", min_size=1, max_size=3)
DRAWS = st.lists(st.tuples(st.tuples(LOOPS, LOOPS), st.floats(0.01, 1)), min_size=1, max_size=8)


def likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """The share of residues of the first that agree; none with a loop of another length."""
    pairs = zip(one, other, strict=True)
    return sum(a == b for x, y in pairs if len(x) == len(y) for a, b in zip(x, y, strict=True)) / sum(map(len, one))


@given(DRAWS)
def test_the_best_are_as_good_as_any_loops_of_drawn_lengths(draws):
    agreement = Agreement(draws)

    def expected(loops):
        return sum(weight * likeness(loops, other) for other, weight in draws)

    best = agreement.best()
    assert agreement.expected(best) == pytest.approx(expected(best))
    lengths = {tuple(map(len, loops)) for loops, _ in draws}
    every = [
        loops
        for a, b in lengths
        for loops in product(map("".join, product("ACD", repeat=a)), map("".join, product("ACD", repeat=b)))
    ]
    assert expected(best) == pytest.approx(max(map(expected, every)))
    assert tuple(map(len, best)) in lengths


def test_the_best_need_not_be_drawn():
    draws = [(("ARY",), 0.3), (("AWG",), 0.3), (("TRG",), 0.3), (("AR",), 0.1)]
    agreement = Agreement(draws)
    assert agreement.best() == ("ARG",) and agreement.expected(("ARG",)) == pytest.approx(1.8 / 3)
    assert Agreement([(("ARY",), 0.3), (("AR",), 0.7)]).best() == ("AR",)
    assert Agreement([(("AY",), 0.5), (("AG",), 0.5)]).best() == ("AG",), "of equals the first letter"
