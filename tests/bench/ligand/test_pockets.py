"""What is read: pockets with their contacts and boxes, training ligands, and the reasons of what is left out."""

import numpy as np
import pytest

from scilogos.bench.ligand import Settings, items
from scilogos.bench.ligand.pockets import LIGANDS, Background, Pocket
from scilogos.errors import InputError
from scilogos.grammar import Protein
from scilogos.science import canonical
from tests.bench.ligand.conftest import LIGAND, PEPTIDES, TRAINED


def test_pockets_are_read(pockets):
    held = items(pockets, limit=None, seed=0)
    assert sorted(item.key for item in held.items) == [
        f"1{t.lower()[:3]}_A_rec_2xyz_lig_{i}" for i, t in enumerate(PEPTIDES)
    ]
    for item in held.items:
        (chain,) = item.given.chains
        assert chain.residues in PEPTIDES.values() and chain.sites and item.truth == item.given.ligand
        assert item.given.centre == pytest.approx((1.0, 2.0, 3.0), abs=1.0), "hydrogens aside"
    assert {reason.split(":")[0]: keys for reason, keys in held.skipped.items()} == {
        "unreadable": ["1ddd_A_rec_2xyz_lig_3"],
        "no .pdb file in the archive": ["1eee_A_rec_2xyz_lig_4"],
    }
    assert {smiles for some in held.training.ligands.values() for smiles in some} == set(map(canonical, TRAINED))
    assert sorted(held.training.ligands) == [3, 4, 6, 7, 10]


def test_a_limit_takes_the_first_but_all_are_there_to_compare_with(pockets):
    whole, one = (items(pockets, limit=limit, seed=5) for limit in (None, 1))
    assert [item.key for item in one.items] == [whole.items[0].key]
    assert [p.name for p in one.training.pockets] == [p.name for p in whole.training.pockets]


def test_novelty_knows_no_stereo(pockets):
    assert "CC(N)C(=O)O" in items(pockets, limit=1, seed=0).training.known


def test_a_broken_archive_is_named(pockets, tmp_path):
    import shutil

    shutil.copytree(pockets, tmp_path / "data")
    path = tmp_path / "data" / LIGANDS
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="this archive cannot be read.*fetch it again"):
        items(tmp_path / "data", limit=None, seed=0)


def pocket(name: str, residues: str) -> Pocket:
    corners = {"centre": (1.0, 0.0, 0.0), "low": (-1.0, 0.0, -2.0), "high": (2.0, 4.0, 0.0)}
    return Pocket(name=name, receptor="", chains=(Protein(residues, (0,)),), ligand=LIGAND, **corners)


def test_boxes():
    cube, extent = pocket("a", "GWKDS").box(None), pocket("a", "GWKDS").box(5.0)
    assert cube.centre == (1, 0, 0) and cube.size == (20, 20, 20)
    assert extent.centre == (0.5, 2, -1) and extent.size == (8, 9, 7), "the extent is 3, 4 and 2 Å"
    assert cube.options() == [
        "--center_x=1.000", "--center_y=0.000", "--center_z=0.000",
        "--size_x=20.000", "--size_y=20.000", "--size_z=20.000",
    ]  # fmt: skip


def test_others_are_unrelated_and_come_in_order():
    a, twin = pocket("a", "GWKDSFLERTAC"), pocket("a2", "MMGWKDSFLERTAC")
    b, c = pocket("b", "MHNQYICPVA"), pocket("c", "RRWTEELKDF")
    background = Background((a, b, twin, c), {})
    assert a.related(twin) and twin.related(a) and not a.related(b)
    assert [[p.name for p in background.others(given, 2)] for given in (a, b, twin, c)] == [
        ["b", "c"], ["a2", "c"], ["c", "b"], ["a", "b"],
    ]  # fmt: skip


def test_a_fifth_of_common_words_relates():
    a = pocket("a", "ACDEFGHIKL")  # six words of five
    assert a.related(pocket("b", "ACDEFGMMMMMM")), "two of six"
    assert not a.related(pocket("c", "ACDEFMMMMMMM")), "one of six"


def test_the_published_pockets(data):
    held = items(data, limit=10, seed=0, settings=Settings())
    assert len(held.training.pockets) == 100 and not held.skipped and len(held.items) == 10
    contacts = {item.key: sum(len(chain.sites) for chain in item.given.chains) for item in held.items}
    told = {}
    for line in (data / "struct/crossdocked_test100_index.csv").read_text().splitlines()[1:]:
        told[line.split(",")[1]] = int(line.split(",")[-2])
    assert contacts == {key: told[key] for key in contacts}
    assert np.mean([len(held.training.others(p, 99)) for p in held.training.pockets]) > 90
