"""Reactions of similar products: templates known by hand, and real ones beside the figure of the paper."""

import pytest

from scilogos.bench import retrosynthesis
from scilogos.bench.held_out import HeldOut, Item
from scilogos.bench.retrosynthesis import similar
from scilogos.bench.retrosynthesis.similar import Precedents
from scilogos.errors import InputError
from scilogos.science import FeaturePrints

pytest.importorskip("rdchiral")


@pytest.fixture
def precedents(tables) -> Precedents:
    return Precedents(tables / similar.TABLE)


def test_a_precedent_is_followed(precedents):
    found = precedents.propose("CC(=O)Nc1ccccc1", 2)
    assert [text for text, _ in found] == ["Nc1ccccc1.CC(=O)Cl"]
    product = FeaturePrints.of(["CC(=O)Nc1ccc(C)cc1"]).similarities("CC(=O)Nc1ccccc1")[0]
    reactants = FeaturePrints.of(["CC(=O)Cl.Nc1ccc(C)cc1"]).similarities("Nc1ccccc1.CC(=O)Cl")[0]
    assert found[0][1] == pytest.approx(product * reactants) and 0 < found[0][1] < 1
    assert [text for text, _ in precedents.propose("CCCCOC", 2)] == ["CCCCO.CI"]
    assert precedents.propose("CCCC", 2) == [] == precedents.propose("CC(=O)Nc1ccccc1", 0)


def test_validation_rows_are_no_precedents(precedents):
    assert precedents.propose("CCCNC", 9) == []


def test_precedents_are_a_baseline(tmp_path, precedents):
    item = Item("1", "CC(=O)Nc1ccccc1", ("Nc1ccccc1", "CC(=O)Cl"), "clean")
    held = HeldOut((item,), training=precedents, settings=retrosynthesis.Settings())
    (ask,) = retrosynthesis.baseline(held, seed=0).values()
    assert retrosynthesis.score(held, ask([item]))["top-1"].value == 1
    assert retrosynthesis.baseline(HeldOut((), training=Precedents(tmp_path / "none.csv")), seed=0) == {}
    with pytest.raises(InputError, match="precedents: found -1"):
        retrosynthesis.Settings(precedents=-1)


@pytest.mark.slow
def test_real_precedents_reach_the_published_share(data):
    """37.3% of test products by Coley et al. (class unknown); here of 30 products of validation, within wide bounds."""
    held = retrosynthesis.items(data, limit=30, seed=0, settings=retrosynthesis.Settings(split="val"))
    found = [held.training.propose(item.given, 30) for item in held.items]
    right = sum(some[:1] and some[0][0] == ".".join(item.truth) for some, item in zip(found, held.items, strict=True))
    assert 5 <= right <= 18
