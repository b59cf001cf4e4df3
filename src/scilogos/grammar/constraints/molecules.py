"""One to so many molecules that chemistry allows, bounded as asked, together holding the elements they must supply."""

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

from scilogos.errors import PromptError
from scilogos.grammar import tags, valence
from scilogos.grammar.atoms import Atom, atom
from scilogos.grammar.symbols import Symbol

_OPENING, _CLOSING = Symbol("tag", tags.MOLECULE_S), Symbol("tag", tags.MOLECULE_E)
_TOO_FAR = 400
_CARBON = atom("C")


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What one molecule may be: its elements, heavy atoms and rings; None leaves a side open."""

    elements: frozenset[str] | None = None
    least_atoms: int = 1
    most_atoms: int | None = None
    most_rings: int | None = None

    def __post_init__(self) -> None:
        if self.elements is not None and "C" not in self.elements:
            raise PromptError(f"elements {sorted(self.elements)}: carbon must be among them")
        if self.most_atoms is not None and not 1 <= self.least_atoms <= self.most_atoms:
            raise PromptError(f"{self.least_atoms} to {self.most_atoms} atoms: expected at least 1, fewest first")


class Place(NamedTuple):
    """Molecules done, the prefix of the one being written, the elements still to be supplied, atoms and rings so far."""

    done: int = 0
    prefix: valence.Prefix | None = None
    missing: frozenset[str] = frozenset()
    atoms: int = 0  # counted only as far as a bound asks
    rings: int = 0


@dataclass(frozen=True)
class Molecules:
    """The answer of `least` to `most` molecules. `supply` are elements that must occur among them."""

    least: int = 1
    most: int = 1
    supply: frozenset[str] = frozenset()
    bounds: Bounds = field(default_factory=Bounds)

    @cached_property
    def start(self) -> Place:
        """Nothing written; elements that no symbol can supply are not asked for."""
        return Place(missing=frozenset(e for e in self.supply if _carrier(e) is not None))

    def step(self, state: Place, symbol: Symbol) -> Place | None:
        """Read one symbol; None when it may not follow."""
        done, prefix, missing, atoms, rings = state
        if prefix is None:
            opened = state._replace(prefix=valence.START, atoms=0, rings=0)
            return opened if symbol == _OPENING and done < self.most else None
        if symbol == _CLOSING:
            return Place(done + 1, None, missing) if self._may_close(state) else None
        after = prefix.step(symbol.text) if symbol.kind == "smiles" else None
        if after is None:
            return None
        kind = valence.classify(symbol.text)
        if isinstance(kind, Atom):
            if self.bounds.elements is not None and kind.element not in self.bounds.elements:
                return None
            missing -= {kind.element}
            atoms += self.bounds.most_atoms is not None or atoms < self.bounds.least_atoms
        if len(after.rings) > len(prefix.rings):
            rings += self.bounds.most_rings is not None
        state = Place(done, after, missing, atoms, rings)
        return state if self._within(state) and (after.can_grow or self._may_close_later(state)) else None

    def _within(self, state: Place) -> bool:
        """Whether the bounds leave room for what the ending still needs."""
        b = self.bounds
        if b.most_atoms is None and b.most_rings is None:
            return True
        assert state.prefix is not None
        atoms, rings = _ending_cost(state.prefix, state.missing, b.least_atoms - state.atoms)
        return (b.most_atoms is None or state.atoms + atoms <= b.most_atoms) and (
            b.most_rings is None or state.rings + rings <= b.most_rings
        )

    def _may_close_later(self, state: Place) -> bool:
        """Whether a molecule that can no longer grow may still end well."""
        last = state.done + 1 == self.most
        return state.atoms >= self.bounds.least_atoms and not (last and state.missing)

    def _may_close(self, state: Place) -> bool:
        assert state.prefix is not None
        return state.prefix.complete and self._may_close_later(state)

    def complete(self, state: Place) -> bool:
        """Whether the answer may end here."""
        return state.prefix is None and state.done >= self.least and not state.missing

    def distance(self, state: Place) -> int:
        """Symbols of a short way to the end."""
        if self.complete(state):
            return 0
        if state.prefix is None:
            missing_molecules = max(1, self.least - state.done)
            opened = state._replace(prefix=valence.START, atoms=0, rings=0)
            return 1 + self._inside(opened) + 3 * (missing_molecules - 1)
        after = max(0, self.least - state.done - 1)
        return self._inside(state) + after * (2 + max(1, self.bounds.least_atoms))

    def _inside(self, state: Place) -> int:
        """Symbols to the end of the molecule being written, all that is missing supplied here."""
        assert state.prefix is not None
        return _finish(state.prefix, state.missing, self.bounds.least_atoms - state.atoms)

    def classify(self, symbol: Symbol) -> object:
        """SMILES symbols by what they can bear, and by element where one is asked for; the molecule's tags."""
        if symbol.kind != "smiles":
            return symbol if symbol in (_OPENING, _CLOSING) else None
        kind = valence.classify(symbol.text)
        if not isinstance(kind, Atom):
            return kind and ("smiles", kind)
        excluded = self.bounds.elements is not None and kind.element not in self.bounds.elements
        return ("smiles", excluded, kind if kind.element in self.supply else kind._replace(element=""))


@lru_cache(maxsize=None)
def _carrier(element: str) -> Atom | None:
    """An atom of the element that a single bond can attach."""
    for text in (element, f"[{element}]"):
        found = atom(text) if text[0] == "[" or text in valence.ATTACHABLE else None
        if found is not None and found.slots > 0:
            return found
    return None


def _finish(prefix: valence.Prefix, missing: frozenset[str], atoms_wanted: int) -> int:
    """Symbols to `<MoleculeE>` inclusive when the missing elements and atoms are hung on as side groups."""
    if not missing and atoms_wanted <= 0:
        return valence.distance(prefix) + 1
    return len(_way(prefix, missing, atoms_wanted)) + 1


def _ending_cost(prefix: valence.Prefix, missing: frozenset[str], atoms_wanted: int) -> tuple[int, int]:
    """Atoms and ring bonds that the way to the end adds."""
    way, opened = _way(prefix, missing, atoms_wanted), {ring.number for ring in prefix.rings}
    atoms = sum(isinstance(kind, Atom) for kind in way)
    ring_symbols = sum(isinstance(kind, tuple) and not isinstance(kind, Atom) and kind[0] == "ring" for kind in way)
    return atoms, (ring_symbols - len(opened)) // 2


@lru_cache(maxsize=1 << 18)
def _way(prefix: valence.Prefix, missing: frozenset[str], atoms_wanted: int) -> tuple[valence.Class, ...]:
    """The classes of symbols from here to the end of the molecule; very many where none is found."""
    way: list[valence.Class] = []
    while missing or atoms_wanted > 0 or not prefix.complete:
        kind = _towards(prefix, missing, atoms_wanted)
        after = prefix.step_class(kind)
        if after is None or len(way) > _TOO_FAR:
            return (_CARBON,) * _TOO_FAR
        if isinstance(kind, Atom):
            missing, atoms_wanted = missing - {kind.element}, max(0, atoms_wanted - 1)
        way.append(kind)
        prefix = after
    return tuple(way)


def _towards(prefix: valence.Prefix, missing: frozenset[str], atoms_wanted: int) -> valence.Class:
    """The next symbol of a short way to a molecule that supplies what is missing; a function of the state alone."""
    carrier = _carrier(min(missing)) if missing else _CARBON
    if not missing and atoms_wanted <= 0:
        return valence.ending(prefix)
    if prefix.phase == "start":
        return _CARBON
    if prefix.phase not in ("atom", "closed"):
        return next((kind for kind in (carrier, _CARBON) if prefix.step_class(kind)), valence.ending(prefix))
    live = prefix.atoms[prefix.current]
    if live.need > 0 or live.slots < 1:
        return ")" if live.need <= 0 and prefix.stack else valence.ending(prefix)
    branches = missing and live.slots >= 2 and prefix.step("(") is not None
    return "(" if branches else _CARBON if prefix.step_class(_CARBON) else valence.ending(prefix)
