"""PDB and mmCIF files, plain or .gz, read into chains and groups.

The first model counts; hydrogens and waters do not. Of alternative locations the one of highest occupancy is taken, of
two residues at one place the one of higher mean occupancy. No symmetry mates are made.
"""

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

import gemmi
import numpy as np

from scilogos.errors import InputError
from scilogos.grammar.objects import RESIDUES, UNKNOWN_RESIDUE
from scilogos.science.components import component_smiles, read_components
from scilogos.science.ledger import Skipped
from scilogos.science.structures import Chain, Ligand, Structure
from scilogos.science.text_files import read_text

_PEPTIDE_BOND = 2.0  # Å, generous
_FORCE_FIELD_LETTERS = {
    **dict.fromkeys(("HSD", "HSE", "HSP", "HID", "HIE", "HIP"), "H"),
    **dict.fromkeys(("CYX", "CYM", "CYS2"), "C"),
    "ASH": "D",
    "GLH": "E",
    "LYN": "K",
    "TYM": "Y",
}
_WATERS = frozenset({"HOH", "DOD", "WAT", "H2O", "TIP", "TIP3", "SOL"})


def read_structure(path: str | os.PathLike) -> Structure:
    """Read the first model; InputError when the file is cut short, no structure, or holds no protein residue."""
    return parse_structure(read_text(path), path)


def pdb_text(structure: Structure) -> str:
    """The structure as it was read, all its models and atoms, in PDB format; InputError for what that cannot hold."""
    try:
        return structure.source.make_pdb_string()
    except RuntimeError as error:  # such as a chain's name of three letters
        raise InputError(str(error), path=structure.path) from None


def parse_structure(text: str, path: str | os.PathLike) -> Structure:
    """Read a structure from the text of a PDB or mmCIF file; `path` is named in errors and gives its name."""
    source, components = _parse(text, path)
    if not len(source) or not any(len(residue) for chain in source[0] for residue in chain):
        raise InputError(f"found no atoms, only {_first_line(text)!r}; expected a PDB or mmCIF structure", path=path)
    chains, groups, skipped = [], [], []
    for chain_name, places in _parts(source[0]):
        residues = [_Seen(rivals) for rivals in places]
        polymer = _polymer_flags(residues)
        protein = [residue for residue, kind in zip(residues, polymer, strict=True) if kind == "protein"]
        nucleic = sum(kind == "nucleic" for kind in polymer)
        if protein:
            chains.append(_chain(chain_name, protein))
        skipped += [
            Skipped(str(path), f"{chain_name}:{residue.name}:{residue.label}", "cap of a chain")
            for residue, kind in zip(residues, polymer, strict=True)
            if kind == "cap"
        ]
        if nucleic:
            skipped.append(Skipped(str(path), f"chain {chain_name}", f"nucleic acid, {nucleic} residues"))
        loose = (residue for residue, kind in zip(residues, polymer, strict=True) if kind == "loose")
        groups += [_ligand(chain_name, residue, components) for residue in loose if residue.atoms]
    if not chains:
        found = ", ".join(sorted({group.code for group in groups})[:5]) or "only water or nucleic acid"
        raise InputError(f"found no protein residue (found {found}); a site needs a protein chain", path=path)
    name = source.name or Path(path).name.split(".")[0]
    return Structure(
        path=str(path), name=name, chains=tuple(chains), groups=tuple(groups), skipped=tuple(skipped), source=source
    )


def _parse(text: str, path: object):
    try:
        if text.lstrip().startswith(("data_", "#", "_", "loop_")) or "\n_atom_site." in text:
            document = gemmi.cif.read_string(text)
            blocks = [block for block in document if block.find_values("_atom_site.Cartn_x")]
            if not blocks:
                raise InputError("this CIF has no _atom_site table of coordinates; expected an mmCIF model", path=path)
            return gemmi.make_structure_from_block(blocks[0]), read_components(document)
        return gemmi.read_pdb_string(text), {}
    except InputError:
        raise
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).removeprefix("string:").split())
        raise InputError(f"broken or cut short: {reason}; fetch or export it again", path=path) from None


def _first_line(text: str) -> str:
    return next((line.strip()[:60] for line in text.splitlines() if line.strip()), "")


def _parts(model: gemmi.Model) -> list[tuple[str, list[list[gemmi.Residue]]]]:
    """List chains by name with the residues at each place; parts of one name join unless a place occurs in both."""
    parts: list[tuple[str, list[list[gemmi.Residue]]]] = []
    taken: list[set[str]] = []
    for chain in model:
        dry = (residue for residue in chain if not _is_water(residue))
        places = [list(rivals) for _, rivals in itertools.groupby(dry, key=_label)]
        labels = {_label(rivals[0]) for rivals in places}
        for (name, joined), known in zip(parts, taken, strict=True):
            if name == chain.name and not known & labels:
                joined += places
                known |= labels
                break
        else:
            parts.append((chain.name, places))
            taken.append(labels)
    return parts


def _label(residue: gemmi.Residue) -> str:
    return f"{residue.seqid.num}{residue.seqid.icode.strip()}"


def _is_water(residue: gemmi.Residue) -> bool:
    return residue.name in _WATERS or residue.is_water()


class _Seen:
    """One place of a chain: the residue chosen there and its heavy atoms by name."""

    def __init__(self, rivals: Sequence[gemmi.Residue]) -> None:
        self.residue = max(rivals, key=_mean_occupancy)
        self.name, self.label = self.residue.name, _label(self.residue)
        self.atoms: dict[str, gemmi.Atom] = {}
        for atom in self.residue:
            if not atom.is_hydrogen() and (atom.name not in self.atoms or atom.occ > self.atoms[atom.name].occ):
                self.atoms[atom.name] = atom
        self.table = gemmi.find_tabulated_residue(self.name)

    @property
    def letter(self) -> str:
        letter = _FORCE_FIELD_LETTERS.get(self.name) or self.table.one_letter_code.upper()
        return letter if letter in RESIDUES else UNKNOWN_RESIDUE

    def has_backbone(self) -> bool:
        return {"N", "CA", "C"} <= self.atoms.keys()

    def binds(self, after: "_Seen") -> bool:
        carbon, nitrogen = self.atoms.get("C"), after.atoms.get("N")
        return carbon is not None and nitrogen is not None and carbon.pos.dist(nitrogen.pos) < _PEPTIDE_BOND


def _mean_occupancy(residue: gemmi.Residue) -> float:
    return sum(atom.occ for atom in residue) / len(residue) if len(residue) else -1.0


def _polymer_flags(residues: list[_Seen]) -> list[str]:
    joined = [False] * len(residues)
    for i in range(len(residues) - 1):
        if residues[i].binds(residues[i + 1]):
            joined[i] = joined[i + 1] = True
    return [_kind(residue, link) for residue, link in zip(residues, joined, strict=True)]


def _kind(residue: _Seen, joined: bool) -> str:
    amino = residue.table.is_amino_acid() or residue.name in _FORCE_FIELD_LETTERS
    in_polymer = residue.residue.het_flag == "A" or residue.residue.entity_type == gemmi.EntityType.Polymer
    if residue.atoms and in_polymer and (amino or residue.has_backbone()):
        return "protein"
    if joined:
        return "protein" if residue.has_backbone() else "cap"
    return "nucleic" if in_polymer and residue.table.is_nucleic_acid() else "loose"


def _chain(name: str, residues: list[_Seen]) -> Chain:
    atoms = [(owner, atom) for owner, residue in enumerate(residues) for atom in residue.atoms.values()]
    return Chain(
        name=name,
        residues="".join(residue.letter for residue in residues),
        labels=tuple(residue.label for residue in residues),
        codes=tuple(residue.name for residue in residues),
        atom_names=tuple(atom.name for _, atom in atoms),
        xyz=np.array([atom.pos.tolist() for _, atom in atoms], float).reshape(-1, 3),
        owner=np.array([owner for owner, _ in atoms], int),
    )


def _ligand(chain: str, residue: _Seen, components) -> Ligand:
    atoms = residue.atoms
    xyz = np.array([atom.pos.tolist() for atom in atoms.values()], float).reshape(-1, 3)
    smiles = component_smiles(components.get(residue.name), dict(zip(atoms, xyz, strict=True)))
    return Ligand(
        code=residue.name,
        chain=chain,
        number=residue.label,
        atom_names=tuple(atoms),
        elements=tuple(atom.element.name for atom in atoms.values()),
        xyz=xyz,
        smiles=smiles,
    )
