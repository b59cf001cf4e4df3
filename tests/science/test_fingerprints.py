"""Similarity of feature fingerprints by hand."""

import pytest

from scilogos.errors import InputError
from scilogos.science import FeaturePrints


def test_dice_by_hand():
    prints = FeaturePrints.of(["CCO", "OCC", "CC", "[CH3:1][CH2:2][OH:3]"])
    found = prints.similarities("CCO")
    assert found[0] == found[1] == found[3] == 1, "however it is written, maps aside"
    assert 0 < found[2] < 1
    assert FeaturePrints.of(["CCC"]).similarities("CC")[0] == pytest.approx(dice("CC", "CCC"))
    assert FeaturePrints.of([]).similarities("C").shape == (0,)


def dice(one: str, other: str) -> float:
    a, b = (dict(FeaturePrints.of([smiles]).prints[0].GetNonzeroElements()) for smiles in (one, other))
    shared = sum(min(count, b.get(key, 0)) for key, count in a.items())
    return 2 * shared / (sum(a.values()) + sum(b.values()))


def test_features_not_elements_are_compared():
    halogens = FeaturePrints.of(["Clc1ccccc1", "Brc1ccccc1", "Oc1ccccc1"]).similarities("Clc1ccccc1")
    assert halogens[0] == halogens[1] == 1 > halogens[2], "two halogens are one feature"


def test_what_rdkit_refuses():
    with pytest.raises(InputError):
        FeaturePrints.of(["C(C)(C)(C)(C)C"])
