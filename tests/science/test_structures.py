import gzip

import gemmi
import numpy as np
import pytest

from scilogos.errors import InputError, MissingError
from scilogos.science import read_structure
from scilogos.science.components import component_smiles, read_components
from tests.science.conftest import pdb_atom, peptide, ring

CIF = """data_1ABC
loop_
_chem_comp_atom.comp_id
_chem_comp_atom.atom_id
_chem_comp_atom.type_symbol
_chem_comp_atom.charge
{atoms}
loop_
_chem_comp_bond.comp_id
_chem_comp_bond.atom_id_1
_chem_comp_bond.atom_id_2
_chem_comp_bond.value_order
{bonds}
loop_
_atom_site.group_PDB
_atom_site.id
_atom_site.type_symbol
_atom_site.label_atom_id
_atom_site.label_alt_id
_atom_site.label_comp_id
_atom_site.label_asym_id
_atom_site.label_entity_id
_atom_site.label_seq_id
_atom_site.pdbx_PDB_ins_code
_atom_site.Cartn_x
_atom_site.Cartn_y
_atom_site.Cartn_z
_atom_site.occupancy
_atom_site.B_iso_or_equiv
_atom_site.auth_seq_id
_atom_site.auth_comp_id
_atom_site.auth_asym_id
_atom_site.pdbx_PDB_model_num
{sites}
"""


def mmcif():
    """A glycine and an alanine of author chain "LONG", numbers 7 and 8, and L-alanine's kin AAL with its bonds."""
    rows, serial = [], 0
    protein = [("GLY", "7", 0.0), ("ALA", "8", 3.8)]
    for code, number, x in protein:
        for name, dx, dy in (("N", 0, 0), ("CA", 1.3, 0.6), ("C", 2.5, 0), ("O", 2.5, -1.2)):
            serial += 1
            rows.append(
                f"ATOM {serial} {name[0]} {name} . {code} A 1 {int(number) - 6} ? {x + dx} {dy} 0 1 10 {number} "
                f"{code} LONG 1"
            )
    # C1 is a centre with N, C2, F and an implied hydrogen: coordinates make it (R) or (S)
    ligand = {
        "C1": (2, 4, 0),
        "N1": (3.2, 4.6, 0.5),
        "C2": (0.8, 4.6, 0.5),
        "F1": (2, 4.3, -1.4),
        "C3": (-0.4, 4, 0),
        "C4": (-1.6, 4.6, 0.5),
    }
    for name, (x, y, z) in ligand.items():
        serial += 1
        rows.append(f"HETATM {serial} {name[0]} {name} . AAL B 2 . ? {x} {y} {z} 1 10 301 AAL LONG 1")
    hydrogens = {"N1": 2, "C1": 1, "C4": 3}
    atoms = [f"AAL {name} {name[0]} 0" for name in ligand]
    bonds = ["AAL C1 N1 SING", "AAL C1 C2 SING", "AAL C1 F1 SING", "AAL C2 C3 TRIP", "AAL C3 C4 SING"]
    for name, n in hydrogens.items():
        for k in range(n):
            atoms.append(f"AAL H{name}{k} H 0")
            bonds.append(f"AAL {name} H{name}{k} SING")
    return CIF.format(atoms="\n".join(atoms), bonds="\n".join(bonds), sites="\n".join(rows))


def test_small_pdb(small_pdb):
    structure = read_structure(small_pdb)
    (chain,) = structure.chains
    assert (chain.name, chain.residues) == ("A", "AGMCS")
    assert chain.labels == ("45", "45A", "46", "47", "60")
    assert chain.codes[2] == "MSE"
    assert [group.label for group in structure.groups] == ["A:LIG:401", "A:NAG:402", "A:ZN:403"]
    assert np.allclose(chain.alpha_carbons()[1], [5.1, 0.6, 0])
    assert np.allclose(chain.side_chain_centroids()[:2], [[1.3, 2.1, 0], [5.1, 0.6, 0]])
    assert np.allclose(structure.groups[0].centre, [1.3, 6, 0], atol=1e-3)


def test_gz_reads_alike(small_pdb):
    packed = small_pdb.with_suffix(".pdb.gz")
    packed.write_bytes(gzip.compress(small_pdb.read_bytes()))
    assert read_structure(packed).chains[0].residues == "AGMCS"


def test_mmcif_takes_author_names_and_its_own_bonds(tmp_path):
    path = tmp_path / "a.cif"
    path.write_text(mmcif())
    structure = read_structure(path)
    (chain,), (ligand,) = structure.chains, structure.groups
    assert (chain.name, chain.residues, chain.labels) == ("LONG", "GA", ("7", "8"))
    assert ligand.label == "LONG:AAL:301"
    assert ligand.smiles in ("CC#C[C@H](N)F", "CC#C[C@@H](N)F")
    path.write_text(mmcif().replace("2 4.3 -1.4", "2 4.3 1.9").replace("0.5 1 10 301", "-0.5 1 10 301"))
    mirrored = read_structure(path).groups[0].smiles
    assert "@" in mirrored and mirrored != ligand.smiles


def component(atoms: str, bonds: str) -> str | None:
    """The SMILES of a component whose heavy atoms lie in a ring."""
    table = CIF.partition("loop_\n_atom_site.")[0]
    document = gemmi.cif.read_string(table.format(atoms=atoms, bonds=bonds))
    seen = {row.split()[1]: np.array([np.cos(i), np.sin(i), 0.0]) for i, row in enumerate(atoms.splitlines())}
    return component_smiles(read_components(document)["LIG"], seen)


def test_components_as_files_have_them():
    ring = "\n".join(f"LIG C{i} C 0" for i in range(1, 7))
    bonds = "\n".join(f"LIG C{i} C{i % 6 + 1} {'DOUB' if i % 2 else 'SING'}" for i in range(1, 7))
    assert component(ring, bonds) == "c1ccccc1", "no hydrogen is listed"
    assert component(ring, bonds + "\n" + bonds) == "c1ccccc1", "bonds are told twice"
    assert component(ring, bonds + "\nLIG C1 C1 SING") is None
    assert component(ring + "\nLIG X X 0", bonds) is None
    methane = "LIG C1 C 0\n" + "\n".join(f"LIG D{i} D 0" for i in range(4))
    deuterated = component(methane, "\n".join(f"LIG C1 D{i} SING" for i in range(4)))
    assert deuterated in ("[2H]C([2H])([2H])[2H]", "C")


def test_alternatives_hydrogens_and_models(tmp_path):
    lines = peptide(["ALA", "GLY"])
    lines = [line for line in lines if " CB " not in line]
    lines += [
        pdb_atom(50, "CB", "ALA", "A", "1", (9, 9, 9), occ=0.4, alt="A"),
        pdb_atom(51, "CB", "ALA", "A", "1", (1.3, 2.1, 0), occ=0.6, alt="B"),
        pdb_atom(52, "H", "ALA", "A", "1", (0, -1, 0)),
    ]
    order = sorted(lines, key=lambda line: int(line[22:26]))
    body = "\n".join(order)
    path = tmp_path / "a.pdb"
    path.write_text(f"MODEL        1\n{body}\nENDMDL\nMODEL        2\n{body.replace('ALA', 'SER')}\nENDMDL\nEND\n")
    (chain,) = read_structure(path).chains
    assert chain.residues == "AG" and "H" not in chain.atom_names
    assert np.allclose(chain.xyz[chain.atom_names.index("CB")], [1.3, 2.1, 0])


def test_two_residues_at_one_place(tmp_path):
    serine = [line[:16] + "A" + line[17:54] + "  0.30" + line[60:] for line in peptide(["SER"], labels=["1"])]
    threonine = [line[:16] + "B" + line[17:54] + "  0.70" + line[60:] for line in peptide(["THR"], labels=["1"])]
    path = tmp_path / "a.pdb"
    path.write_text("\n".join([*serine, *threonine, "END\n"]))
    assert read_structure(path).chains[0].residues == "T"


def test_letters_of_unknown_modified_and_force_field_residues(tmp_path):
    path = tmp_path / "a.pdb"
    path.write_text("\n".join([*peptide(["HIE", "SEP", "UNK", "QQQ", "CYX"]), "END\n"]))
    assert read_structure(path).chains[0].residues == "HSXXC"


def test_a_free_amino_acid_is_a_group_and_a_cap_is_neither(tmp_path):
    cap = [
        pdb_atom(90, "C", "ACE", "A", "0", (-1.2, 0.4, 0), record="HETATM"),
        pdb_atom(91, "O", "ACE", "A", "0", (-1.2, 1.6, 0), record="HETATM"),
    ]
    free = peptide(["GLU"], labels=["700"], origin=(40, 0, 0), record="HETATM")
    path = tmp_path / "a.pdb"
    path.write_text("\n".join([*cap, *peptide(["ALA", "GLY"]), "TER", *free, "END\n"]))
    structure = read_structure(path)
    assert structure.chains[0].residues == "AG"
    assert [group.code for group in structure.groups] == ["GLU"]
    assert [(skipped.item, skipped.reason) for skipped in structure.skipped] == [("A:ACE:0", "cap of a chain")]


def test_chain_parts_join_unless_they_repeat(tmp_path):
    path = tmp_path / "a.pdb"
    a, b = peptide(["ALA", "GLY"]), peptide(["SER"], chain="B")
    path.write_text("\n".join([*a, *b, *peptide(["CYS"], labels=["9"]), "END\n"]))
    assert [(c.name, c.residues) for c in read_structure(path).chains] == [("A", "AGC"), ("B", "S")]
    path.write_text("\n".join([*a, "TER", *b, "TER", *a, "TER", "END\n"]))
    assert [(c.name, c.residues) for c in read_structure(path).chains] == [("A", "AG"), ("B", "S"), ("A", "AG")]


def cut_cif():
    text = mmcif()
    return text[: text.rindex("301 AAL")]


NUCLEIC = "\n".join(pdb_atom(1, name, "DA", "A", "1", (i, 0, 0)) for i, name in enumerate(("P", "C1'", "N9"))) + "\n"


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("a.pdb", "", "empty"),
        ("a.pdb", "hello world\nfoo\n", "no atoms, only 'hello world'"),
        ("a.pdb", "\n".join(peptide(["ALA"]))[:-45], "broken or cut short.*line 5"),
        ("a.pdb", "\n".join(ring()) + "\n", "no protein residue .found LIG"),
        ("a.pdb", NUCLEIC, "no protein residue .found only water or nucleic acid"),
        ("a.cif", cut_cif(), "broken or cut short"),
        ("a.cif", "data_x\n_cell.length_a 1\n", "no _atom_site"),
        ("a.cif", "data_x\nloop_\n_atom_site.id\n;foo", "broken or cut short"),
    ],
)
def test_files_that_are_no_structure(tmp_path, name, text, fault):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=fault) as caught:
        read_structure(path)
    assert str(path) in str(caught.value)


def test_cut_gzip_and_missing(tmp_path, small_pdb):
    path = tmp_path / "a.pdb.gz"
    path.write_bytes(gzip.compress(small_pdb.read_bytes())[:200])
    with pytest.raises(InputError, match="cut short"):
        read_structure(path)
    with pytest.raises(MissingError, match="no such file"):
        read_structure(tmp_path / "none.pdb")
