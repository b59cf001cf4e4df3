"""P2Rank's criteria by hand; structures read with their ligands; fpocket where it is installed."""

import gzip
from collections import defaultdict
from pathlib import Path

import gemmi
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scilogos.bench import binding_site
from scilogos.bench.binding_site import fpocket
from scilogos.bench.binding_site.complexes import Target, data_set
from scilogos.bench.binding_site.criteria import dca, dcc, found, merged, relevant
from scilogos.bench.figures import Figure
from scilogos.bench.held_out import HeldOut, Item
from scilogos.errors import InputError, MissingError
from scilogos.science import pdb_text, read_structure

LINE = np.array([[float(i), 0.0, 0.0] for i in range(11)])  # a ligand of eleven atoms, its centre at 5


def test_distances_by_hand():
    assert dca(np.array([0.0, 3.0, 0.0]), LINE) == 3 and dcc(np.array([5.0, 3.0, 0.0]), LINE) == 3
    assert dcc(np.array([0.0, 0.0, 0.0]), LINE) == 5


def test_pockets_beyond_the_number_of_ligands_do_not_count():
    far, near = np.array([90.0, 0, 0]), np.array([0.0, 3.0, 0.0])
    assert found([far, near], [LINE]) == [False] and found([far, near], [LINE], extra=2) == [True]
    assert found([near, far], [LINE]) == [True] and found([near], [LINE], dcc) == [False], "5.8 Å from the centre"
    assert found([far, near], [LINE, LINE + [90.0, 0, 0]]) == [True, True], "two ligands, two pockets"
    assert found([], [LINE]) == [False]


def test_relevant_ligands():
    protein = LINE + [0.0, 3.5, 0.0]
    long = LINE[:6]
    assert len(relevant([("LIG", long)], protein)) == 1
    assert relevant([("GOL", long)], protein) == [], "on the list"
    assert relevant([("LIG", LINE[:4])], protein) == [], "four atoms"
    assert relevant([("LIG", long + [0.0, -1.0, 0.0])], protein) == [], "4.5 Å away"
    parts = relevant([("A", LINE[:3]), ("B", LINE[3:6]), ("C", LINE[8:9])], protein)
    assert [len(part) for part in parts] == [6], "fragments a bond apart are one; a lone atom is too small"
    upright = np.array([[0.0, 7.0 + 3 * i, 0.0] for i in range(6)])
    assert relevant([("LIG", upright)], protein) == [], "its centre is 11 Å off"


def test_pockets_are_scored():
    centroids = (np.array([[0.0, 0, 0], [1.0, 0, 0], [40.0, 0, 0], [80.0, 0, 0]]),)
    target = Target(("ACDE",), centroids, ligands=(LINE + [38.0, 0, 0],))
    held = HeldOut((Item("val/0", Target(("AC",)), ((0,),), "validation"), Item("a", target, ((2,),), "CrossDocked")))
    probabilities = {"probabilities": [[0.9, 0.8, 0.6, 0.0]]}
    values = {n: f.value for n, f in binding_site.score(held, [{"probabilities": [[0.5, 0.1]]}, probabilities]).items()}
    assert values["CrossDocked, DCA Top-n"] == 0 and values["CrossDocked, DCA Top-n+2"] == 1
    assert values["CrossDocked, DCC Top-n+2"] == 1
    # the pocket of two residues has 1.7 in all, 0.85 in the mean, and the likeliest residue; votes see the other one
    assert values["CrossDocked, DCA Top-n, pockets by mean probability"] == 0
    assert values["CrossDocked, DCA Top-n, pockets by number of residues"] == 0
    assert values["CrossDocked, DCA, a pocket of any rank"] == 1
    voted = [{"probabilities": [[0.5, 0.1]]}, probabilities | {"votes": [[0.1, 0.1, 0.9, 0.0]]}]
    assert binding_site.score(held, voted)["CrossDocked, DCA Top-n, pockets by votes"].value == 1
    values = binding_site.score(held, [{"not asked": ""}, {"probabilities": [[0, 0, 0, 0]], "pockets": [[40.0, 0, 0]]}])
    assert values["CrossDocked, DCA Top-n"].value == 1 and "validation threshold" not in values
    assert not any("not asked" in name for name in values), "no structure of CrossDocked"
    two = HeldOut((held.items[1], Item("b", target, ((2,),), "CrossDocked")))
    some = binding_site.score(two, [{"probabilities": [[0, 0, 0, 0]], "pockets": [[40.0, 0, 0]]}, {"not asked": ""}])
    assert some["CrossDocked, structures not asked"] == Figure(1, count=2, percent=False)
    assert "CrossDocked, MCC" not in values and values["CrossDocked, AUPRC"].value > 0, "no threshold was chosen"


def test_a_users_data_set(tmp_path, tables, demo_complex):
    (tmp_path / "a.pdb").write_text(demo_complex)
    (tmp_path / "b.pdb.gz").write_bytes(gzip.compress(demo_complex.encode()))
    (tmp_path / "broken.pdb").write_text("nothing")
    (tmp_path / "mine.ds").write_text(
        "# ours\nHEADER: protein ligand_codes\n\na.pdb  *\nb.pdb.gz  NON\nbroken.pdb  *\n"
    )
    for folder in ("struct",):
        (tmp_path / folder).symlink_to(tables / folder)
    settings = binding_site.Settings(sets=(), data_set=Path("mine.ds"))
    held = binding_site.items(tmp_path, limit=None, seed=0, settings=settings)
    (item,) = (item for item in held.items if item.group == "data set mine")
    assert item.key == "data set mine/a.pdb" and len(item.given.ligands) == 1
    assert {file.name for file in binding_site.files(tmp_path, settings)} == {
        "mine.ds", "a.pdb", "b.pdb.gz", "broken.pdb",
    }  # fmt: skip
    assert sum(map(len, item.truth)) > 3 and len(item.given.centroids) == len(item.given.chains)
    assert held.skipped["no relevant ligand"] == ["b.pdb.gz"]
    assert any("broken.pdb" in reason for reason in held.skipped)
    with pytest.raises(MissingError, match="no such data set"):
        binding_site.items(tmp_path, limit=None, seed=0, settings=binding_site.Settings(data_set=Path("none.ds")))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("HEADER: file\na.pdb\n", "odd.ds:1: found columns file; expected protein"),
        ("HEADER: protein chains\na.pdb A\n", "odd.ds:1: found columns protein, chains"),
        ("PARAM.LIGANDS_SEPARATED_BY_TER=true\na.pdb\n", "odd.ds:1: found 'PARAM.LIGANDS_SEPARATED_BY_TER=true'"),
    ],
)
def test_data_sets_that_would_choose_otherwise_are_refused(text, told, tmp_path):
    (tmp_path / "odd.ds").write_text(text)
    with pytest.raises(InputError, match=told):
        list(data_set(tmp_path / "odd.ds", defaultdict(list)))


def test_ligands_that_a_data_set_names_all_count(tmp_path, demo_complex):
    """A sugar is on the list of what does not count; named, it does, as in P2Rank. mmCIF becomes PDB for fpocket."""
    sugar = "".join(
        line[:17] + "GLC" + line[20:] + "\n" if line.startswith("HETATM") else line + "\n"
        for line in demo_complex.splitlines()
    )
    (tmp_path / "a.pdb").write_text(sugar)
    (tmp_path / "a.cif").write_text(gemmi.read_pdb_string(sugar).make_mmcif_document().as_string())
    (tmp_path / "x.ds").write_text("HEADER: protein ligand_codes\na.pdb GLC\na.cif GLC\na.pdb *\n")
    reasons = defaultdict(list)
    found = [target for _, _, target, _ in data_set(tmp_path / "x.ds", reasons)]
    assert [len(target.ligands) for target in found] == [1, 1] and reasons == {"no relevant ligand": ["a.pdb"]}
    atoms = [sum(line.startswith("ATOM") for line in text.splitlines()) for text in (demo_complex, found[1].text)]
    assert atoms[0] == atoms[1] > 0


def test_a_structure_that_pdb_format_cannot_hold_is_asked_without_fpocket(tmp_path, demo_complex):
    structure = gemmi.read_pdb_string(demo_complex)
    structure[0][0].name = "LONG"
    (tmp_path / "a.cif").write_text(structure.make_mmcif_document().as_string())
    (tmp_path / "x.ds").write_text("a.cif\n")
    ((_, _, target, sites),) = data_set(tmp_path / "x.ds", defaultdict(list))
    assert target.text is None and target.labels[0][0] == "LONG" and any(sites)
    with pytest.raises(InputError, match=r"a.cif: chain name too long for the PDB format"):
        pdb_text(read_structure(tmp_path / "a.cif"))


def test_fragments_that_touch_are_one_ligand():
    (whole,) = merged([LINE[:3], LINE[3:6], LINE[6:]])
    assert sorted(whole[:, 0].tolist()) == list(range(11))
    assert len(merged([LINE, LINE + [0.0, 1.8, 0.0]])) == 2


@pytest.mark.skipif(not fpocket.installed(), reason=fpocket.MISSING)
def test_fpocket_finds_the_site_of_a_complex_whose_ligand_it_is_not_shown(demo_complex):
    cavities = fpocket.cavities(demo_complex, ())
    assert cavities and all(cavity.residues for cavity in cavities)
    bare = "\n".join(line for line in demo_complex.splitlines() if not line.startswith("HETATM"))
    again = fpocket.cavities(bare, ())
    assert set(again) == set(cavities), "the package ranks them by volumes drawn anew each time"
    ligand = np.array(
        [[float(x[i : i + 8]) for i in (30, 38, 46)] for x in demo_complex.splitlines() if x[:6] == "HETATM"]
    )
    centres = [np.asarray(cavity.centre) for cavity in cavities]
    assert any(found(centres, [ligand], extra=len(centres))), "among all; its rank here is 8, with the ligand shown 1"


@given(st.permutations([(0.1 * i, 0.7 * i * i, -1e3 / (1 + i)) for i in range(12)]))
def test_the_centre_of_a_pocket_does_not_hang_on_the_order_of_its_spheres(spheres):
    assert fpocket.mean(spheres) == fpocket.mean(sorted(spheres))


@pytest.mark.skipif(not fpocket.installed(), reason=fpocket.MISSING)
def test_fpocket_refuses_what_is_no_structure():
    with pytest.raises(InputError, match="fpocket"):
        fpocket.cavities("nothing\n", ())


def test_fpocket_is_shown_the_first_model_and_modified_residues(monkeypatch):
    atom = "{:6}    1  CA  {} A{:4}       1.000   2.000   3.000  1.00  0.00           C"
    rows = [("ATOM", "ALA", 1), ("HETATM", "MSE", 2), ("HETATM", "STI", 3), ("HETATM", "HOH", 4)]
    model = "\n".join(["MODEL        1", *(atom.format(*row) for row in rows), "TER", "ENDMDL"])
    shown: list[str] = []
    monkeypatch.setattr(fpocket, "_by_package", shown.append)
    monkeypatch.setattr(fpocket, "_by_program", shown.append)
    fpocket.cavities(f"HEADER\n{model}\n{model}\n", {("A", "1"), ("A", "2")})
    assert [line[:20] for line in shown[0].splitlines()] == [atom.format(*row)[:20] for row in rows[:2]] + [
        "TER",
        "END",
    ]


def test_what_fpocket_writes_is_read_in_the_order_of_its_numbers(tmp_path, monkeypatch):
    """The columns of the files that fpocket 4.0 wrote; its program stands on PATH here and writes them."""
    sphere = "ATOM      1    C STP {:5}    {:8.3f}{:8.3f}{:8.3f}    0.00     4.11"
    atom = "ATOM   1043  NZ  LYS A{:4}{}   {:8.3f}{:8.3f}{:8.3f}  0.00  0.00           N 0"
    script = tmp_path / "bin" / "fpocket"
    script.parent.mkdir()
    lines = ["#!/bin/sh", "mkdir -p x_out/pockets", "cd x_out/pockets"]
    for number in (10, 2):
        spheres = [sphere.format(number, number + d, 0.0, -1.5) for d in (0.0, 1.0)]
        lines += [f"cat >pocket{number}_vert.pqr <<END", *spheres, "TER", "END", f"cat >pocket{number}_atm.pdb <<END"]
        lines += [atom.format(number, "B", 1, 2, 3), atom.format(number, " ", 1, 2, 3), "TER", "END"]
    script.write_text("\n".join(lines) + "\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent), prepend=":")
    monkeypatch.chdir(tmp_path)  # asked for its version, this one writes too
    cavities = fpocket.cavities(atom.format(1, " ", 1, 2, 3), ())
    assert [cavity.centre for cavity in cavities] == [(2.5, 0.0, -1.5), (10.5, 0.0, -1.5)]
    assert cavities[0].residues == {("A", "2B"), ("A", "2")}
    assert fpocket.installed() == "fpocket of unknown version"
