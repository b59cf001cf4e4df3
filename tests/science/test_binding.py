import pytest

from scilogos.errors import InputError
from scilogos.grammar.objects import Molecule, Protein
from scilogos.science import (
    NamedMolecule,
    complexes,
    contacts,
    find_ligands,
    ligands,
    read_ligand,
    read_structure,
    select,
    select_around,
    site_proteins,
    union_contacts,
    write_sdf,
)
from tests.science.conftest import pdb_atom, peptide, ring


def test_ligand_policy_and_its_ledger(small_pdb):
    structure, ledger = read_structure(small_pdb), []
    assert [ligand.code for ligand in ligands(structure, ledger=ledger)] == ["LIG"]
    assert {(item.item, item.reason) for item in ledger} == {
        ("A:NAG:402", "excluded code (glycan)"),
        ("A:ZN:403", "excluded code (ion)"),
    }
    assert [x.code for x in ligands(structure, exclude=())] == ["LIG", "NAG"]
    assert [x.code for x in ligands(structure, exclude=(), min_heavy_atoms=1)] == ["LIG", "NAG"]
    assert ligands(structure, min_heavy_atoms=7, ledger=ledger) == []
    assert ledger[-3].reason == "6 heavy atoms, fewer than 7"


def test_cutoff_counts_any_heavy_atom_and_is_inclusive(tmp_path):
    path = tmp_path / "a.pdb"
    atoms = [pdb_atom(90 + k, f"C{k}", "LIG", "A", "9", (1.3, 6.1 + k, 0), record="HETATM") for k in range(6)]
    path.write_text("\n".join([*peptide(["ALA", "GLY"]), *atoms, "END\n"]))
    structure = read_structure(path)
    (chain,), (ligand,) = structure.chains, ligands(structure)
    assert contacts(chain, ligand.xyz, cutoff=4.0) == (0,)  # its CB lies at y 2.1
    assert contacts(chain, ligand.xyz, cutoff=3.999) == ()
    assert contacts(chain, ligand.xyz, cutoff=7.0) == (0, 1)


def test_marked_proteins_and_complexes(small_pdb):
    structure, ledger = read_structure(small_pdb), []
    sites = union_contacts(structure.chains, ligands(structure))
    assert site_proteins(structure.chains, sites) == (Protein("AGMCS", (0,)),)
    assert complexes(structure, ledger=ledger) == []
    assert ("A:LIG:401", "no SMILES given for it, and the file lists no bonds") in {(x.item, x.reason) for x in ledger}
    (made,) = complexes(structure, smiles={"LIG": "C1=CC=CC=C1"}, level="expanded")
    assert made.chains == (Protein("AGMCS", (0,), "expanded"),) and made.ligand == Molecule("c1ccccc1")


def test_a_bad_smiles_or_a_distant_ligand_is_noted(tmp_path):
    path, ledger = tmp_path / "a.pdb", []
    path.write_text("\n".join([*peptide(["ALA"]), *ring(), *ring("FAR", label="402", centre=(50, 0, 0)), "END\n"]))
    assert complexes(read_structure(path), smiles={"LIG": "C(C", "FAR": "CC"}, ledger=ledger) == []
    reasons = {item.item: item.reason for item in ledger}
    assert "position 3" in reasons["A:LIG:401"] and reasons["A:FAR:402"] == "no protein atom within 4.0 Å"


def test_find_ligands(small_pdb):
    structure = read_structure(small_pdb)
    assert [x.label for x in find_ligands(structure, "lig")] == ["A:LIG:401"]
    assert [x.label for x in find_ligands(structure, "A:NAG:402")] == ["A:NAG:402"]
    with pytest.raises(InputError, match="no ligand 'XYZ'; the structure has A:LIG:401, A:NAG:402"):
        find_ligands(structure, "XYZ")
    with pytest.raises(InputError, match="A:LIG:401"):
        find_ligands(structure, "A:B:C:D")


def test_pose_from_sdf(tmp_path):
    write_sdf(tmp_path / "a.sdf", [NamedMolecule("C[C@H](N)C(=O)O")], coordinates="3D")
    pose = read_ligand(tmp_path / "a.sdf")
    assert pose.smiles == "C[C@H](N)C(=O)O" and pose.elements.count("C") == 3 and len(pose.xyz) == 6
    write_sdf(tmp_path / "flat.sdf", [NamedMolecule("CCO")])
    with pytest.raises(InputError, match="flat"):
        read_ligand(tmp_path / "flat.sdf")
    (tmp_path / "no.sdf").write_text("nothing\n")
    with pytest.raises(InputError, match="cannot read a molecule"):
        read_ligand(tmp_path / "no.sdf")


@pytest.mark.parametrize(
    ("text", "sites"),
    [
        ("A:45", (0,)),
        ("45A, A:47", (1, 3)),
        ("A:45-46", (0, 1, 2)),
        ("A:45a-47", (1, 2, 3)),
        ("A:48-99", (4,)),
    ],
)
def test_select(small_pdb, text, sites):
    assert select(text, read_structure(small_pdb)) == (sites,)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("A:99", "chain A has no such residue; it runs 45 to 60"),
        ("B:45", "found chains A; name one, such as A:45"),
        ("A:45B", "no such residue"),
        ("A:x", "write chain and residue numbers"),
        (" , ", "is empty"),
    ],
)
def test_select_faults(small_pdb, text, fault):
    with pytest.raises(InputError, match=fault):
        select(text, read_structure(small_pdb))


def test_negative_numbers_and_several_chains(tmp_path):
    path = tmp_path / "a.pdb"
    lines = [*peptide(["ALA", "GLY"], labels=["-2", "-1"]), *peptide(["SER"], chain="B", origin=(0, 20, 0))]
    path.write_text("\n".join([*lines, "END\n"]))
    structure = read_structure(path)
    assert select("A:-2--1,B:1", structure) == ((0, 1), (0,))
    with pytest.raises(InputError, match="found chains A, B"):
        select("1", structure)


def test_select_around(small_pdb):
    structure = read_structure(small_pdb)
    assert select_around("LIG", structure) == ((0,),)
    assert select_around("A:ZN:403", structure, cutoff=3.5) == ((0,),)
