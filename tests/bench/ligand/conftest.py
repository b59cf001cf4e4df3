"""A data folder with three small peptides as receptors, and the docking programs where they are installed."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import AllChem

from scilogos.bench.ligand import tools
from scilogos.bench.ligand.docking import Box, Docker, Job
from scilogos.errors import MissingError

PEPTIDES = {"AAAA": "GWKDSFLE", "BBBB": "MHNQYIVA", "CCCC": "RWTEELKD"}
LIGAND = "Oc1ccccc1C"
TRAINED = ("CCO", "CCN", "OCCO", "Oc1ccccc1", "Nc1ncnc2[nH]cnc12", "C[C@H](N)C(=O)O")


@pytest.fixture(scope="session")
def versions() -> dict[str, str]:
    """Give the versions of what docking needs; skips, saying so, where something lacks."""
    try:
        return tools.versions()
    except MissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def receptor() -> str:
    """Give a peptide of eight residues, as the text of a PDB file."""
    return peptide(PEPTIDES["AAAA"])


@pytest.fixture
def docker(versions, tmp_path) -> Docker:
    """Give a docker that searches little."""
    return Docker(tmp_path / "results", exhaustiveness=1, timeout=60, jobs=1)


@pytest.fixture
def job(receptor) -> Job:
    """Give a small ligand for the peptide."""
    return Job(receptor=receptor, smiles=LIGAND, box=Box(centre=(0.0, 0.0, 0.0), size=(14.0, 14.0, 14.0)))


def peptide(sequence: str) -> str:
    """The text of a PDB file: one conformer of the sequence without hydrogens, around the origin."""
    mol = Chem.AddHs(Chem.MolFromSequence(sequence))
    assert AllChem.EmbedMolecule(mol, randomSeed=1, useRandomCoords=True) == 0
    mol = Chem.RemoveHs(mol)
    _move(mol, -mol.GetConformer().GetPositions().mean(axis=0))
    return Chem.MolToPDBBlock(mol, flavor=4)


def ligand(smiles: str, at: tuple[float, float, float]) -> str:
    """The text of an SDF file: one conformer of the molecule around a place."""
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    assert AllChem.EmbedMolecule(mol, randomSeed=1) == 0
    mol = Chem.RemoveHs(mol)
    _move(mol, np.array(at) - mol.GetConformer().GetPositions().mean(axis=0))
    return Chem.MolToMolBlock(mol) + "$$$$\n"


def _move(mol: Chem.Mol, by: np.ndarray) -> None:
    conformer = mol.GetConformer()
    conformer.SetPositions(conformer.GetPositions() + by)


@pytest.fixture(scope="session")
def pockets(tables, tmp_path_factory) -> Path:
    """Give a data folder with the files of the benchmark: three pockets, one that cannot be read, one without file."""
    folder = tmp_path_factory.mktemp("pockets")
    (folder / "struct").mkdir()
    names = {
        target: f"1{target.lower()[:3]}_A_rec_2xyz_lig_{i}" for i, target in enumerate([*PEPTIDES, "DDDD", "EEEE"])
    }
    receptors = {f"{t}/{names[t][:10]}.pdb": peptide(text) for t, text in PEPTIDES.items()}
    receptors[f"DDDD/{names['DDDD'][:10]}.pdb"] = "HEADER    NOTHING\n"
    ligands = {f"{t}/{names[t]}.sdf": ligand(LIGAND, (1.0, 2.0, 3.0)) for t in (*PEPTIDES, "DDDD", "EEEE")}
    _archive(folder / "struct/crossdocked_test100_receptors.tar.gz", receptors)
    _archive(folder / "struct/crossdocked_test100_pocket10.tar.gz", ligands)
    rows = "".join(f"{target},{name}\n" for target, name in names.items())
    (folder / "struct/crossdocked_test100_index.csv").write_text("target,name\n" + rows)
    _training(folder / "struct/triples_biolip_ligbind.jsonl.gz", tables)
    return folder


def _archive(path: Path, texts: dict[str, str]) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in texts.items():
            member = tarfile.TarInfo(f"crossdocked_test100/{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))


def _training(path: Path, tables: Path) -> None:
    """The table of complexes of the other tests, its training rows with several ligands."""
    source = tables / "struct/triples_biolip_ligbind.jsonl.gz"
    rows = [json.loads(line) for line in gzip.decompress(source.read_bytes()).splitlines()]
    for number, row in enumerate(rows):
        row["smiles"] = TRAINED[number % len(TRAINED)]
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
