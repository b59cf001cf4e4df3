import os

import gemmi
import pytest

from scilogos.errors import InputError
from scilogos.science import chimerax_script, pymol_script, read_structure, write_marked_pdb
from tests.science.conftest import peptide


def b_factors(path):
    model = gemmi.read_structure(str(path))[0]
    return {
        (chain.name, str(residue.seqid), residue.name): {atom.b_iso for atom in residue}
        for chain in model
        for residue in chain
    }


def test_scores_become_b_factors_and_the_rest_zero(small_pdb, tmp_path):
    structure = read_structure(small_pdb)
    out = tmp_path / "out.pdb"
    assert write_marked_pdb(structure, [[0.25, 0.5, 0.75, 1.0, 0.0]], out) == {"A": "A"}
    found = b_factors(out)
    assert found["A", "45A", "GLY"] == {0.5} and found["A", "46", "MSE"] == {0.75} and found["A", "47", "CYS"] == {1.0}
    assert found["A", "401", "LIG"] == {0.0} and found["A", "501", "HOH"] == {0.0}
    again = read_structure(out)
    assert again.chains[0].residues == "AGMCS"
    assert b_factors(small_pdb)["A", "45", "ALA"] == {10.0}


def test_mmcif_goes_out_as_pdb_with_short_chain_names(tmp_path):
    from tests.science.test_structures import mmcif

    (tmp_path / "a.cif").write_text(mmcif())
    names = write_marked_pdb(read_structure(tmp_path / "a.cif"), [[0.5, 1.0]], tmp_path / "out.pdb")
    assert len(names["LONG"]) == 1
    assert b_factors(tmp_path / "out.pdb")[names["LONG"], "8", "ALA"] == {1.0}


def test_copies_of_a_chain_keep_their_own_scores(tmp_path):
    a = peptide(["ALA", "GLY"])
    far = peptide(["ALA", "GLY"], origin=(0, 50, 0))
    (tmp_path / "a.pdb").write_text("\n".join([*a, "TER", *peptide(["SER"], chain="B"), "TER", *far, "TER", "END\n"]))
    structure = read_structure(tmp_path / "a.pdb")
    write_marked_pdb(structure, [[1.0, 0.0], [0.25], [0.0, 0.5]], tmp_path / "out.pdb")
    lines = [line for line in (tmp_path / "out.pdb").read_text().splitlines() if " CA " in line]
    assert [float(line[60:66]) for line in lines] == [1.0, 0.0, 0.25, 0.0, 0.5]


def test_faults_write_nothing(small_pdb, tmp_path):
    structure, before = read_structure(small_pdb), os.listdir(tmp_path)
    with pytest.raises(InputError, match="expected one a residue: A 5"):
        write_marked_pdb(structure, [[1.0]], tmp_path / "out.pdb")
    with pytest.raises(InputError, match="score nan of A:45"):
        write_marked_pdb(structure, [[float("nan"), 0, 0, 0, 0]], tmp_path / "out.pdb")
    assert os.listdir(tmp_path) == before


def test_scripts(small_pdb):
    structure = read_structure(small_pdb)
    pymol = pymol_script(structure, ((0, 1),), centres=[(1.0, 2.0, 3.0)])
    assert f"load {small_pdb}, structure" in pymol and "resi 45+45A" in pymol
    assert "pseudoatom pocket_1, pos=[1.000, 2.000, 3.000]" in pymol
    chimerax = chimerax_script(structure, ((0, 1),), centres=[(1.0, 2.0, 3.0)], path="marked.pdb")
    assert 'open "marked.pdb" id 1' in chimerax and "/A:45,45A" in chimerax
    assert "shape sphere center 1.000,2.000,3.000" in chimerax
    assert "site" not in pymol_script(structure, ((),)).replace("site_colour", "")
