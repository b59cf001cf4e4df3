"""Loops of different length side by side, as antibody numbering sees them: both ends fixed, the gap in the middle."""


def same(given: str, residues: str) -> list[bool]:
    """Whether each residue equals the one of the given loop that faces it.

    >>> same("ARDY", "ARGWDY")
    [True, True, False, False, True, True]
    """
    left, left_given = (len(residues) + 1) // 2, (len(given) + 1) // 2
    found = []
    for i, letter in enumerate(residues):
        at = i if i < left else len(given) - (len(residues) - i)
        faces = at < left_given if i < left else at >= left_given
        found.append(faces and given[at] == letter)
    return found


def likeness(given: str, residues: str) -> float:
    """The share of the longer loop's positions that agree, 0 to 1."""
    return sum(same(given, residues)) / max(len(given), len(residues), 1)
