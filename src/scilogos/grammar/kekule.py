"""Kekulé structures of a prefix: the sets of atoms that have their double bond in the ring, each set as bits.

Which atoms must have one is decided as RDKit's Kekulize does: by valence alone, not by Hückel's rule.
"""

from functools import lru_cache

NONE = frozenset({0})  # no atom has a double bond in a ring
_remembered = lru_cache(maxsize=1 << 14)  # the same few families come again and again


@_remembered
def join(sets: frozenset[int], a: int, b: int) -> frozenset[int]:
    """The sets after an aromatic bond between atoms a and b: it is single, or double where both are free."""
    both = 1 << a | 1 << b
    return sets.union([found | both for found in sets if not found & both])


@_remembered
def choose(sets: frozenset[int], settled: int, due: int, barred: int) -> frozenset[int]:
    """The sets that hold, of the settled atoms, those that are due, and no barred ones; the settled left out."""
    return frozenset([found & ~due for found in sets if found & settled == due and not found & barred])


@_remembered
def without(sets: frozenset[int], gone: int) -> frozenset[int]:
    """The sets without one atom, which is in none; the later ones take its place."""
    before = (1 << gone) - 1
    return frozenset([found & before | (found & ~before) >> 1 for found in sets])
