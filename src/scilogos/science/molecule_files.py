"""Molecules in files: .smi, .csv and .sdf, each also as .gz."""

import csv
import io
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from rdkit import Chem
from rdkit.Chem import rdDepictor
from rdkit.rdBase import BlockLogs

from scilogos.errors import InputError
from scilogos.science.conformers import embedded
from scilogos.science.ledger import Ledger, Skipped
from scilogos.science.molecules import canonical, parse_smiles, write_smiles
from scilogos.science.text_files import read_text, replacing

_COLUMNS = ("smiles", "canonical_smiles", "smi", "molecule")
_NAMES = ("name", "id", "title")


@dataclass(frozen=True)
class NamedMolecule:
    """A molecule (canonical SMILES) with its name and whatever else its file says of it."""

    smiles: str
    name: str = ""
    properties: Mapping[str, object] = field(default_factory=dict)


def read_molecules(path: str | os.PathLike, *, ledger: Ledger | None = None) -> list[NamedMolecule]:
    """Read a .smi, .csv (with a column named smiles) or .sdf file, canonical.

    A molecule that RDKit refuses raises InputError with its line; given a ledger, it is noted there and left out.
    """
    kind = "".join(Path(path).suffixes[-2:]).lower().removesuffix(".gz").rpartition(".")[2]
    reader = _READERS.get(kind)
    if reader is None:
        raise InputError(f"cannot tell what a .{kind} file holds; expected {', '.join(_READERS)}", path=path)
    molecules = []
    for line, smiles, name, properties in reader(read_text(path), path):
        try:
            if isinstance(smiles, InputError):
                raise smiles
            molecules.append(NamedMolecule(canonical(smiles), name, properties))
        except InputError as error:
            if ledger is None:
                raise InputError(str(error), path=path, line=line) from None
            ledger.append(Skipped(str(path), f"line {line} {name}".strip(), str(error)))
    if not molecules and ledger is None:
        raise InputError("found no molecule", path=path)
    return molecules


def _read_smi(text: str, path: object):
    for number, line in enumerate(text.split("\n"), 1):  # not by what else splitlines() takes for an end of line
        if line.strip() and not line.startswith("#"):
            smiles, *name = line.split(None, 1)
            yield number, smiles, name[0].strip() if name else "", {}


def read_smiles(path: str | os.PathLike) -> list[tuple[int, str]]:
    """The SMILES of a .smi file as they stand there, each with its line: neither canonical nor looked at."""
    return [(line, smiles) for line, smiles, _, _ in _read_smi(read_text(path), path)]


def _read_csv(text: str, path: object):
    try:
        yield from _csv_rows(text, path)
    except csv.Error as error:
        raise InputError(f"broken table: {error}", path=path) from None


def _csv_rows(text: str, path: object):
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    header = {(name or "").strip().lower(): name for name in rows.fieldnames or ()}
    column = next((header[name] for name in _COLUMNS if name in header), None)
    if column is None:
        raise InputError(f"found columns {', '.join(header)}; expected one named smiles", path=path, line=1)
    named = next((header[name] for name in _NAMES if name in header), None)
    for row in rows:
        properties = {key: value for key, value in row.items() if key not in (column, named, None)}
        yield rows.line_num, row[column] or "", (row[named] or "") if named else "", properties


def _read_sdf(text: str, path: object):
    supplier, line = Chem.SDMolSupplier(), 1
    blocks = text.replace("\r\n", "\n").split("$$$$")
    if blocks[-1].strip() and "M  END" not in blocks[-1]:
        raise InputError(
            f"the last record is cut short: found {blocks[-1].strip().splitlines()[-1][:40]!r}, expected M  END",
            path=path,
            line=len(text.splitlines()),
        )
    for number, block in enumerate(blocks):
        if block.strip():
            start = line + (number > 0)
            record = block.removeprefix("\n") if number else block  # an empty first line is an empty title
            with BlockLogs():
                supplier.SetData(record + "$$$$\n")
                mol = next(iter(supplier), None)
            if mol is None:
                title = record.split("\n", 1)[0].strip()
                yield start, InputError("RDKit cannot read or sanitise this record"), title, {}
            else:
                name = mol.GetProp("_Name") if mol.HasProp("_Name") else ""
                yield start, write_smiles(mol), name, mol.GetPropsAsDict()
        line += block.count("\n")


_READERS = {"smi": _read_smi, "smiles": _read_smi, "txt": _read_smi, "csv": _read_csv, "sdf": _read_sdf}


def write_smi(path: str | os.PathLike, molecules: Iterable[NamedMolecule]) -> None:
    """Write one molecule a line, its name after a tab; whole or not at all."""
    with replacing(path) as stream:
        for molecule in molecules:
            name = " ".join(molecule.name.split())
            stream.write(f"{molecule.smiles}\t{name}\n" if name else f"{molecule.smiles}\n")


def write_sdf(
    path: str | os.PathLike,
    molecules: Iterable[NamedMolecule],
    *,
    coordinates: Literal["2D", "3D"] = "2D",
    seed: int = 0,
) -> None:
    """Write molecules with their properties; 3D is ETKDG, then MMFF94 where it has parameters; whole or not at all."""
    if coordinates not in ("2D", "3D"):
        raise InputError(f"coordinates {coordinates!r}; expected 2D or 3D")
    with replacing(path) as stream:
        for molecule in molecules:
            mol = _flat(molecule.smiles) if coordinates == "2D" else embedded(molecule.smiles, seed=seed)
            mol.SetProp("_Name", " ".join(molecule.name.split()))
            for key, value in molecule.properties.items():
                mol.SetProp(str(key), "" if value is None else str(value))
            stream.write(Chem.SDWriter.GetText(mol, confId=-1))


def _flat(smiles: str) -> Chem.Mol:
    mol = parse_smiles(smiles)
    rdDepictor.Compute2DCoords(mol)
    return mol
