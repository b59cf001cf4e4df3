"""Is a ligand found? P2Rank's criteria (Krivak and Hoksza, J. Cheminform. 10, 39, 2018). Coordinates are Å."""

from collections.abc import Callable, Sequence

import numpy as np

DISTANCE = 4.0  # Å
MERGED = 1.7  # Å between atoms of fragments that are one ligand
LEAST_ATOMS, NEAREST_ATOM, CENTRE_OFF = 5, 4.0, 5.5  # heavy atoms; Å from the protein at most: nearest atom, centre
IGNORED = frozenset("HOH DOD WAT NAG MAN UNK GLC ABA MPD GOL SO4 PO4".split())


def dca(centre: np.ndarray, ligand: np.ndarray) -> float:
    """The distance of a pocket's centre, [3], to the nearest atom of a ligand, [L, 3]."""
    return float(np.linalg.norm(ligand - centre, axis=1).min())


def dcc(centre: np.ndarray, ligand: np.ndarray) -> float:
    """The distance of a pocket's centre, [3], to the centre of a ligand, [L, 3]."""
    return float(np.linalg.norm(ligand.mean(axis=0) - centre))


def found(
    centres: Sequence[np.ndarray],
    ligands: Sequence[np.ndarray],
    distance: Callable[[np.ndarray, np.ndarray], float] = dca,
    extra: int = 0,
) -> list[bool]:
    """Whether each of n ligands has one of the first n + `extra` pockets within 4 Å."""
    first = centres[: len(ligands) + extra]
    return [any(distance(np.asarray(centre), ligand) <= DISTANCE for centre in first) for ligand in ligands]


def merged(fragments: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The ligands that fragments, xyz [L, 3] each, make: those whose atoms come within 1.7 Å are one."""
    left, found = list(fragments), []
    while left:
        ligand = left.pop()
        while near := [i for i, xyz in enumerate(left) if _gap(xyz, ligand) <= MERGED]:
            ligand = np.concatenate([ligand, *(left.pop(i) for i in reversed(near))])
        found.append(ligand)
    return found


def relevant(fragments: Sequence[tuple[str, np.ndarray]], protein: np.ndarray) -> list[np.ndarray]:
    """The ligands that count, among (code, xyz [L, 3]) of a structure whose protein atoms are [A, 3].

    A ligand counts with 5 heavy atoms, an atom within 4 Å of the protein, its centre within 5.5 Å of it, and a code
    that is not IGNORED.
    """
    return [
        ligand
        for ligand in merged([xyz for code, xyz in fragments if code not in IGNORED])
        if len(ligand) >= LEAST_ATOMS
        and _gap(ligand, protein) <= NEAREST_ATOM
        and _gap(ligand.mean(axis=0)[None], protein) <= CENTRE_OFF
    ]


def _gap(some: np.ndarray, others: np.ndarray) -> float:
    return float(np.linalg.norm(some[:, None] - others[None], axis=-1).min())
