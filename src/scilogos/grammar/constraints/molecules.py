"""One to so many molecules that chemistry allows, bounded as asked, together holding the atoms they must supply."""

from collections import Counter
from collections.abc import Collection, Iterator, Set
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from scilogos.errors import PromptError
from scilogos.grammar import tags, valence
from scilogos.grammar.atoms import Atom, atom
from scilogos.grammar.symbols import Symbol

_OPENING, _CLOSING = Symbol("tag", tags.MOLECULE_S), Symbol("tag", tags.MOLECULE_E)
STRETCH = 32  # one symbol lengthens the way to the end of a SMILES by less; walks at random see 10 at most
_TOO_FAR = 1000
_CARBON = Atom("C", 4)
_MOST_KNOWN = 1 << 16

Missing = tuple[tuple[str, int], ...]  # elements and how many atoms of each


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What one molecule may be: its elements, heavy atoms and rings; None leaves a side open."""

    elements: frozenset[str] | None = None
    least_atoms: int = 0
    most_atoms: int | None = None
    most_rings: int | None = None

    def __post_init__(self) -> None:
        if self.elements is not None and "C" not in self.elements:
            raise PromptError(f"elements {sorted(self.elements)}: carbon must be among them")
        if self.least_atoms < 0 or (self.most_atoms is not None and self.most_atoms < max(1, self.least_atoms)):
            raise PromptError(f"{self.least_atoms} to {self.most_atoms} atoms: expected fewest first, 1 or more")
        if self.most_rings is not None and self.most_rings < 0:
            raise PromptError(f"{self.most_rings} rings at most: expected 0 or more")

    @property
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
        if symbol == _CLOSING:
            return Place(done + 1, None, missing) if prefix.complete and not self._lacking(state) else None
        after = prefix.step(symbol.text) if symbol.kind == "smiles" else None
        if after is None:
            return None
        b, element = self.bounds, _element(symbol.text)
        if element and b.elements is not None and element not in b.elements:
            return None
        if element and element != "H":
            missing = _less(missing, element)
            atoms += b.most_atoms is not None or atoms < b.least_atoms
        if len(after.rings) > len(prefix.rings):
            rings += b.most_rings is not None
        state = Place(done, after, missing, atoms, rings)
        return state if not (b.limited or self._lacking(state)) or any(self._ways(state)) else None

    def _lacking(self, state: Place) -> bool:
        """Whether the molecule being written is too small, or the last one and atoms are missing."""
        return state.atoms < self.bounds.least_atoms or (state.done + 1 == self.most and bool(state.missing))

    def _ways(self, state: Place) -> Iterator[tuple[int, Missing]]:
        """Symbols of short ways to the end of the molecule being written, and what each leaves to the next one."""
        assert state.prefix is not None
        b, last = self.bounds, state.done + 1 == self.most
        for now, left in {(state.missing, ()), ((), state.missing)}:
            way = _way(state.prefix, now, max(0, b.least_atoms - state.atoms)) if not (last and left) else None
            if way is not None and (not b.limited or self._fits(state, way)):
                yield way.symbols, left

    def _fits(self, state: Place, way: "_Way") -> bool:
        """Whether the molecule that ends this way is within its bounds."""
        assert state.prefix is not None
        atoms = state.atoms + way.atoms
        rings = state.rings + (way.ring_numbers - len(state.prefix.rings)) // 2
        b = self.bounds
        return (b.most_atoms is None or atoms <= b.most_atoms) and (b.most_rings is None or rings <= b.most_rings)

    def complete(self, state: Place) -> bool:
        """Whether the answer may end here."""
        return state.prefix is None and state.done >= self.least and not state.missing

    def distance(self, state: Place) -> int:
        """Symbols of a short way to the end."""
        if self.complete(state):
            return 0
        if state.prefix is None:
            return 1 + self.distance(_opened(state))
        ends = (length + 1 + self.distance(Place(state.done + 1, None, left)) for length, left in self._ways(state))
        return min(ends, default=_TOO_FAR)

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


def carrier(element: str, whole: Set[str]) -> Atom | None:
    """An atom of the element that a single bond can attach, if a vocabulary with these bracket atoms writes one."""
    found = _carrier(element)
    return found if element in valence.ATTACHABLE or f"[{element}]" in whole else None


@cache
def _carrier(element: str) -> Atom | None:
    found = atom(element if element in valence.ATTACHABLE else f"[{element}]")
    return found if found is not None and found.slots > 0 else None


@lru_cache(maxsize=_MOST_KNOWN)
def _less(missing: Missing, element: str) -> Missing:
    """What is missing after one atom of an element."""
    return tuple((name, count - (name == element)) for name, count in missing if count > (name == element))


class _Way(NamedTuple):
    """How many symbols, atoms and ring numbers are still to be written."""

    symbols: int = 0
    atoms: int = 0
    ring_numbers: int = 0


_ways: dict[tuple[valence.Prefix, Missing, int], _Way | None] = {}


def _way(prefix: valence.Prefix, missing: Missing, atoms_wanted: int) -> _Way | None:
    """The way to the end of the molecule, what is missing hung on as side groups and chain; None: no way."""
    if len(_ways) > _MOST_KNOWN:
        _ways.clear()
    key, passed = (prefix, missing, atoms_wanted), []
    while key is not None and key not in _ways:
        _ways[key] = None  # should the way come back here
        if not key[1] and key[2] <= 0 and key[0].complete:
            _ways[key] = _Way()
        else:
            kind = _towards(*key)
            passed.append((key, kind))
            key = _after(key, kind)
    way = _ways[key] if key is not None else None
    for key, kind in reversed(passed):
        if way is not None:
            number = not isinstance(kind, Atom) and kind[0] == "ring"
            way = _Way(way.symbols + 1, way.atoms + isinstance(kind, Atom), way.ring_numbers + number)
        _ways[key] = way
    return way


def _after(key: tuple[valence.Prefix, Missing, int], kind: valence.Class) -> tuple[valence.Prefix, Missing, int] | None:
    prefix, missing, atoms_wanted = key
    after = prefix.step_class(kind)
    if after is None:
        return None
    if isinstance(kind, Atom):
        return after, _less(missing, kind.element or "C"), max(0, atoms_wanted - 1)
    return after, missing, atoms_wanted


def _towards(prefix: valence.Prefix, missing: Missing, atoms_wanted: int) -> valence.Class:
    """The next symbol of a short way to a molecule that supplies what is missing; a function of the state alone.

    Atoms that go on are written as a chain, the others as branches of it.
    """
    if not missing and atoms_wanted <= 0:
        return valence.ending(prefix)
    wanted = (_carrier(missing[0][0]) if missing else None) or _CARBON
    if prefix.phase == "start":
        return _CARBON
    if prefix.phase not in ("atom", "closed"):
        return next((kind for kind in (wanted, _CARBON) if prefix.step_class(kind)), valence.ending(prefix))
    live = prefix.atoms[prefix.current]
    if live.need > 0 or live.slots < 1:
        return ")" if live.need <= 0 and prefix.stack else valence.ending(prefix)
    if missing and wanted.slots < 2 and live.slots >= 2 and prefix.step("(") is not None:
        return "("
    chain = (wanted, _CARBON) if missing and wanted.slots > 1 else (_CARBON,)
    return next((kind for kind in chain if prefix.step_class(kind)), valence.ending(prefix))
