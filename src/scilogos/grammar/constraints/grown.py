"""One molecule grown from a fragment: the fragment's own SMILES again, with free growth in place of its hydrogens.

Growth is a branch "( ... )" behind an atom of the fragment, its ring numbers and its branches. Behind the last atom of
the text, or of one of its branches, growth may go on without parentheses. Each is legal as a molecule of its own, hung
on a stand-in for the atom. Its rings close within it: no bond of the fragment comes to lie in a new ring, and the
fragment stays what it was.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from scilogos.errors import PromptError
from scilogos.grammar import smiles as smiles_syntax
from scilogos.grammar import tags, valence
from scilogos.grammar.constraints.fragment import Fragment, Site
from scilogos.grammar.constraints.molecules import Bounds, Molecules
from scilogos.grammar.constraints.molecules import Place as Growth
from scilogos.grammar.symbols import Symbol, smiles_symbols

_OPENING, _CLOSING = Symbol("tag", tags.MOLECULE_S), Symbol("tag", tags.MOLECULE_E)
_BRANCH, _END_OF_BRANCH, _CARBON = (Symbol("smiles", text) for text in "()C")
_STAND_INS = {bonds: valence.START.step(text) for bonds, text in enumerate("FONC", 1)}  # by the bonds that they take
_MORE_BONDS = {"=": 1, "#": 2}  # that a first bond takes beyond a single one
_DIRECTIONS = ("/", "\\")


class Place(NamedTuple):
    """How far the answer has come; `growth` counts atoms and rings, and holds the branch that is being written."""

    phase: str = "start"  # start, copy, branch, tail (no parentheses), done
    at: int = 0  # symbols of the fragment written
    used: int = 0  # hydrogens of the last atom that branches have replaced
    growth: Growth = Growth()
    fresh: str = ""  # what has been read of growth without an atom: "(" or "bond"
    until: int = 0  # in a copy: the place where growth is due, once a hydrogen was left out for it


@dataclass(frozen=True)
class Grown:
    """The molecule that grows from a fragment; `whole` are the bracket atoms that the vocabulary writes as one symbol.

    Bounds and `supply`, elements that it must have, hold for the whole molecule.
    """

    fragment: Fragment
    whole: frozenset[str]
    bounds: Bounds = field(default_factory=Bounds)
    supply: Collection[str] = ()
    start = Place()

    def __post_init__(self) -> None:
        name, bounds = f"fragment {self.fragment.smiles}", self.bounds
        if not self._sites:
            raise PromptError(f"{name}: no atom has a hydrogen that growth could replace")
        grown_from = sum(atom.hydrogens > 0 for atom in self.fragment.atoms)
        if self.fragment.marked and len(self._sites) < grown_from:
            raise PromptError(f"{name}: growth cannot replace the hydrogen of one of its atoms that has a *")
        allowed = bounds.elements
        barred = set() if allowed is None else {atom.element for atom in self.fragment.atoms} - allowed - {"H"}
        if barred:
            raise PromptError(f"{name}: it has {', '.join(sorted(barred))}, which is not among the allowed elements")
        atoms, rings = self.fragment.heavy_atoms, self.fragment.rings
        if bounds.most_atoms is not None and atoms > bounds.most_atoms:
            raise PromptError(f"{name}: it has {atoms} heavy atoms, and {bounds.most_atoms} are allowed")
        if bounds.most_rings is not None and rings > bounds.most_rings:
            raise PromptError(f"{name}: it has {rings} rings, and {bounds.most_rings} are allowed")
        if self._lacking(self._alone) and self._sprout(self._alone) is None:
            raise PromptError(f"{name}: what is asked beyond it cannot be added within the bounds")

    @cached_property
    def _rules(self) -> Molecules:
        present = {atom.element for atom in self.fragment.atoms}
        return Molecules(1, 1, tuple(element for element in self.supply if element not in present), self.bounds)

    @cached_property
    def _alone(self) -> Growth:
        """The counts of the fragment without growth."""
        atoms, rings = self.fragment.heavy_atoms, self.fragment.rings
        return Growth(missing=self._rules.start.missing, atoms=atoms, rings=rings)

    @cached_property
    def _text(self) -> tuple[Symbol, ...]:
        return tuple(smiles_symbols(self.fragment.smiles, self.whole))

    @cached_property
    def _sites(self) -> dict[int, Site]:
        return {site.at: site for site in self.fragment.sites(self.whole)}

    @cached_property
    def _spared(self) -> dict[int, Site]:
        """By the place of their atoms: the sites of bracket atoms that lose a hydrogen to growth."""
        return {site.begins: site for site in self._sites.values() if site.spared}

    @cached_property
    def _last_chance(self) -> int:
        return max(site.decided for site in self._sites.values())

    @property
    def stretch(self) -> int:
        """The most by which one symbol lengthens the way to the end."""
        return self._rules.stretch + 4

    def step(self, state: Place, symbol: Symbol) -> Place | None:
        """Read one symbol; None when it may not follow."""
        if state.phase == "start":
            return Place("copy", growth=self._alone) if symbol == _OPENING else None
        if state.phase == "copy":
            return self._begin(state, symbol) or self._copy(state, symbol)
        if state.fresh:
            return self._first(state, symbol)
        return self._grow(state, symbol) if state.phase in ("branch", "tail") else None

    def _copy(self, state: Place, symbol: Symbol) -> Place | None:
        """Go on with the fragment, unless growth is due."""
        at, spared = state.at, None if state.until else self._spared.get(state.at)
        leaves_out = spared is not None and symbol == spared.spared
        if state.until:
            due = at == state.until
        else:
            due = at == self._last_chance and self._lacking(state.growth) and not leaves_out
        if due:
            return None
        if at == len(self._text):
            return Place("done") if symbol == _CLOSING else None
        if symbol == self._text[at]:
            return state._replace(at=at + 1, used=0)
        if spared is not None and leaves_out and self._sprout(state.growth) is not None:
            return state._replace(at=spared.ends, used=0, until=spared.at)
        return None

    def _begin(self, state: Place, symbol: Symbol) -> Place | None:
        """Begin growth: a branch, or where the text or a branch of the fragment ends, a tail."""
        site, branch = self._sites.get(state.at), symbol == _BRANCH
        if site is None or not (branch or self._closer(state.at)):
            return None
        if state.until:
            left = site.hydrogens if state.at == state.until else 0
        else:
            left = 0 if site.spared else site.hydrogens - state.used
        if left < 1 or self._sprout(state.growth) is None:
            return None
        prefix = _STAND_INS[1 if site.firm else min(left, len(_STAND_INS))]
        phase, growth = "branch" if branch else "tail", state.growth._replace(prefix=prefix)
        fresh = Place(phase, state.at, state.used + 1, growth, "(")
        return fresh if branch else self._first(fresh, symbol)

    def _first(self, state: Place, symbol: Symbol) -> Place | None:
        """Read the first bond or atom of growth; an aromatic one needs its bond written behind an aromatic atom."""
        site, kind = self._sites[state.at], smiles_syntax.classify(symbol.text)
        if symbol.kind != "smiles" or kind not in ("atom", "bond") or (site.firm and symbol.text in _DIRECTIONS):
            return None
        if kind == state.fresh or (site.aromatic and state.fresh == "(" and symbol.text.lstrip("[")[0].islower()):
            return None
        growth = self._rules.step(state.growth, symbol)
        used = state.used + _MORE_BONDS.get(symbol.text, 0)
        return None if growth is None else Place(state.phase, state.at, used, growth, kind if kind == "bond" else "")

    def _grow(self, state: Place, symbol: Symbol) -> Place | None:
        """Go on with the branch, or end it."""
        growth, tail = state.growth, state.phase == "tail"
        assert growth.prefix is not None
        if symbol == (self._closer(state.at) if tail else _END_OF_BRANCH) and not growth.prefix.stack:
            if not growth.prefix.complete or not self._may_end(state.at, growth):
                return None
            ended = Place("copy", state.at, state.used, growth._replace(prefix=None))
            return self._copy(ended, symbol) if tail else ended
        own = _own(symbol, self._sites[state.at].taken) if symbol.kind == "smiles" else None
        after = self._rules.step(growth, own) if own is not None else None
        return None if after is None else state._replace(growth=after)

    def _closer(self, at: int) -> Symbol | None:
        """The symbol that ends the text or a branch of the fragment at this place, if one does."""
        following = self._text[at] if at < len(self._text) else _CLOSING
        return following if following in (_CLOSING, _END_OF_BRANCH) else None

    def _may_end(self, at: int, growth: Growth) -> bool:
        """Whether growth at a place may end: nothing is lacking, or another branch can supply it."""
        return not self._lacking(growth) or (at < self._last_chance and self._sprout(growth) is not None)

    def _lacking(self, growth: Growth) -> bool:
        """Whether the molecule is too small yet, or atoms are missing."""
        return growth.atoms < self.bounds.least_atoms or bool(growth.missing)

    def _sprout(self, growth: Growth) -> Growth | None:
        """The growth of one carbon; None if there is no room for it."""
        return self._rules.step(growth._replace(prefix=_STAND_INS[1]), _CARBON)

    def complete(self, state: Place) -> bool:
        """Whether the molecule is whole."""
        return state.phase == "done"

    def draft(self, state: Place) -> Symbol | None:
        """The fragment's next symbol; nothing inside growth, and none where it may end."""
        if state.phase == "start":
            return _OPENING
        if state.phase != "copy" or state.at == len(self._text):
            return None
        return self._text[state.at] if self._copy(state, self._text[state.at]) is not None else None

    def distance(self, state: Place) -> int:
        """Symbols of the rest of the fragment, of the growth at hand and of that which is due."""
        if state.phase == "done":
            return 0
        if state.phase == "start":
            return 1 + self.distance(Place("copy", growth=self._alone))
        rest, growth = len(self._text) - state.at + 1, state.growth
        if growth.prefix is None:
            return rest + (self._branch(growth) if state.until or self._lacking(growth) else 0)
        growing = self._branch(growth) - 1 if state.fresh == "(" else self._rules.distance(growth)
        return rest + growing - (state.phase == "tail")

    def _branch(self, growth: Growth) -> int:
        """Symbols of a short branch, its parentheses included."""
        sprout = self._sprout(growth)
        assert sprout is not None
        return 2 + self._rules.distance(sprout)

    def classify(self, symbol: Symbol) -> object:
        """Those of the fragment and ring numbers by themselves, others as in a free molecule."""
        if symbol.text in smiles_syntax.RING_NUMBERS or symbol in self._own_symbols:
            return symbol
        return self._rules.classify(symbol)

    @cached_property
    def _own_symbols(self) -> frozenset[Symbol]:
        spared = {site.spared for site in self._spared.values() if site.spared}
        return frozenset({*self._text, *spared, _BRANCH, _END_OF_BRANCH})


def _own(symbol: Symbol, taken: tuple[int, ...]) -> Symbol | None:
    """The symbol as it reads without the fragment's open ring numbers; None for one of these."""
    if symbol.text not in smiles_syntax.RING_NUMBERS:
        return symbol
    number = int(symbol.text.lstrip("%"))
    if number in taken:
        return None
    number -= sum(other < number for other in taken)
    return Symbol("smiles", str(number) if number < 10 else f"%{number}")
