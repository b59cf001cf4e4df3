"""Writings of a mapped reaction in which product and reactants run in step (the idea of R-SMILES, Zhong et al. 2022).

One side is written as it comes, from a root; the other then follows its written order, so that the two texts share
long substrings. Backwards the product is what comes, forwards the reactants are: what a model will be asked is never
written after its answer. The side that comes depends on its map-free molecules and their roots alone: maps number the
reaction centre first in many data sets, and neither a number nor an order derived from one may leak into a prompt.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from rdkit import Chem
from rdkit.rdBase import BlockLogs

from scilogos.errors import InputError
from scilogos.science.molecules import canonical, write_smiles

Writing = tuple[str, tuple[str, ...]]


def reaction_writings(mapped: str, rng: random.Random, count: int = 8) -> list[Writing]:
    """Write a mapped reaction `reactants>reagents>product` in up to `count` distinct root-aligned ways.

    Each writing is (product, reactants). The first has the canonical product. Molecules that share no map number
    with the product are left out; of several products the largest is taken. Empty where RDKit cannot read the
    reaction, or it has no maps.
    """
    return _written(mapped, rng, count, _backwards)


def forward_writings(mapped: str, rng: random.Random, count: int = 8) -> list[Writing]:
    """Write a mapped reaction in up to `count` ways in which the product follows the reactants.

    The first has canonical reactants, the largest first; the others come in any order from any atoms. Which molecules
    are left out, and when the list is empty, is as for `reaction_writings`.
    """
    return _written(mapped, rng, count, _forwards)


def _written(mapped: str, rng: random.Random, count: int, write: "_Write") -> list[Writing]:
    with BlockLogs():
        try:
            product, reactants = _read(mapped)
        except (InputError, ValueError, RuntimeError):
            return []
        return write(product, reactants, rng, count)


def _forwards(product: "_Mapped", reactants: list["_Mapped"], rng: random.Random, count: int) -> list[Writing]:
    texts: dict[tuple[str, ...], Writing] = {}
    order = sorted(reactants, key=lambda reactant: (-reactant.mol.GetNumHeavyAtoms(), reactant.text))
    roots = [0] * len(order)
    for _ in range(2 * count):  # small molecules have few writings
        if len(texts) >= count:
            break
        parts, rank_by_map, atoms = list[str](), dict[int, int](), 0
        for reactant, root in zip(order, roots, strict=True):
            text, ranks = reactant.written_from(root)
            parts.append(text)
            rank_by_map = {number: atoms + rank for number, rank in ranks.items()} | rank_by_map
            atoms += reactant.mol.GetNumAtoms()
        if tuple(parts) not in texts:
            texts[tuple(parts)] = product.following(rank_by_map, product), tuple(parts)
        order = rng.sample(order, len(order))
        roots = [rng.randrange(reactant.mol.GetNumAtoms()) for reactant in order]
    return list(texts.values())


def _backwards(product: "_Mapped", reactants: list["_Mapped"], rng: random.Random, count: int) -> list[Writing]:
    texts: dict[str, Writing] = {}
    roots = rng.sample(range(product.mol.GetNumAtoms()), product.mol.GetNumAtoms())
    for root in [0, *roots]:
        if len(texts) >= count:
            break
        text, rank_by_map = product.written_from(root)
        if text not in texts:
            ordered = sorted(reactants, key=lambda reactant: reactant.first(rank_by_map))
            texts[text] = text, tuple(reactant.following(rank_by_map, product) for reactant in ordered)
    return list(texts.values())


@dataclass(frozen=True, eq=False)
class _Mapped:
    """A map-free molecule in canonical atom order, the map number of each atom (0: none), its text and neighbours."""

    mol: Chem.Mol
    maps: tuple[int, ...]
    text: str
    neighbours: dict[int, frozenset[int]]  # map number -> map numbers bonded to it

    def written_from(self, root: int) -> tuple[str, dict[int, int]]:
        """Write from atom `root`: the text, and the rank of each map number in it; root 0 is the canonical text."""
        text = write_smiles(self.mol, root=root) if root else self.text
        order = _output_order(self.mol) if root else range(len(self.maps))
        return text, {self.maps[atom]: rank for rank, atom in enumerate(order) if self.maps[atom]}

    def first(self, rank_by_map: dict[int, int]) -> int:
        return min(rank_by_map[number] for number in self.maps if number in rank_by_map)

    def following(self, rank_by_map: dict[int, int], product: "_Mapped") -> str:
        """Write so that atoms that the other side has come in its order."""
        rank = [float(rank_by_map.get(number, -1)) for number in self.maps]
        shared = [atom for atom, place in enumerate(rank) if place >= 0]
        frontier = sorted(shared, key=rank.__getitem__)
        for atom in frontier:  # grows: atoms that leave take the place of the bond that the product made instead
            for other in self.mol.GetAtomWithIdx(atom).GetNeighbors():
                if rank[other.GetIdx()] < 0:
                    rank[other.GetIdx()] = self._place(atom, rank, rank_by_map, product)
                    frontier.append(other.GetIdx())
        order = sorted(range(len(rank)), key=lambda atom: (rank[atom], atom))
        root = self._prefix(min(shared, key=rank.__getitem__), set(shared))
        text = write_smiles(Chem.RenumberAtoms(self.mol, order), canonical=False, root=order.index(root))
        if ("@" in self.text or "/" in self.text) and canonical(text) != self.text:
            return write_smiles(self.mol, root=root)
        return text

    def _prefix(self, root: int, shared: set[int]) -> int:
        """Find the far end of a group that leaves from atom `root`: the group becomes a prefix of the shared text."""
        reached = [root]
        for atom in reached:
            near = (other.GetIdx() for other in self.mol.GetAtomWithIdx(atom).GetNeighbors())
            fresh = [other for other in near if other not in shared and other not in reached]
            reached += fresh[:1] if atom == root else fresh
        return reached[-1]

    def _place(self, anchor: int, rank: list[float], rank_by_map: dict[int, int], product: "_Mapped") -> float:
        number = self.maps[anchor]
        if number not in rank_by_map:
            return rank[anchor]
        gained = product.neighbours[number] - self.neighbours[number]
        later = [rank_by_map[n] for n in gained if n in rank_by_map and rank_by_map[n] > rank_by_map[number]]
        return min(later) - 0.5 if later else rank[anchor] + 0.5


_Write = Callable[[_Mapped, list[_Mapped], random.Random, int], list[Writing]]


def _output_order(mol: Chem.Mol) -> list[int]:
    return list(mol.GetPropsAsDict(True, True)["_smilesAtomOutputOrder"])


def _read(mapped: str) -> tuple[_Mapped, list[_Mapped]]:
    left, _, right = mapped.split(">")
    products = [mol for mol in map(_strip, right.split(".")) if mol is not None]
    if not products:
        raise InputError(f"reaction {mapped!r}: its product has no atom maps")
    product = max(products, key=lambda mol: (mol.mol.GetNumHeavyAtoms(), mol.text))
    numbers = {number for number in product.maps if number}
    molecules = [_strip(text) for text in left.split(".")]
    return product, [mol for mol in molecules if mol is not None and numbers & set(mol.maps)]


def _strip(text: str) -> _Mapped | None:
    mol = Chem.MolFromSmiles(text)
    if mol is None:
        raise InputError(f"SMILES {text!r}: RDKit cannot read it")
    maps = [atom.GetAtomMapNum() for atom in mol.GetAtoms()]
    if not any(maps):
        return None
    if len({number for number in maps if number}) < sum(map(bool, maps)):
        raise InputError(f"SMILES {text!r}: a map number occurs twice")
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
    clean = write_smiles(mol)
    order = _output_order(mol)
    stable = canonical(clean)
    mol = Chem.MolFromSmiles(clean)
    maps = [maps[atom] for atom in order]
    if stable != clean:  # rare: dropping the maps dissolved a stereocentre
        match = Chem.MolFromSmiles(stable)
        atoms = mol.GetSubstructMatch(match)
        if len(atoms) < len(maps):
            raise InputError(f"SMILES {text!r}: its canonical writing cannot be followed")
        mol, maps = match, [maps[atom] for atom in atoms]
    bonds = [(maps[b.GetBeginAtomIdx()], maps[b.GetEndAtomIdx()]) for b in mol.GetBonds()]
    neighbours = {n: frozenset(b if a == n else a for a, b in bonds if n in (a, b)) for n in maps if n}
    return _Mapped(mol, tuple(maps), stable, neighbours)
