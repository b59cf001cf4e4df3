"""Linkers are cut at their arms alone, the same way each time; nodes are compared without protons."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scilogos.errors import InputError
from scilogos.science import count_arms, cut, node_key

CARBOXYLATE, PYRIDYL, TETRAZOLATE = "*C(=O)[O-]", "*c1ccncc1", "*c1nn[n-]n1"
CORES = {6: "c1{}c{}cc{}c{}c1", 7: "C1{}C{}CC{}C{}CC1", 10: "c1{}ccc2c{}c{}ccc2c1{}"}  # by their heavy atoms
GROUPS = {"(C(=O)O)": CARBOXYLATE, "(C(=O)[O-])": CARBOXYLATE, "(c9nn[nH]n9)": TETRAZOLATE, "(OC)": None}
OTHER_ATOMS = {"(c9nn[nH]n9)": 5, "(OC)": 2}


def parsed(block: str) -> tuple[list[str], np.ndarray, list[tuple[int, int]], list[int]]:
    """Symbols, positions, bonds and the connection points that the second line names."""
    count, points, *lines = block.splitlines()
    atoms = [line.split() for line in lines[: int(count)]]
    bonds = [(int(line.split()[0]), int(line.split()[1])) for line in lines[int(count) :]]
    return [a[0] for a in atoms], np.array([a[1:] for a in atoms], float), bonds, list(map(int, points.split()))


@pytest.mark.parametrize("linker", ["O=C([O-])c1ccc(C(=O)[O-])cc1", "O=C(O)c1ccc(C(=O)O)cc1"])
def test_terephthalate_is_a_phenylene(linker):
    found = cut(linker, CARBOXYLATE)
    symbols, positions, bonds, points = parsed(found.block)
    assert found.arms == 2 and sorted(symbols) == ["C"] * 6 + ["H"] * 4 + ["X"] * 2
    assert len(bonds) == 6 + 4 + 2 and [symbols[point] for point in points] == ["X", "X"]
    first, second = positions[points]
    assert np.linalg.norm(first - second) == pytest.approx(4.3, abs=0.15), "a para ring and half of two bonds"


@settings(max_examples=25)
@given(core=st.sampled_from(sorted(CORES)), groups=st.lists(st.sampled_from(sorted(GROUPS)), min_size=1, max_size=4))
def test_a_core_keeps_its_atoms_and_gets_a_point_for_every_arm(core, groups):
    linker = CORES[core].format(*(groups + [""] * 4)[:4])
    arms = sum(GROUPS[group] == CARBOXYLATE for group in groups)
    assert count_arms(linker, CARBOXYLATE) == arms
    if arms < 2:
        with pytest.raises(InputError, match="expected two or more"):
            cut(linker, CARBOXYLATE)
        return
    symbols, _, bonds, points = parsed(cut(linker, CARBOXYLATE).block)
    others = sum(OTHER_ATOMS[group] for group in groups if group in OTHER_ATOMS)
    assert sum(symbol not in "HX" for symbol in symbols) == core + others
    assert len(points) == symbols.count("X") == arms and all(sum(p in bond for bond in bonds) == 1 for p in points)


def test_equal_linkers_have_equal_blocks():
    one, other = "O=C(O)CCc1ccc(CC(=O)O)cc1", "OC(=O)Cc1ccc(cc1)CCC(O)=O"
    assert cut(one, CARBOXYLATE).block == cut(one, CARBOXYLATE).block
    assert len(cut(one, CARBOXYLATE).block) == len(cut(other, CARBOXYLATE).block)


@pytest.mark.parametrize(
    ("linker", "arm"), [("O=C(O)C(=O)O", CARBOXYLATE), ("c1cc(-c2ccncc2)ccn1", PYRIDYL), ("c1nn[nH]n1", TETRAZOLATE)]
)
def test_arms_that_meet_have_no_core(linker, arm):
    if count_arms(linker, arm) == 2:
        assert cut(linker, arm).block is None
    else:
        with pytest.raises(InputError, match="0 groups"):
            cut(linker, arm)


@pytest.mark.parametrize(
    ("linker", "arm", "number"),
    [
        ("CCOC(=O)c1ccc(C(=O)O)cc1", CARBOXYLATE, 1),  # an ester binds nothing
        ("OCc1ccc(C(=O)O)cc1", CARBOXYLATE, 1),
        ("c1cnc2ncccc2c1", PYRIDYL, 0),  # fused: no ring that stands alone
        ("Cc1cc(-c2ccncc2)ccn1", PYRIDYL, 1),  # a methyl is not in the block
        ("O=C(O)c1cc(C(=O)O)cc(C(=O)O)c1", CARBOXYLATE, 3),
    ],
)
def test_groups_are_counted_as_the_block_has_them(linker, arm, number):
    assert count_arms(linker, arm) == number


def test_what_distances_do_not_solve_starts_at_random():
    arm = "Cc5c(C)cc(C)c(CC(=O)O)c5C"
    star = f"c1(-c2ccc({arm})s2)cc(-c4ccc({arm})s4)cc(-c3ccc({arm})s3)c1"
    assert cut(star, CARBOXYLATE).arms == 3


def test_what_has_no_shape_is_given_up():
    cage = "O=C(O)C1=CC=c2c(Cl)c(Cl)c3c(Cl)c(C(=O)O)c(Cl)c4cc(Cl)c(c2c4[SiH](Cl)c2cc(Cl)c(c(Cl)c2Cl)C=3Cl)=C1Cl"
    with pytest.raises(InputError, match="no coordinates"):
        cut(cage, CARBOXYLATE)


def test_arms_that_cannot_be():
    with pytest.raises(InputError, match="one `\\*` with one bond"):
        count_arms("c1ccccc1", "*c1ccc(*)cc1")


NODES = {
    "[OH2][Cu][Cu][OH2]": "[Cu][Cu]",
    "[OH3][Co][O]([Co])[Co]": "[Co][O]([Co])[Co]",
    "[Zn][OH]([Zn])[Zn]": "[Zn][O]([Zn])[Zn]",
}


@pytest.mark.parametrize(("node", "key"), NODES.items())
def test_keys_of_nodes(node, key):
    assert node_key(node) == node_key(key) == node_key(node_key(node))


def test_keys_tell_nodes_apart():
    keys = [node_key(node) for node in ("[Cu]", "[Cu][Cu]", "[Zn][Zn]", "[Cu][O][Cu]", "[Zn][O]([Zn])([Zn])[Zn]")]
    assert all(a != b for a, b in itertools.combinations(keys, 2))
    with pytest.raises(InputError, match="RDKit cannot read"):
        node_key("[Zn")
