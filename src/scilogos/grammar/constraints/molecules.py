"""One to so many molecules that chemistry allows, bounded as asked, together holding the atoms they must supply."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import NamedTuple

from scilogos.errors import PromptError
from scilogos.grammar import tags, valence
from scilogos.grammar.atoms import Atom, atom
from scilogos.grammar.constraints.supply import Missing, Way, length, less, scratch, way, written
from scilogos.grammar.symbols import Symbol

_OPENING, _CLOSING = Symbol("tag", tags.MOLECULE_S), Symbol("tag", tags.MOLECULE_E)
STRETCH = 32  # one symbol lengthens the way to the end of a SMILES by less; walks at random see 16 at most
_TOO_FAR = 1000


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What one molecule may be: its elements, heavy atoms and rings; None leaves a side open."""

    elements: Collection[str] | None = None
    least_atoms: int = 0
    most_atoms: int | None = None
    most_rings: int | None = None

    def __post_init__(self) -> None:
        if self.elements is not None:
            object.__setattr__(self, "elements", frozenset(self.elements))
        if self.elements is not None and "C" not in self.elements:
            raise PromptError(f"elements {sorted(self.elements)}: carbon must be among them")
        if self.least_atoms < 0 or (self.most_atoms is not None and self.most_atoms < max(1, self.least_atoms)):
            raise PromptError(f"{self.least_atoms} to {self.most_atoms} atoms: expected fewest first, 1 or more")
        if self.most_rings is not None and self.most_rings < 0:
            raise PromptError(f"{self.most_rings} rings at most: expected 0 or more")

    @cached_property
    def limited(self) -> bool:
        """Whether there is a most of anything."""
        return self.most_atoms is not None or self.most_rings is not None


class Place(NamedTuple):
    """Molecules done, the prefix of the one being written, the atoms still to be supplied, atoms and rings."""

    done: int = 0
    prefix: valence.Prefix | None = None
    missing: Missing = ()
    atoms: int = 0  # heavy ones; atoms and rings are counted only as far as a bound asks
    rings: int = 0


@dataclass(frozen=True)
class Molecules:
    """The answer of `least` to `most` molecules; `supply` are the elements of atoms that they must have together.

    An element counts as often as it is given; see `carrier` for those that can be asked for.
    """

    least: int = 1
    most: int = 1
    supply: Collection[str] = ()
    bounds: Bounds = field(default_factory=Bounds)

    def __post_init__(self) -> None:
        barred = set(self.supply) - (self.bounds.elements or set(self.supply))
        if barred:
            raise PromptError(f"{', '.join(sorted(barred))}: asked for, and not among the allowed elements")
        if self.bounds.limited and self._ahead(0, self.start.missing) >= _TOO_FAR:
            raise PromptError("what is asked for cannot be had within the bounds of atoms and rings")

    @cached_property
    def start(self) -> Place:
        """Nothing written."""
        return Place(missing=tuple(sorted(Counter(self.supply).items())))

    @property
    def stretch(self) -> int:
        """The most by which one symbol lengthens the way to the end."""
        return STRETCH + self.bounds.least_atoms

    def step(self, state: Place, symbol: Symbol) -> Place | None:
        """Read one symbol; None when it may not follow."""
        done, prefix, missing, atoms, rings = state
        if prefix is None:
            return _opened(state) if symbol == _OPENING and done < self.most else None
        if symbol.kind != "smiles":
            ends = symbol == _CLOSING and prefix.complete and not self._lacking(state)
            return Place(done + 1, None, missing) if ends else None
        after = prefix.step(symbol.text)
        if after is None:
            return None
        b, element = self.bounds, _element(symbol.text)
        if element and b.elements is not None and element not in b.elements:
            return None
        if element and element != "H":
            missing = less(missing, element)
            atoms += b.most_atoms is not None or atoms < b.least_atoms
        if b.most_rings is not None:
            rings += len(after.state.rings) > len(prefix.state.rings)
        state = Place(done, after, missing, atoms, rings)
        free = not (b.limited or self._lacking(state))
        return state if free or self._length(state) is not None else None

    def _lacking(self, state: Place) -> bool:
        """Whether the molecule being written is too small, or the last one and atoms are missing."""
        return state.atoms < self.bounds.least_atoms or (state.done + 1 == self.most and bool(state.missing))

    def _length(self, state: Place) -> int | None:
        """How many symbols suffice to the end of the answer; None if there is no way within the bounds.

        If sizes are not limited, what is missing is left to the last molecule.
        """
        done, prefix, missing, atoms, _ = state
        if prefix is None:
            return self._ahead(done, missing)
        if self.bounds.limited:
            return min(self._limited(state), default=None)
        more, last = max(0, self.bounds.least_atoms - atoms), done + 1 == self.most
        here = length(prefix, missing if last else (), more)
        return None if here is None else here + 1 + self._ahead(done + 1, () if last else missing)

    def _limited(self, state: Place) -> Iterator[int]:
        """The same for each way within the bounds: what is missing is supplied now, or left to the next molecules."""
        assert state.prefix is not None
        last, more = state.done + 1 == self.most, max(0, self.bounds.least_atoms - state.atoms)
        for now, left in {(state.missing, ()), ((), state.missing)}:
            found = way(state.prefix, now, more, counted=True) if not (last and left) else None
            if found is not None and self._fits(state, found):
                yield found.symbols + 1 + self._ahead(state.done + 1, left)

    def _fits(self, state: Place, found: Way) -> bool:
        """Whether the molecule that ends this way is within its bounds."""
        assert state.prefix is not None
        atoms = state.atoms + found.atoms
        rings = state.rings + (found.ring_numbers - len(state.prefix.state.rings)) // 2
        b = self.bounds
        return (b.most_atoms is None or atoms <= b.most_atoms) and (b.most_rings is None or rings <= b.most_rings)

    def _ahead(self, done: int, missing: Missing) -> int:
        """How many symbols suffice for the molecules that are still to come."""
        if done >= self.least and not missing:
            return 0
        if self.bounds.limited:
            found = self._length(Place(done, valence.START, missing))
            return _TOO_FAR if found is None else 1 + found
        least, more = self.bounds.least_atoms, (self.most if missing else self.least) - done
        return 2 * more + (more - 1) * scratch((), least) + scratch(missing, least)

    def complete(self, state: Place) -> bool:
        """Whether the answer may end here."""
        return state.prefix is None and state.done >= self.least and not state.missing

    def distance(self, state: Place) -> int:
        """How many symbols to the end of the answer suffice."""
        found = self._length(state)
        return _TOO_FAR if found is None else found

    def characters(self, state: Place) -> int:
        """How many characters to the end suffice: one a symbol, but for what is missing and ring bonds."""
        wide = sum([count * (len(written(element)) - 1) for element, count in state.missing])
        return self.distance(state) + wide + (valence.wide(state.prefix) if state.prefix else 0)

    def classify(self, symbol: Symbol) -> object:
        """SMILES symbols by what they can bear, and by element where one is asked for; most others never follow."""
        if symbol.kind != "smiles":
            return symbol if symbol in (_OPENING, _CLOSING) else None
        kind = valence.classify(symbol.text)
        element = _element(symbol.text)
        excluded = bool(element) and self.bounds.elements is not None and element not in self.bounds.elements
        return ("smiles", kind, excluded, element if element == "H" or element in self.supply else "")


@cache
def _element(text: str) -> str:
    """The element of an atom; nothing for any other symbol."""
    found = atom(text) if isinstance(valence.classify(text), Atom) else None
    return found.element if found is not None else ""


def _opened(state: Place) -> Place:
    return state._replace(prefix=valence.START)
