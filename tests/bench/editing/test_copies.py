"""Pairs of a start set against the plain search for them; a copy that learns them; climbing by its own judgement."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scilogos.bench.editing.climb import Climb, climbed, log_likelihoods, weighed
from scilogos.bench.editing.copies import Learning, nearest_pairs, tuned_copy
from scilogos.bench.editing.landscapes import Labelled
from scilogos.decode import score_answers
from scilogos.errors import InputError
from scilogos.grammar import Protein, write
from scilogos.tasks.protein_editing import anything, prompt
from tests.bench.conftest import CHAIN

VARIANTS = Labelled(
    tuple(CHAIN[:i] + "W" + CHAIN[i + 1 :] for i in range(0, 30, 2)), np.linspace(0, 1, 15)
)  # each two places from the others


def test_pairs_by_hand():
    rows = Labelled(("AAAA", "AAAC", "AACC", "CCCC"), np.array([0.1, 0.2, 0.4, 0.2]))
    found = nearest_pairs(rows, 3)
    assert found.pairs == (("AAAC", "AACC"), ("AAAA", "AAAC"), ("AAAA", "AACC"))
    assert (found.farthest, found.left_out) == (2, 2), "CCCC is no better than AAAC, and 2 and 4 places away"


@given(st.lists(st.text("ACD", min_size=4, max_size=4), min_size=1, max_size=12, unique=True), st.integers(0, 40))
def test_pairs_are_the_nearest_of_those_that_gain(sequences, most):
    rows = Labelled(tuple(sequences), np.arange(len(sequences)) % 3 / 3.0)
    fitness = dict(zip(*rows, strict=True))
    every = [(a, b) for a in sequences for b in sequences if fitness[b] > fitness[a]]
    found = nearest_pairs(rows, most)
    assert len(set(found.pairs)) == len(found.pairs) == min(most, len(every))
    assert found.left_out == len(every) - len(found.pairs) and set(found.pairs) <= set(every)
    distance = [sum(x != y for x, y in zip(a, b, strict=True)) for a, b in found.pairs]
    nearest = sorted(sum(x != y for x, y in zip(a, b, strict=True)) for a, b in every)
    assert distance == nearest[: len(distance)] and found.farthest == (distance or [0])[-1]


def test_a_copy_learns_and_is_found_again(tiny, tmp_path):
    copy, facts = tuned_copy(tiny, tmp_path, VARIANTS, Learning(tokens=30_000, epochs=8))
    assert facts["pairs"] == min(105, 30_000 // 8 // 66) and facts["substitutions at most"] == 2
    assert facts["loss after"] < facts["loss before"]
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("model.safetensors")}
    again, found = tuned_copy(tiny, tmp_path, VARIANTS, Learning(tokens=30_000, epochs=8))
    assert found == facts and {path: path.stat().st_mtime_ns for path in before} == before
    pairs = [(VARIANTS.sequences[0], VARIANTS.sequences[1])]
    assert weighed(again.engine, pairs) == weighed(copy.engine, pairs) != weighed(tiny.engine, pairs)


def test_likelihoods_are_those_of_the_engine(tiny):
    parent, *others = VARIANTS.sequences[:4]
    codec = tiny.engine.codec
    answers = [tuple(codec.encode(write(Protein(other)))) for other in others]
    given = score_answers(tiny.engine, codec.encode(prompt(parent)), answers, tiny.engine.guide(anything(parent)))
    ours = log_likelihoods(tiny.engine, [(parent, other) for other in others])
    assert ours == pytest.approx([sum(completion.choice_scores) for completion in given], abs=1e-4)
    forward, gains = weighed(tiny.engine, [(parent, others[0]), (others[0], parent)])
    assert forward[0] == pytest.approx(ours[0]) and gains.sum() == 0 and gains[0] == forward[0] - forward[1]


def test_climbing_gives_distinct_new_variants_best_first(tiny):
    how = Climb(rounds=3, parents=3, children=4, most=2)
    answer = climbed(tiny.engine, VARIANTS, how, 20, 1)
    found, counts = answer.sequences, answer.counts
    assert 0 < len(found) <= 20 and len(set(found)) == len(found)
    assert not set(found) & set(VARIANTS.sequences) and {len(sequence) for sequence in found} == {30}
    assert counts["oracle calls"] == 0 and counts["drawn"] == 3 * 3 * 12
    assert answer.orders["gain"] == sorted(answer.orders["gain"], reverse=True)
    assert len(answer.orders["likelihood"]) == len(found) and max(answer.orders["likelihood"]) < 0
    assert answer == climbed(tiny.engine, VARIANTS, how, 20, 1), "the seed decides"
    assert found != climbed(tiny.engine, VARIANTS, how, 20, 2).sequences


def test_worth_adds_up_along_the_way(tiny):
    best = VARIANTS.best(1)
    one = climbed(tiny.engine, VARIANTS, Climb(rounds=1, parents=1, children=6), 6, 1)
    forward, gained = weighed(tiny.engine, [(best[0], child) for child in one.sequences])
    votes = one.orders.pop("votes")
    assert one.orders == {"gain": pytest.approx(gained, abs=1e-4), "likelihood": pytest.approx(forward, abs=1e-4)}
    assert len(votes) == 6 and 6 <= sum(votes) <= one.counts["drawn"]


def test_an_oracle_in_the_loop_ranks_and_is_counted(tiny):
    asked = []

    def oracle(sequences):
        asked.extend(sequences)
        return np.array([sequence.count("G") for sequence in sequences], float)

    answer = climbed(tiny.engine, VARIANTS, Climb(rounds=2, parents=2, children=4), 8, 1, oracle)
    assert answer.counts["oracle calls"] == len(asked) == len(set(asked)) and not answer.orders
    assert list(oracle(answer.sequences)) == sorted(oracle(answer.sequences), reverse=True)


def test_a_climb_checks_itself():
    with pytest.raises(InputError, match="rounds: found 0"):
        Climb(rounds=0)
