"""The baselines' searches on landscapes that are known, within their budget; their steps by hand."""

import numpy as np
import pytest

from scilogos.bench.editing import search
from scilogos.bench.editing.landscapes import Labelled
from scilogos.bench.editing.search import Asked, Budget, consensus, leaders, mutated, recombined, roll_out, substituted

TARGET, START = "WWKKHH", ["AAAAAA", "AAAAAH", "AWAAAA", "AAAAHA"]


class Likeness:
    """Count the places that agree with the target, and the calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, sequences) -> np.ndarray:
        self.calls += len(sequences)
        return np.array([sum(a == b for a, b in zip(s, TARGET, strict=True)) for s in sequences], float)


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.mark.parametrize("name", ["adalead", "genetic_algorithm", "random_substitutions"])
def test_searches_climb_and_keep_to_their_budget(name):
    value = Likeness()
    asked = Asked(value, START, Budget(number=10, calls=3000))
    found = getattr(search, name)(asked, rng())
    assert value.calls == len(asked.values) == 3000
    assert len(set(found)) == 10 and not set(found) & set(START)
    values = [asked.values[sequence] for sequence in found]
    assert values == sorted(values, reverse=True)
    assert values[0] >= {"adalead": 6, "genetic_algorithm": 6, "random_substitutions": 3}[name]


@pytest.mark.parametrize("name", ["adalead", "genetic_algorithm", "random_substitutions"])
def test_a_budget_that_the_start_set_uses_up_gives_nothing(name):
    asked = Asked(Likeness(), START, Budget(number=10, calls=3))
    assert len(asked.values) == 3 and getattr(search, name)(asked, rng()) == []


def test_what_is_known_costs_nothing_and_what_is_not_paid_for_is_unknown():
    value = Likeness()
    asked = Asked(value, START, Budget(calls=5))
    assert asked.ask(["AAAAAH", TARGET, TARGET, "WWWWWW"]) == [1, 6, 6, -np.inf]
    assert value.calls == 5 and asked.left == 0


def test_leaders():
    assert leaders({"a": 1.0, "b": 0.96, "c": 0.94}, 0.05, 5) == ["a", "b", "a", "b", "a"]
    assert leaders({"a": -1.0, "b": -1.04, "c": -1.06}, 0.05, 2) == ["a", "b"], "below zero the margin is below the top"
    assert leaders({"a": 1.0, "b": 1.0, "c": 1.0}, 0.05, 2) == ["a", "b"]


def test_a_rollout_by_hand(monkeypatch):
    # From AAAAAH, worth 1: AWAAAH (2) goes on, a known child is passed over, AWCAAA (1) is no worse than the root,
    # AAAAAC (0) ends it, and nothing more is drawn.
    script = iter([["AWAAAH"], ["AAAAHA"], ["AWCAAA"], ["AAAAAC"], ["WWWWWW"]])
    parents = []

    def scripted(nodes, rng):
        parents.append(nodes)
        return next(script)

    monkeypatch.setattr(search, "mutated", scripted)
    asked = Asked(Likeness(), START, Budget(calls=100))
    roll_out(asked, ["AAAAAH"], 0, rng())
    assert parents == [["AAAAAH"], ["AWAAAH"], ["AWAAAH"], ["AWCAAA"]]
    assert list(asked.values)[len(START) :] == ["AWAAAH", "AWCAAA", "AAAAAC"]


def test_recombination_exchanges_and_loses_nothing():
    parents = ["AAAAAA", "CCCCCC", "DDDDDD"]
    children = recombined(parents, 0.5, rng())
    assert len(children) == 3
    assert [sorted(column) for column in zip(*children, strict=True)] == [["A", "C", "D"]] * 6
    assert sorted(recombined(parents, 0.0, rng())) == parents
    assert any(len(set(child)) == 2 for child in children)


def test_mutations_are_one_a_sequence_on_average():
    children = mutated(["A" * 50] * 2000, rng())
    changed = [sum(letter != "A" for letter in child) for child in children]
    assert np.mean(changed) == pytest.approx(0.95, abs=0.1), "one draw in twenty gives the residue that was there"


def test_substitutions_are_as_many_as_asked():
    children = substituted(["A" * 9] * 3, [1, 4, 12], rng())
    assert [sum(letter != "A" for letter in child) for child in children] == [1, 4, 9]


def test_consensus():
    found = consensus(Labelled(("ACD", "ACE", "GCD"), np.zeros(3)), 4, rng())
    assert found[0] == "ACD" and len(set(found)) == 4
    assert all(sum(a != b for a, b in zip(s, "ACD", strict=True)) == 1 for s in found[1:])
