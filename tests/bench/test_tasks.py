"""Each task's own reading, scoring and baseline, on answers that are known."""

import numpy as np
import pytest

from scilogos.bench import binding_site, cdr, retrosynthesis
from scilogos.bench.held_out import HeldOut, Item
from tests.bench.conftest import CHAIN, LIGHT, NATIVE


def test_reactions_are_read(tables):
    held = retrosynthesis.items(tables, limit=None, seed=0)
    assert {item.key: (item.given, item.truth, item.group) for item in held.items} == {
        "1": ("CC(=O)Nc1ccccc1", ("Nc1ccccc1", "CC(=O)Cl"), "clean"),
        "2": ("CCOC", ("CCO", "CI"), "repeated"),
    }
    assert held.skipped == {"product or reactants that RDKit refuses": ["3"]}


def test_a_larger_subset_begins_with_the_smaller(data):
    keys = [[i.key for i in retrosynthesis.items(data, limit=n, seed=3).items] for n in (20, 40)]
    assert keys[1][:20] == keys[0] and len(set(keys[1])) == 40
    assert [i.key for i in retrosynthesis.items(data, limit=20, seed=4).items] != keys[0]


def test_retrosynthesis_scores():
    held = HeldOut((
        Item("1", "CCOC", ("CCO", "CI"), "clean"),
        Item("2", "CCOC", ("CCO", "CI"), "repeated"),
        Item("3", "CCOC", ("CCO", "CI"), "clean"),
        Item("4", "CCOC", ("CCO", "CI"), "clean"),
    ))  # fmt: skip
    counts = {"drawn": 10, "parsed": 10, "sound": 5}
    answers = [
        {"answers": [["CCO.CI", -1.0]], **counts},
        {"answers": [["CCO.CBr", -1.0], ["CCO.CI", -2.0]], **counts},
        {"answers": [["CCN.CI", -1.0]], **counts},
        {"error": "too long"},
    ]
    figures = retrosynthesis.score(held, answers)
    values = {name: figure.value for name, figure in figures.items()}
    assert values["top-1"] == 0.25 and values["top-3"] == values["top-10"] == 0.5
    assert values["MaxFrag top-1"] == 0.5, "CCO is right in two"
    assert values["top-1, clean"] == pytest.approx(1 / 3)
    assert values["completions that parse"] == 1 and values["reactant sets RDKit accepts"] == 0.5


def test_sites_are_read(tables):
    held = binding_site.items(tables, limit=None, seed=0)
    test = {item.key: item.truth for item in held.items if item.group == "test"}
    assert test == {"test/1abcA": (3, 8), "test/2abcA": (7, 19, 26)}
    validation = [item for item in held.items if item.group == "validation"]
    assert len(validation) == 2 and all(item.given[i] == "R" for item in validation for i in item.truth)
    assert len(held.training) == 6
    assert held.skipped == {"no gold contacts": ["3abcA"]}


def test_site_frequencies():
    # A is a site twice of three times, C once of three, with one added to every count of 22 letters.
    fitted = binding_site.Frequencies.fit([("ACA", (0,)), ("CAC", (1, 2))], 0)
    shares_site, shares_plain = np.array([3, 2]) / 25, np.array([2, 3]) / 25
    expected = np.log(4 / 4) + np.log(shares_site / shares_plain)
    assert fitted.probabilities("AC") == pytest.approx(1 / (1 + np.exp(-expected)))


def test_site_frequencies_learn_a_neighbour():
    fitted = binding_site.Frequencies.fit([("GAWGAAGAW" * 5, tuple(range(1, 45, 9)) + tuple(range(7, 45, 9)))], 1)
    with_w, without = fitted.probabilities("GAWGAAG")[[1, 4]]
    assert with_w > 0.5 > without


def test_site_scores():
    held = HeldOut((
        Item("val/0", "ACDEF", (0, 1), "validation"), Item("a", "ACDE", (0,)), Item("b", "ACDE", (1, 2)),
    ))  # fmt: skip
    answers = [
        {"probabilities": [0.4, 0.3, 0.1, 0.0, 0.0]},
        {"probabilities": [0.9, 0.3, 0.0, 0.0]},
        {"error": "too long"},
    ]
    values = {name: figure.value for name, figure in binding_site.score(held, answers).items()}
    assert values["validation threshold"] == 0.3
    assert values["MCC at 0.5"] == pytest.approx((1 * 5 - 0) / np.sqrt(1 * 3 * 5 * 7))
    assert values["F1 at the validation threshold"] == pytest.approx(2 / (2 + 1 + 2))


def test_loops_are_read(tables):
    held = cdr.items(tables, limit=None, seed=0)
    assert {item.key: (len(item.given), item.truth) for item in held.items} == {
        "1n8z": (2, NATIVE),
        "1xyz": (1, "ARAAAAWYW"),
    }
    assert held.items[0].given[1:] in ((LIGHT,), ())
    assert held.skipped == {
        "no heavy chain in the table": ["3h3b"],
        "our numbering finds another H3 than the table": ["2xyz"],
    }
    assert held.training == {13: ["ARAAAAAAAAADY", "ARAAAAAAAAADY", "ARWGGGGGGGMDV"]}, "the near twin is left out"


def test_consensus():
    assert cdr.consensus({3: ["ARD", "ARE", "GWE"], 2: ["WW"]}, 3) == "ARE"
    assert cdr.consensus({2: ["YY", "GW"]}, 3) == "YYY", "no loop of this length"


def test_cdr_scores():
    held = HeldOut((Item("1", (), "ARDY"), Item("2", (), "ARDY")))
    values = cdr.score(held, [{"loops": [["ARDW", 3], ["GGGY", 1]]}, {"error": "no"}])
    assert values["AAR, top-ranked"].value == pytest.approx((3 / 4 + 0) / 2)
    assert values["AAR, mean of samples"].value == pytest.approx(((3 * 3 / 4 + 1 / 4) / 4) / 2)


def test_sequence_of_the_tables_is_as_assumed():
    assert len(CHAIN) == 30 and CHAIN.count("R") == 3
