"""Kekulé structures of a prefix: the sets of atoms that have their double bond in the ring, each set as bits.

Which atoms must have one is decided as RDKit's Kekulize does: by valence alone, not by Hückel's rule.
"""


def join(sets: frozenset[int], a: int, b: int) -> frozenset[int]:
    """The sets after an aromatic bond between atoms a and b: it is single, or double where both are free."""
    both = 1 << a | 1 << b
    return sets.union([found | both for found in sets if not found & both])


def choose(sets: frozenset[int], settled: int, due: int, able: int) -> frozenset[int]:
    """The sets that hold, of the settled atoms, those that are due, and else only able ones; the settled left out."""
    barred = ~(due | able)
    return frozenset([found & ~due for found in sets if found & settled == due and not found & barred])


def renumber(sets: frozenset[int], kept: list[int]) -> frozenset[int]:
    """The sets over the kept atoms alone, numbered by their places; the others are in none."""
    moved = [(old, old - new) for new, old in enumerate(kept)]
    return frozenset([sum([(found & 1 << old) >> by for old, by in moved]) for found in sets])
