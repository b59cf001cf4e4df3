"""Chains read and scored; letters, neighbours and the nearest chains as baselines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scilogos.bench import binding_site
from scilogos.bench.binding_site.baselines import Frequencies, Nearest
from scilogos.bench.binding_site.complexes import Target
from scilogos.bench.held_out import HeldOut, Item
from scilogos.bench.neighbours import Neighbours
from scilogos.errors import InputError
from scilogos.science import align
from tests.bench.conftest import CHAIN


def test_sites_are_read(tables):
    held = binding_site.items(tables, limit=None, seed=0)
    test = {item.key: item.truth for item in held.items if item.group == "COACH420"}
    assert test == {"COACH420/1abcA": ((3, 8),), "COACH420/2abcA": ((7, 19, 26),)}
    validation = [item for item in held.items if item.group == "validation"]
    assert len(validation) == 2
    assert all(item.given.chains[0][i] == "R" for item in validation for i in item.truth[0])
    assert len(held.training) == 6
    assert held.skipped["COACH420: no gold contacts"] == ["3abcA"]


def test_chains_near_training_are_no_test_of_ligysis(tables):
    held = binding_site.items(tables, limit=None, seed=0)
    mine = [item for item in held.items if item.group == "LIGYSIS"]
    assert [(item.key, item.truth) for item in mine] == [("LIGYSIS/1far_A", ((2, 3, 5),))]
    assert held.skipped["LIGYSIS: a training chain of 30% identity or more"] == ["LIGYSIS/1near_A"]
    assert held.skipped["LIGYSIS: no site of a small molecule"] == ["1none_A"]


def test_one_chain_of_a_sequence_of_holo4k(tables):
    held = binding_site.items(tables, limit=None, seed=0)
    mine = {item.key: item.truth for item in held.items if item.group == "HOLO4K"}
    assert len(mine) == 1 and next(iter(mine.values())) == ((1, 4, 9),), "two ligands that count, one that does not"
    assert len(held.skipped["HOLO4K: the sequence of an earlier chain"]) == 1
    assert held.skipped["HOLO4K: no labelled contacts"] == ["3hol"]


def test_sets_are_chosen(tables):
    held = binding_site.items(tables, limit=None, seed=0, settings=binding_site.Settings(sets=("holo4k",)))
    assert {item.group for item in held.items} == {"validation", "HOLO4K"}
    with pytest.raises(InputError, match="found casf; expected some of coach420"):
        binding_site.Settings(sets=("casf",))


def test_site_frequencies():
    # A is a site twice of three times, C once of three, with one added to every count of 22 letters.
    fitted = Frequencies.fit([("ACA", (0,)), ("CAC", (1, 2))], 0)
    shares_site, shares_plain = np.array([3, 2]) / 25, np.array([2, 3]) / 25
    expected = np.log(4 / 4) + np.log(shares_site / shares_plain)
    assert fitted.probabilities("AC") == pytest.approx(1 / (1 + np.exp(-expected)))


def test_site_frequencies_learn_a_neighbour():
    fitted = Frequencies.fit([("GAWGAAGAW" * 5, tuple(range(1, 45, 9)) + tuple(range(7, 45, 9)))], 1)
    with_w, without = fitted.probabilities("GAWGAAG")[[1, 4]]
    assert with_w > 0.5 > without


def test_the_nearest_chain_tells_its_sites():
    other = "GGSGGSGGTGGSGGSGGTGGSGGSGGTGGSAG"
    fitted = Nearest.fit([(CHAIN, (3, 4, 10)), (other, (0,))])
    scores = fitted.probabilities("AA" + CHAIN)
    assert set(np.flatnonzero(scores > 0.5)) == {5, 6, 12}, "two residues on"


def test_alignment_by_hand():
    found = align("MKTAYIAKQRQISF", "KTAYIAKRQISF")
    assert found.pairs.tolist() == [[i, i - 1] for i in range(1, 8)] + [[i, i - 2] for i in range(9, 14)]
    assert found.identity == 12 / 13, "the gap is a column"


@given(st.text("ACDEFGHIKLMNPQRSTVWY", min_size=1, max_size=60))
def test_a_chain_is_its_own_neighbour(chain):
    assert align(chain, chain).identity == 1
    neighbours = Neighbours(["ACDEFGHIKLMNPQRSTVWY" * 3, chain])
    assert neighbours.identity(chain) == (1.0 if len(chain) >= 3 else 0.0)


def test_site_scores():
    held = HeldOut((
        Item("val/0", Target(("ACDEF",)), ((0, 1),), "validation"),
        Item("a", Target(("ACDE",)), ((0,),), "COACH420"),
        Item("b", Target(("AC", "DE")), ((1,), (0,)), "COACH420"),
    ))  # fmt: skip
    answers = [
        {"probabilities": [[0.4, 0.3, 0.1, 0.0, 0.0]]},
        {"probabilities": [[0.9, 0.3, 0.0, 0.0]]},
        {"error": "too long"},
    ]
    values = {name: figure.value for name, figure in binding_site.score(held, answers).items()}
    assert values["validation threshold"] == 0.3 and values["validation, AUPRC"] == 1
    assert values["COACH420, F1"] == pytest.approx(2 / (2 + 1 + 2))
    assert values["COACH420, MCC"] == pytest.approx((1 * 4 - 1 * 2) / np.sqrt(2 * 3 * 5 * 6))


def test_residues_of_one_probability_are_one_point_of_the_curve():
    """Half of four residues at 0.9 are marked, one of six at 0: precision 1/2 at recall 2/3, then 3/10 at 1."""
    truth = ((0, 1, 4),)
    held = HeldOut((Item("a", Target(("ACDEFGHIKL",)), truth, "COACH420"),))
    (draw,) = binding_site.plots(held, {"model": [{"probabilities": [[0.9] * 4 + [0.0] * 6]}]}).values()
    axes = pytest.importorskip("matplotlib.figure").Figure().subplots()
    draw(axes)
    recall, precision = axes.lines[1].get_data()
    assert list(recall) == pytest.approx([2 / 3, 1]) and list(precision) == pytest.approx([1 / 2, 3 / 10])
