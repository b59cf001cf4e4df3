"""Preparation gives the same bytes each time, keeps the molecule, and says why it cannot."""

import pytest
from rdkit import Chem

from scilogos.bench.ligand.preparation import Undocked, ligand_pdbqt, pose_sdf, receptor_pdbqt
from scilogos.science import canonical, parse_ligand

pytestmark = pytest.mark.usefixtures("versions")


def types(pdbqt: str) -> list[str]:
    return [line[77:79].strip() for line in pdbqt.splitlines() if line.startswith(("ATOM", "HETATM"))]


def test_a_receptor_is_prepared_reproducibly(receptor):
    first, second = (receptor_pdbqt(receptor) for _ in range(2))
    assert first == second
    heavy = sum(line.startswith("ATOM") for line in receptor.splitlines())
    found = types(first)
    assert len(found) - found.count("HD") == heavy
    assert "ROOT" not in first, "rigid"
    # Hydrogens on N and O alone, of GWKDSFLE: seven amides, W's ring, three of K, one of S, and the first N's.
    assert found.count("HD") - (7 + 1 + 3 + 1) in (2, 3)


def test_a_receptor_keeps_its_ions(receptor):
    ions = [("CL", "CL", 9.0), ("ZN", "ZN", -9.0), ("NA", "NA", 12.0)]
    lines = [
        f"HETATM  9{i:02} {name:>2}    {code:>2} A 90{i}    {x:8.3f}   0.000   0.000  1.00  0.00          {name:>2}\n"
        for i, (name, code, x) in enumerate(ions)
    ]
    atoms = [line for line in receptor.splitlines(keepends=True) if line.startswith("ATOM")]
    assert {"Cl", "Zn", "Na"} <= set(types(receptor_pdbqt("".join(atoms + lines))))


@pytest.mark.parametrize("smiles", ["CC(=O)Nc1ccc(O)cc1", "C[NH+](C)CC(=O)[O-]", "C[C@H](F)/C=C/Cl", "CB(O)O"])
def test_a_ligand_comes_back_whole(smiles):
    text = ligand_pdbqt(smiles, 10)
    assert text == ligand_pdbqt(smiles, 10)
    pose = f"MODEL 1\nREMARK VINA RESULT:    -1.000      0.000      0.000\n{text}ENDMDL\n"
    sdf = pose_sdf(pose, "title")
    assert sdf.startswith("title\n")
    assert parse_ligand(sdf, "pose.sdf").smiles == canonical(smiles)
    mol = Chem.MolFromMolBlock(sdf, removeHs=False)
    assert mol.GetNumAtoms() == Chem.AddHs(Chem.MolFromSmiles(smiles)).GetNumAtoms()


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [
        ("CCO.CCO", "several molecules in one"),
        ("C1#CC1", "no 3D coordinates"),
        ("CC[Se]CC", "ligand that meeko cannot prepare"),
        ("[H][H]", "ligand that meeko cannot prepare"),
    ],
)
def test_why_a_ligand_cannot_be_prepared(smiles, reason):
    with pytest.raises(Undocked, match=reason):
        ligand_pdbqt(smiles, 5)


def test_what_is_no_receptor():
    with pytest.raises(Undocked, match="receptor that Open Babel cannot prepare"):
        receptor_pdbqt("HEADER    NOTHING\n")
