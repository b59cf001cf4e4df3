"""The way to the end of one molecule that supplies what is missing: so many symbols, or none if there is no way."""

from collections.abc import Set
from functools import cache
from typing import NamedTuple

from scilogos.grammar import valence
from scilogos.grammar.atoms import Atom, atom
from scilogos.grammar.bonding import MAX_DEPTH, State

_CARBON = Atom("C", 4)
_MOST_KNOWN = 1 << 16

Missing = tuple[tuple[str, int], ...]  # elements and how many atoms of each


class Way(NamedTuple):
    """How many symbols suffice to the end, and how many atoms and ring numbers they are if no bound was used."""

    symbols: int = 0
    atoms: int = 0
    ring_numbers: int = 0


class _Want(NamedTuple):
    """Where the way begins, what it must supply, how many atoms, and whether they and the rings are counted."""

    prefix: valence.Prefix
    missing: Missing
    atoms: int
    counted: bool


_ways: dict[_Want, Way | None] = {}


def carrier(element: str, whole: Set[str]) -> Atom | None:
    """An atom of the element that a single bond can attach, if a vocabulary with these bracket atoms writes one."""
    return _carrier(element) if element in valence.ATTACHABLE or written(element) in whole else None


def written(element: str) -> str:
    """The symbol of an atom of the element that a bond can attach."""
    return element if element in valence.ATTACHABLE else f"[{element}]"


@cache
def _carrier(element: str) -> Atom | None:
    found = atom(written(element))
    return found if found is not None and found.slots > 0 else None


def less(missing: Missing, element: str) -> Missing:
    """What is missing after one atom of an element."""
    for i, (name, count) in enumerate(missing):
        if name == element:
            left = ((name, count - 1),) if count > 1 else ()
            return missing[:i] + left + missing[i + 1 :]
    return missing


def length(prefix: valence.Prefix, missing: Missing, atoms: int) -> int | None:
    """How many symbols suffice to the end of a molecule that supplies what is missing and has so many more atoms."""
    if not missing and atoms <= 0:
        return valence.distance(prefix)
    if valence.is_plain(prefix.state):
        return _plain_length(prefix.state, missing, atoms)
    found = way(prefix, missing, atoms, counted=False)
    return None if found is None else found.symbols


def _plain_length(state: State, missing: Missing, atoms: int) -> int | None:
    """How many symbols suffice from a plain state: one for an atom that goes on, four for one that does not.

    What goes on is written as a chain. What does not is hung on it as a branch, "(F)", and may take a carbon first for
    room. Where there is no room, branches end; the last place is kept for what is still to come. Each symbol written so
    lowers the number. None: no room is left, or none for a branch where branches are as deep as they may be.
    """
    ends, links = _counts(missing, atoms)
    phase, depth, slots = state.phase, len(state.stack), state.atoms[state.current].slots if state.atoms else 4
    room = sum([state.atoms[i].slots for i in state.stack])
    rest = depth + links + 4 * ends + 3 * len(state.rings)
    if phase == "open" and ends and (room > 1 or (ends == 1 and not links and not state.rings)):
        return rest - 3 + (ends > 1)
    deep = ends > 0 and depth >= MAX_DEPTH
    if phase in ("atom", "closed"):
        return None if slots + room < 1 or (deep and slots > 0) else rest + (ends > 0 and slots < 2)
    return None if deep else rest + 1 + (ends > 0 and phase != "start")


def scratch(missing: Missing, atoms: int) -> int:
    """How many symbols suffice for a molecule that supplies what is missing and has so many atoms."""
    ends, links = _counts(missing, atoms)
    return 1 + links + 4 * ends


def _counts(missing: Missing, atoms: int) -> tuple[int, int]:
    """How many atoms of one bond only are to be supplied, and how many of more; carbon makes up the number."""
    ends = links = 0
    for element, count in missing:
        found = _carrier(element)
        if found is not None and found.slots < 2:
            ends += count
        else:
            links += count
    return ends, max(links, atoms - ends)


def way(prefix: valence.Prefix, missing: Missing, atoms: int, *, counted: bool) -> Way | None:
    """The way to the end, what is missing hung on as side groups and chain; None: no way.

    Where atoms and rings need not be counted, it is walked as far as the first plain state only.
    """
    if len(_ways) > _MOST_KNOWN:
        _ways.clear()
    at: _Want | None = _Want(prefix, missing, atoms, counted)
    passed = []
    while at is not None and at not in _ways:
        _ways[at] = None  # should the way come back here
        if not counted and valence.is_plain(at.prefix.state):
            symbols = length(at.prefix, at.missing, at.atoms)
            _ways[at] = None if symbols is None else Way(symbols)
        elif not at.missing and at.atoms <= 0 and at.prefix.complete:
            _ways[at] = Way()
        else:
            kind = _towards(at.prefix, at.missing, at.atoms)
            passed.append((at, kind))
            at = _after(at, kind)
    found = _ways[at] if at is not None else None
    for at, kind in reversed(passed):
        if found is not None:
            number = not isinstance(kind, Atom) and kind[0] == "ring"
            found = Way(found.symbols + 1, found.atoms + isinstance(kind, Atom), found.ring_numbers + number)
        _ways[at] = found
    return found


def _after(want: _Want, kind: valence.Class) -> _Want | None:
    prefix, missing, atoms, counted = want
    after = prefix.step_class(kind)
    if after is None:
        return None
    if isinstance(kind, Atom):
        return _Want(after, less(missing, kind.element or "C"), max(0, atoms - 1), counted)
    return _Want(after, missing, atoms, counted)


def _towards(prefix: valence.Prefix, missing: Missing, atoms: int) -> valence.Class:
    """The next symbol of a short way to a molecule that supplies what is missing; a function of the state alone.

    Atoms that go on are written as a chain, the others as branches of it.
    """
    if not missing and atoms <= 0:
        return valence.ending(prefix)
    wanted = (_carrier(missing[0][0]) if missing else None) or _CARBON
    state = prefix.state
    if state.phase == "start":
        return _CARBON
    if state.phase not in ("atom", "closed"):
        return next((kind for kind in (wanted, _CARBON) if prefix.step_class(kind)), valence.ending(prefix))
    live = state.atoms[state.current]
    if live.need > 0 or live.slots < 1:
        return ")" if live.need <= 0 and state.stack else valence.ending(prefix)
    if missing and wanted.slots < 2 and live.slots >= 2 and prefix.step("(") is not None:
        return "("
    chain = (wanted, _CARBON) if missing and wanted.slots > 1 else (_CARBON,)
    return next((kind for kind in chain if prefix.step_class(kind)), valence.ending(prefix))
