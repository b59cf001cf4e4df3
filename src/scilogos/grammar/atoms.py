"""What an atom symbol can bear: free valence, and whether it must join an aromatic ring.

Tables for sampling, after the valences that RDKit accepts (its PeriodicTable and aromaticity model); real data is never
refused for them.
"""

import re
from functools import cache
from typing import NamedTuple

# Largest valence by (element, charge). A cation of an element of MAIN_GROUP_METALS has as many less as its charge;
# other metals bind as they like, METAL at most.
VALENCES = {
    ("H", 0): 1, ("B", 0): 3, ("C", 0): 4, ("N", 0): 3, ("O", 0): 2, ("F", 0): 1, ("Si", 0): 4, ("P", 0): 5,
    ("S", 0): 6, ("Cl", 0): 1, ("As", 0): 5, ("Se", 0): 6, ("Br", 0): 1, ("Te", 0): 6, ("I", 0): 1,
    ("H", 1): 0, ("H", -1): 0, ("B", -1): 4, ("C", 1): 3, ("C", -1): 3, ("N", 1): 4, ("N", -1): 2, ("O", 1): 3,
    ("O", -1): 1, ("Si", -1): 5, ("P", 1): 4, ("P", -1): 2, ("S", 1): 5, ("S", -1): 5, ("Se", 1): 5, ("Se", -1): 1,
    ("As", 1): 4, ("F", -1): 0, ("Cl", -1): 0, ("Br", -1): 0, ("I", -1): 0, ("Cl", 1): 2, ("Br", 1): 2, ("I", 1): 2,
    ("Al", -1): 4, ("Cl", 3): 4, ("I", 3): 4, ("S", -2): 0, ("O", -2): 0, ("C", -2): 2, ("N", -2): 1,
}  # fmt: skip
MAIN_GROUP_METALS = {
    "Li": 1, "Na": 1, "K": 1, "Rb": 1, "Cs": 1, "Be": 2, "Mg": 2, "Ca": 2, "Sr": 2, "Ba": 2, "Zn": 2, "Cd": 2, "Hg": 2,
    "Al": 3, "Ga": 3, "In": 3, "Tl": 3, "Ge": 4, "Sn": 4, "Pb": 4, "Sb": 5, "Bi": 5,
}  # fmt: skip
METAL = 6
# Of an aromatic atom by (element, charge): its neighbours, hydrogens among them, and the bond orders that it spends on
# them and on its double bond, if any. Where both are equal, a neighbour too few makes room for the double bond.
AROMATIC = {
    ("b", 0): (3, 3), ("c", 0): (3, 4), ("n", 0): (3, 3), ("o", 0): (2, 2), ("p", 0): (3, 3), ("s", 0): (2, 2),
    ("se", 0): (2, 2), ("te", 0): (2, 2), ("as", 0): (3, 3), ("si", 0): (3, 4), ("b", -1): (3, 4), ("c", -1): (3, 3),
    ("c", 1): (3, 3), ("n", 1): (3, 4), ("n", -1): (2, 2), ("o", 1): (2, 3), ("s", 1): (3, 3), ("p", 1): (3, 4),
    ("se", 1): (3, 3),
}  # fmt: skip

_BRACKET = re.compile(
    r"\[(?P<isotope>\d+)?(?P<element>[A-Z][a-z]?|[a-z][a-z]?|\*)(?P<chirality>@[@A-Z0-9]*?)??"
    r"(?P<hydrogens>H\d?)?(?P<charge>\+\d+|-\d+|\++|-+)?(?P<map>:\d+)?\]"
)


class Atom(NamedTuple):
    """What a fresh atom can bear. `slots` are neighbours for an aromatic atom, bond orders for any other."""

    element: str  # as the periodic table spells it
    slots: int
    extra: int = 0  # 1 for an aromatic atom that has one double bond, in its ring or outside, whatever its neighbours
    need: int = 0  # bonds to aromatic atoms that it cannot be without
    aromatic: bool = False


@cache
def atom(symbol: str) -> Atom | None:
    """What an atom symbol can bear; None for symbols that sampling leaves out (`*`, isotopes, atom maps)."""
    if symbol[0] != "[":
        element, hydrogens, charge = symbol, 0, 0
    else:
        match = _BRACKET.fullmatch(symbol)
        if match is None or match["isotope"] or match["map"]:
            return None
        element, charge = match["element"], _charge(match["charge"])
        hydrogens = int(match["hydrogens"][1:] or 1) if match["hydrogens"] else 0
    if element == "*":
        return None
    if element[0].islower():
        neighbours, orders = AROMATIC.get((element, charge), (0, 0))
        if neighbours - hydrogens < 2:
            return None
        return Atom(element.title(), neighbours - hydrogens, orders - neighbours, 2, True)
    valence = _valence(element, charge)
    return Atom(element, valence - hydrogens) if valence is not None and valence >= hydrogens else None


def _valence(element: str, charge: int) -> int | None:
    if element in MAIN_GROUP_METALS:
        return max(0, MAIN_GROUP_METALS[element] - charge) if charge >= 0 else VALENCES.get((element, charge))
    if any(name == element for name, _ in VALENCES):
        return VALENCES.get((element, charge))
    return METAL


def _charge(text: str | None) -> int:
    if not text:
        return 0
    sign = 1 if text[0] == "+" else -1
    return sign * (int(text[1:]) if text[1:].isdigit() else len(text))
