"""Substructures as SMARTS: whether a molecule has one, and which ask for nothing but an element."""

import re
from dataclasses import dataclass

from rdkit import Chem
from rdkit.rdBase import BlockLogs

from scilogos.errors import InputError
from scilogos.grammar.bracket import AROMATIC, ELEMENTS
from scilogos.science.molecules import parse_smiles

_ITEM = re.compile(r"#(\d+)|([A-Z][a-z]?)")
_ALWAYS_ALIPHATIC = ELEMENTS - {name.title() for name in AROMATIC} - {"H"}  # as SMARTS, C is no aromatic carbon


@dataclass(frozen=True)
class Substructure:
    """A query that RDKit has read."""

    smarts: str
    query: Chem.Mol

    def within(self, smiles: str) -> bool:
        """Whether a molecule has it."""
        return parse_smiles(smiles).HasSubstructMatch(self.query)


def read_substructure(smarts: str) -> Substructure:
    """Read a SMARTS; InputError for one that RDKit refuses."""
    with BlockLogs():
        query = Chem.MolFromSmarts(smarts) if smarts.strip() else None
    if query is None or not query.GetNumAtoms():
        raise InputError(f"{smarts!r} is no SMARTS that RDKit can read; expected one such as c1ccncc1 or [F,Cl]")
    return Substructure(smarts, query)


def named_elements(smarts: str) -> frozenset[str]:
    """The elements that a SMARTS asks for where it asks for nothing else: one atom of any of them; else none.

    >>> sorted(named_elements("[F,#17]")), sorted(named_elements("[#7]")), sorted(named_elements("C"))
    (['Cl', 'F'], ['N'], [])
    """
    query = Chem.MolFromSmarts(smarts)
    if query is None or query.GetNumAtoms() != 1:  # Cn is two atoms, and no copernicium
        return frozenset()
    items = [_ITEM.fullmatch(item) for item in smarts.strip().removeprefix("[").removesuffix("]").split(",")]
    found = [_element(match) if match else None for match in items]
    return frozenset() if None in found else frozenset(name for name in found if name)


def _element(match: re.Match[str]) -> str | None:
    if match[1]:
        number = int(match[1])
        return Chem.GetPeriodicTable().GetElementSymbol(number) if 2 <= number <= 118 else None
    return match[2] if match[2] in _ALWAYS_ALIPHATIC else None
