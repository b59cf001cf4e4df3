"""Levenshtein distances against the plain table, diversity and novelty by hand and by GGS' own functions."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scilogos.bench.editing.distances import diversity, levenshtein, novelty

TEXTS = st.text("ACD", max_size=9)


def plain(one: str, other: str) -> int:
    """Fill the whole table."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        corner, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            corner, row[j] = row[j], min(corner + (a != b), row[j] + 1, row[j - 1] + 1)
    return row[-1]


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [("kitten", "sitting", 3), ("", "ACD", 3), ("ACD", "ACD", 0), ("ACDEF", "CDEFA", 2), ("AAAA", "CCCC", 4)],
)
def test_known_distances(one, other, distance):
    assert levenshtein(one, other) == levenshtein(other, one) == distance


@given(TEXTS, TEXTS)
def test_distance_is_that_of_the_whole_table(one, other):
    assert levenshtein(one, other) == plain(one, other)


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=6))
def test_novelty_is_the_least_distance(text, known):
    assert novelty([text], known) == [min(plain(text, other) for other in known)]


def test_diversity_is_the_mean_over_pairs():
    assert diversity(["AAA", "AAC", "ACC"]) == pytest.approx((1 + 2 + 1) / 3)
    assert diversity(["AAA"]) == 0


def test_a_shift_is_nearer_than_its_substitutions():
    assert novelty(["ACDEFG"], ["CDEFGA", "ACAAAA"]) == [2]


def test_diversity_and_novelty_are_those_of_ggs():
    told = json.loads(Path(__file__).with_name("ggs.json").read_text())
    assert diversity(told["sequences"]) == pytest.approx(told["diversity"], abs=1e-12)
    assert novelty(told["sequences"], told["known"]) == told["novelty"]
