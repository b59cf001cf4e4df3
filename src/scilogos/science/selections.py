"""What a user writes to name residues: "A:45,A:67A,B:10-20", or a ligand to stay around, "A:LIG:401"."""

import re

from scilogos.errors import InputError
from scilogos.science.binding import CUTOFF, Sites, union_contacts
from scilogos.science.ligand_policy import find_ligands
from scilogos.science.structures import Structure

_ITEM = re.compile(r"(?:(?P<chain>[^:,\s]+):)?(?P<first>-?\d+[A-Za-z]?)(?:-(?P<last>-?\d+[A-Za-z]?))?")


def select(text: str, structure: Structure) -> Sites:
    """Read residue numbers, single or ranges, into 0-based indices for each chain; a lone chain needs no name.

    A range takes every residue between its ends that the structure has.
    """
    chosen: list[set[int]] = [set() for _ in structure.chains]
    for item in filter(None, (part.strip() for part in text.split(","))):
        match = _ITEM.fullmatch(item)
        if match is None:
            raise InputError(f"selection {item!r}; write chain and residue numbers such as A:45,A:67A,B:10-20")
        at = _chain_index(match["chain"], item, structure)
        labels = structure.chains[at].labels
        if match["last"]:
            low, high = sorted((_key(match["first"]), _key(match["last"])))
            found = {i for i, label in enumerate(labels) if low <= _key(label) <= high}
        else:
            found = {i for i, label in enumerate(labels) if label.upper() == match["first"].upper()}
        if not found:
            name = structure.chains[at].name
            raise InputError(
                f"selection {item!r}: chain {name} has no such residue; it runs {labels[0]} to {labels[-1]}"
            )
        chosen[at] |= found
    if not any(chosen):
        raise InputError(f"selection {text!r} is empty; write residues such as A:45,A:67A,B:10-20")
    return tuple(tuple(sorted(found)) for found in chosen)


def select_around(address: str, structure: Structure, *, cutoff: float = CUTOFF) -> Sites:
    """Select the residues within `cutoff` Å of a ligand, "LIG" (every copy) or "A:LIG:401"."""
    return union_contacts(structure.chains, find_ligands(structure, address), cutoff=cutoff)


def _chain_index(name: str | None, item: str, structure: Structure) -> int:
    names = [chain.name for chain in structure.chains]
    if name is None and len(names) == 1:
        return 0
    if name not in names:
        raise InputError(f"selection {item!r}: found chains {', '.join(names)}; name one, such as {names[0]}:45")
    return names.index(name)


def _key(label: str) -> tuple[int, str]:
    number = label.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    return int(number), label[len(number) :].upper()
