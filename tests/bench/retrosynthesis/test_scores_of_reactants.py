"""Reactions read and scored, on answers that are known and on those that R-SMILES' own score.py was given."""

import json
from pathlib import Path

import pytest

from scilogos.bench import retrosynthesis
from scilogos.bench.held_out import HeldOut, Item
from scilogos.bench.scores import reciprocal_ranks
from scilogos.errors import InputError
from scilogos.science import canonical, order_reactants
from tests.bench.conftest import CHAIN


def test_reactions_are_read(tables):
    held = retrosynthesis.items(tables, limit=None, seed=0)
    assert {item.key: (item.given, item.truth, item.group, *item.labels) for item in held.items} == {
        "1": ("CC(=O)Nc1ccccc1", ("Nc1ccccc1", "CC(=O)Cl"), "clean", "class 2, acylation"),
        "2": ("CCOC", ("CCO", "CI"), "repeated", "class 1, heteroatom alkylation and arylation"),
    }
    assert held.skipped == {"product or reactants that RDKit refuses": ["3"]}


def test_a_larger_subset_begins_with_the_smaller(data):
    keys = [[i.key for i in retrosynthesis.items(data, limit=n, seed=3).items] for n in (20, 40)]
    assert keys[1][:20] == keys[0] and len(set(keys[1])) == 40
    assert [i.key for i in retrosynthesis.items(data, limit=20, seed=4).items] != keys[0]


def test_retrosynthesis_scores():
    held = HeldOut((
        Item("1", "CCOC", ("CCO", "CI"), "clean", ("class 1, alkylation",)),
        Item("2", "CCOC", ("CCO", "CI"), "repeated", ("class 1, alkylation",)),
        Item("3", "CCOC", ("CCO", "CI"), "clean"),
        Item("4", "CCOC", ("CCO", "CI"), "clean"),
    ))  # fmt: skip
    counts = {"drawn": 10, "parsed": 10, "sound": 5}
    answers = [
        {"answers": [["CCO.CI", -1.0, 1, 1.0, -0.5]], "returned": [True], "truth drawn": True, **counts},
        {
            "answers": [["CCO.CBr", -1.0, 1, 1.0, -0.7], ["CCO.CI", -2.0, 3, 0.5, -0.6]],
            "returned": [False, True],
            **counts,
        },
        {"answers": [["CCN.CI", -1.0, 1, 1.0, -0.5]], "returned": [False], **counts},
        {"error": "too long"},
    ]
    figures = retrosynthesis.score(held, answers)
    values = {name: figure.value for name, figure in figures.items()}
    assert values["top-1"] == 0.25 and values["top-3"] == values["top-10"] == 0.5
    assert values["MaxFrag top-1"] == 0.5, "CCO is right in two"
    assert values["top-1, class 1, alkylation"] == 0.5
    assert values["top-1 by likelihood"] == 0.25 and values["top-1 by votes"] == values["top-50"] == 0.5
    assert values["top-1 by likelihood among legal symbols"] == 0.5
    assert values["top-1 by round trip, then legal likelihood"] == 0.5 and values["truth among all draws"] == 0.25
    assert values["round trip, first answer"] == 0.25 and values["round trip, first 10"] == 0.5
    assert values["top-1, clean"] == pytest.approx(1 / 3)
    assert values["completions that parse"] == 1 and values["reactant sets RDKit accepts"] == 0.5


def test_equal_largest_reactants_keep_their_places():
    """As R-SMILES' score.py: of CCN, CCN, CCN, CCO the right one has place four, though it is the second distinct."""
    held = HeldOut((Item("1", "CCOC", ("CCO", "CI"), "clean"),))
    rows = [[text, -place, 1, 1.0] for place, text in enumerate(("CCN.CI", "CCN.CBr", "CCN.CCl", "CCO.CBr"))]
    figures = retrosynthesis.score(held, [{"answers": rows}])
    assert figures["MaxFrag top-3"].value == 0 and figures["MaxFrag top-5"].value == 1


def _sound(texts):
    """The sets of reactants that RDKit reads, canonical, in their order."""
    for text in texts:
        try:
            yield ".".join(order_reactants(canonical(text).split(".")))
        except InputError:
            continue


def test_order_and_figures_are_those_of_r_smiles():
    told = json.loads(Path(__file__).with_name("r_smiles.json").read_text())
    items, answers = [], []
    for number, row in enumerate(told["products"]):
        merged = reciprocal_ranks([list(_sound(texts)) for texts in row["predictions"]])
        best = sorted(merged, key=lambda text: -merged[text])[:6]
        theirs = list(_sound(row["ranked"]))
        assert set(best) == set(theirs) and [merged[text] for text in best] == [merged[text] for text in theirs]
        (target,) = _sound([row["target"]])
        items.append(Item(str(number), row["product"], tuple(target.split(".")), "clean"))
        answers.append({"answers": [[text, -place, 1, merged[text]] for place, text in enumerate(theirs)]})
    figures = retrosynthesis.score(HeldOut(tuple(items)), answers)
    for k in ("1", "3", "5"):
        assert 100 * figures[f"top-{k}"].value == pytest.approx(told["accuracy"][k], abs=1e-3)
        assert 100 * figures[f"MaxFrag top-{k}"].value == pytest.approx(told["largest"][k], abs=1e-3)


def test_sequence_of_the_tables_is_as_assumed():
    assert len(CHAIN) == 30 and CHAIN.count("R") == 3
