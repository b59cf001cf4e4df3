"""Atom maps for reactions that come without: which reactant atom became which atom of the product.

A pair of atoms is as alike as the radius to which their surroundings agree. Pieces are grown from the most alike pairs
over the bonds, the largest piece is taken, and so on with what is left; at last pieces grow into atoms that changed.
No theory of mechanisms: good enough to write product and reactants in step, not to argue about a reaction's centre.
"""

from collections.abc import Iterator
from itertools import product as pairs_of

from rdkit import Chem

from scilogos.science.molecules import parse_smiles, write_smiles

_MOST_RADIUS = 8
_MOST_SEEDS = 64  # of the most alike pairs, tried for one piece


def mapped(reactants: str, product: str) -> str:
    """Write a reaction with atom maps, as `reaction_writings` reads it; InputError for a SMILES that RDKit refuses.

    Maps of the given texts are kept if each product atom has one of its own that a reactant atom has; else they are
    made anew. Every product atom is then mapped at most once, to an atom of its element.
    """
    left, right = parse_smiles(reactants), parse_smiles(product)
    if not _wholly_mapped(left, right):
        left, right = _without_maps(left), _without_maps(right)
        for number, (here, there) in enumerate(sorted(_Matching(left, right).found.items()), 1):
            right.GetAtomWithIdx(here).SetAtomMapNum(number)
            left.GetAtomWithIdx(there).SetAtomMapNum(number)
    return f"{write_smiles(left)}>>{write_smiles(right)}"


def _wholly_mapped(reactants: Chem.Mol, product: Chem.Mol) -> bool:
    before, after = (
        [(atom.GetAtomMapNum(), atom.GetSymbol()) for atom in mol.GetAtoms() if atom.GetAtomMapNum()]
        for mol in (reactants, product)
    )
    unique = all(len(dict(atoms)) == len(atoms) for atoms in (before, after))
    return unique and len(after) == product.GetNumAtoms() and set(after) <= set(before)


def _without_maps(mol: Chem.Mol) -> Chem.Mol:
    """The molecule in its canonical order."""
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
    return parse_smiles(write_smiles(mol))


class _Matching:
    """Pairs found so far, product atom -> reactant atom."""

    def __init__(self, reactants: Chem.Mol, product: Chem.Mol) -> None:
        self.reactants, self.product = _Surroundings(reactants), _Surroundings(product)
        self.found: dict[int, int] = {}
        self._taken: set[int] = set()
        pairs = pairs_of(range(product.GetNumAtoms()), range(reactants.GetNumAtoms()))
        self._likeness = {pair: likeness for pair in pairs if (likeness := self._alike(*pair)) >= 0}
        for least in (2, 1, 0):
            self._keep(self._grown(self.found, least))
            while piece := self._largest(least):
                self._keep(piece)

    def _alike(self, here: int, there: int) -> int:
        """The radius to which two atoms' surroundings agree; -1 for other elements."""
        mine, other = self.product.keys[here], self.reactants.keys[there]
        return next((radius for radius in range(_MOST_RADIUS, -1, -1) if mine[radius] == other[radius]), -1)

    def _free(self, here: int, there: int, piece: dict[int, int]) -> bool:
        return here not in piece and there not in self._taken and there not in piece.values()

    def _largest(self, least: int) -> dict[int, int]:
        """The largest piece that grows from the most alike of the free pairs."""
        free = {pair: n for pair, n in self._likeness.items() if n >= least and self._free(*pair, self.found)}
        most = max(free.values(), default=0)
        seeds = [pair for pair, likeness in free.items() if likeness == most][:_MOST_SEEDS]
        return max((self._grown({here: there}, least) for here, there in seeds), key=len, default={})

    def _grown(self, piece: dict[int, int], least: int) -> dict[int, int]:
        """Grow a piece over bonds of both sides: first to pairs with most bonds to it, of them to the most alike."""
        piece = dict(piece)
        while candidates := list(self._candidates(piece, least)):
            here, there = max(candidates, key=lambda pair: (*self._fit(pair, piece), -pair[0], -pair[1]))
            piece[here] = there
        return piece

    def _candidates(self, piece: dict[int, int], least: int) -> Iterator[tuple[int, int]]:
        for here, there in piece.items():
            for pair in pairs_of(self.product.bonds[here], self.reactants.bonds[there]):
                if self._likeness.get(pair, -1) >= least and pair[0] not in self.found and self._free(*pair, piece):
                    yield pair

    def _fit(self, pair: tuple[int, int], piece: dict[int, int]) -> tuple[int, int]:
        here, there = pair
        kept = sum(piece.get(near) in self.reactants.bonds[there] for near in self.product.bonds[here])
        return kept, self._likeness[pair]

    def _keep(self, piece: dict[int, int]) -> None:
        self.found |= piece
        self._taken |= set(piece.values())


class _Surroundings:
    """Of each atom its neighbours, and a key for every radius; key 0 is the element."""

    def __init__(self, mol: Chem.Mol) -> None:
        atoms = list(mol.GetAtoms())
        self.bonds = [
            {bond.GetOtherAtomIdx(atom.GetIdx()): str(bond.GetBondType()) for bond in atom.GetBonds()} for atom in atoms
        ]
        keys = [hash((atom.GetSymbol(), atom.GetIsAromatic(), atom.GetDegree())) for atom in atoms]
        rounds = [[hash(atom.GetSymbol()) for atom in atoms]]
        for _ in range(_MOST_RADIUS):
            keys = [
                hash((key, *sorted((bond, keys[other]) for other, bond in near.items())))
                for key, near in zip(keys, self.bonds, strict=True)
            ]
            rounds.append(keys)
        self.keys = list(zip(*rounds, strict=True))
