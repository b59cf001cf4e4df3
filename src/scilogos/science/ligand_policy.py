"""Which groups of a structure are its ligands, and ligands from files of their own."""

import os
from collections.abc import Collection

import numpy as np
from rdkit import Chem
from rdkit.rdBase import BlockLogs

from scilogos.errors import InputError
from scilogos.science.exclusions import DEFAULT_EXCLUDED, KIND_BY_CODE
from scilogos.science.ledger import Ledger, Skipped
from scilogos.science.molecules import canonical, write_smiles
from scilogos.science.structures import Ligand, Structure
from scilogos.science.text_files import read_text


def ligands(
    structure: Structure,
    *,
    min_heavy_atoms: int = 6,
    exclude: Collection[str] = DEFAULT_EXCLUDED,
    ledger: Ledger | None = None,
) -> list[Ligand]:
    """Choose the groups that are ligands: large enough, with carbon, and not of the excluded codes."""
    chosen = []
    for group in structure.groups:
        reason = _reason(group, min_heavy_atoms, exclude)
        if reason is None:
            chosen.append(group)
        elif ledger is not None:
            ledger.append(Skipped(structure.path, group.label, reason))
    return chosen


def _reason(group: Ligand, min_heavy_atoms: int, exclude: Collection[str]) -> str | None:
    if group.code in exclude:
        return f"excluded code ({KIND_BY_CODE.get(group.code, 'by the caller')})"
    if len(group.elements) < min_heavy_atoms:
        return f"{len(group.elements)} heavy atoms, fewer than {min_heavy_atoms}"
    if "C" not in group.elements:
        return "no carbon"
    return None


def find_ligands(structure: Structure, address: str) -> list[Ligand]:
    """Find groups by code, "STI", or by chain, code and number, "A:STI:401"; excluded codes count here.

    InputError lists what the structure has when nothing fits.
    """
    parts = [part.strip() for part in address.split(":")]
    if len(parts) == 1:
        found = [group for group in structure.groups if group.code.upper() == parts[0].upper()]
    elif len(parts) in (2, 3):
        found = [group for group in structure.groups if _fits(group, parts)]
    else:
        raise InputError(f"ligand {address!r}; write its code, LIG, or chain, code and number, A:LIG:401")
    if not found:
        has = ", ".join(group.label for group in structure.groups[:8]) or "no group but protein and water"
        raise InputError(f"no ligand {address!r}; the structure has {has}", path=structure.path)
    return found


def _fits(group: Ligand, parts: list[str]) -> bool:
    same = group.chain == parts[0] and group.code.upper() == parts[1].upper()
    return same and (len(parts) < 3 or group.number == parts[2])


def read_ligand(path: str | os.PathLike) -> Ligand:
    """Read the first molecule of an .sdf or .mol file as a ligand with coordinates and SMILES."""
    return parse_ligand(read_text(path), path)


def parse_ligand(text: str, path: str | os.PathLike) -> Ligand:
    """Read a ligand from the text of an .sdf or .mol file; `path` is named in errors."""
    text = text.split("$$$$")[0]
    with BlockLogs():
        mol = Chem.MolFromMolBlock(text + "\n" if not text.endswith("\n") else text)
    if mol is None:
        raise InputError("RDKit cannot read a molecule here; expected an .sdf or .mol file", path=path)
    if not mol.GetNumConformers() or not mol.GetConformer().Is3D():
        raise InputError("its coordinates are flat; a pose needs three dimensions", path=path)
    with BlockLogs():
        Chem.AssignStereochemistryFrom3D(mol)
    heavy = [atom.GetIdx() for atom in mol.GetAtoms() if atom.GetAtomicNum() > 1]
    elements = tuple(mol.GetAtomWithIdx(i).GetSymbol() for i in heavy)
    return Ligand(
        code="LIG",
        chain="",
        number="1",
        atom_names=tuple(f"{element}{at}" for at, element in enumerate(elements, 1)),
        elements=elements,
        xyz=np.asarray(mol.GetConformer().GetPositions(), float)[heavy],
        smiles=canonical(write_smiles(mol)),
    )
