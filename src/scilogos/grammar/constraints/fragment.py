"""A fragment that a molecule is to grow from: its text, and the sites in it where growth may begin."""

from collections.abc import Collection, Iterator, Set
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from scilogos.grammar import smiles as smiles_syntax
from scilogos.grammar.symbols import Symbol, smiles_symbols

WITHOUT_HYDROGEN = {
    "[nH]": "n", "[nH+]": "[n+]", "[NH+]": "[N+]", "[NH2+]": "[NH+]", "[NH3+]": "[NH2+]",
    "[SH]": "S", "[PH]": "P", "[PH2]": "[PH]", "[SiH]": "[Si]", "[SiH2]": "[SiH]", "[SiH3]": "[SiH2]",
}  # fmt: skip


class FragmentAtom(NamedTuple):
    """An atom of a fragment: its hydrogens that growth may replace, and whether only single bonds may."""

    element: str
    hydrogens: int = 0
    firm: bool = False


class Site(NamedTuple):
    """A place in a fragment's text where growth may begin: behind an atom, its ring numbers and its branches."""

    begins: int  # the place of its atom
    ends: int  # the place behind it
    at: int
    hydrogens: int
    firm: bool
    aromatic: bool
    taken: tuple[int, ...] = ()  # ring numbers of the fragment that are open here
    spared: Symbol | None = None  # an atom with brackets, written without the hydrogen that growth replaces

    @property
    def decided(self) -> int:
        """The last place where growth here can be chosen: a hydrogen in brackets is left out or it stays."""
        return self.begins if self.spared else self.at


@dataclass(frozen=True)
class Fragment:
    """One writing of a fragment: its SMILES, and its atoms in the order of the text."""

    smiles: str
    atoms: tuple[FragmentAtom, ...]
    marked: bool = False  # whether growth may begin at certain atoms alone

    @cached_property
    def heavy_atoms(self) -> int:
        """How many atoms are no hydrogen."""
        return sum(atom.element != "H" for atom in self.atoms)

    @cached_property
    def rings(self) -> int:
        """How many ring bonds it has."""
        return sum(text in smiles_syntax.RING_NUMBERS for text in smiles_syntax.cut(self.smiles)) // 2

    def sites(self, whole: Set[str]) -> Iterator[Site]:
        """Find where growth may begin; places count symbols, of which a bracket atom outside of `whole` has several."""
        atoms, texts, taken = iter(self.atoms), smiles_syntax.cut(self.smiles), set[int]()
        at, bearer, below = 0, ("", 0, 0, FragmentAtom("")), list[tuple[str, int, int, FragmentAtom]]()
        for number, text in enumerate(texts):
            begins, at, kind = at, at + len(smiles_symbols(text, whole)), smiles_syntax.classify(text)
            if kind == "atom":
                bearer = (text, begins, at, next(atoms))
            elif kind == "(":
                below.append(bearer)
            elif kind == ")":
                bearer = below.pop()
            elif kind != "bond":
                taken ^= {int(text.lstrip("%"))}
            if kind not in ("(", "bond") and not _is_bound_on(texts[number + 1 : number + 3]):
                yield from _site(*bearer, at, taken, whole)


def _is_bound_on(following: list[str]) -> bool:
    """Whether an atom has further ring numbers or branches in the fragment."""
    bond = bool(following) and following[0] in smiles_syntax.BONDS
    return following[bond : bond + 1] == ["("] or any(
        text in smiles_syntax.RING_NUMBERS for text in following[bond:][:1]
    )


def _site(
    text: str, begins: int, ends: int, atom: FragmentAtom, at: int, taken: Set[int], whole: Collection[str]
) -> Iterator[Site]:
    """The site of an atom, if it has one: a hydrogen in brackets can be left out where what is left is one symbol."""
    left = WITHOUT_HYDROGEN.get(text, "")
    spared = Symbol("smiles", left) if left in whole or left[:1] not in ("", "[") else None
    if atom.hydrogens and (spared or text[0] != "["):
        count, aromatic = 1 if spared else atom.hydrogens, text.lstrip("[")[0].islower()
        yield Site(begins, ends, at, count, atom.firm, aromatic, tuple(sorted(taken)), spared)
