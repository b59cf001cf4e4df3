"""The prefix of a SMILES as sampling sees it: no continuation that chemistry cannot mend is let through.

What a symbol does to the atoms is in `bonding.py`. Here is the way out: a prefix is let through exactly when it can
become a whole molecule. Where nothing aromatic is open it always can, and `distance` is told at once; else `ending`
names the next symbol of a short way, and the way is walked. A budget of `distance` symbols always suffices.
"""

from collections.abc import Iterator

from scilogos.grammar.atoms import Atom
from scilogos.grammar.bonding import Class, Ring, State, classify, free_numbers, lacking, must_open, read, room

ATTACHABLE = frozenset({"B", "C", "N", "O", "P", "S", "F", "Cl", "Br", "I"})  # atoms without brackets
_CARBON, _AROMATIC, _DOUBLE = classify("C"), classify("c"), classify("=")
_UNKNOWN = -1
_FEW_RINGS = 8  # open at once: a way to the end opens others, of numbers below ten
_MOST_KNOWN = 1 << 16  # some 1 kB each, with what they remember


class Prefix:
    """What has been read. Equal states have the same continuations, and one prefix while it is remembered."""

    __slots__ = ("_after", "_length", "state")

    def __init__(self, state: State) -> None:
        self.state = state
        self._after: dict[Class, Prefix | None] = {}  # where a class leads, whether or not a molecule goes on so
        self._length: int | None = _UNKNOWN

    @property
    def stack(self) -> tuple[int, ...]:
        """The atoms below open branches."""
        return self.state.stack

    @property
    def complete(self) -> bool:
        """Whether the molecule may end here."""
        state = self.state
        if state.stack or state.rings or state.phase not in ("atom", "closed"):
            return False
        live, here = state.atoms[state.current], 1 << state.current
        due = live.aromatic and live.extra + live.slots > 0
        return not live.need and any(bool(found & here) == due for found in state.kekule)

    def step(self, symbol: str) -> "Prefix | None":
        """Read one symbol; None when no molecule goes on so."""
        return self._follow(classify(symbol))

    def step_class(self, kind: Class) -> "Prefix | None":
        """Read one symbol of a class."""
        return self._follow(kind._replace(element="") if isinstance(kind, Atom) else kind)

    def _follow(self, kind: Class) -> "Prefix | None":
        after = self._read(kind)
        return after if after is not None and _length(after) is not None else None

    def _read(self, kind: Class) -> "Prefix | None":
        after = self._after.get(kind, _UNREAD)
        if after is _UNREAD:
            state = read(self.state, kind)
            after = self._after[kind] = None if state is None else _known_as(state)
        return after


def _known_as(state: State) -> Prefix:
    found = _known.get(state)
    if found is None:
        if len(_known) >= _MOST_KNOWN:
            _forget()
        found = _known[state] = Prefix(state)
    return found


def _forget() -> None:
    """Let go of all prefixes but those in use; these forget where they lead, or each would hold all behind it."""
    for prefix in _known.values():
        prefix._after.clear()
    _known.clear()
    _known[START.state] = START


START = Prefix(State())
_UNREAD = Prefix(State())  # stands for what has not been read yet
_known: dict[State, Prefix] = {START.state: START}


def distance(prefix: Prefix) -> int:
    """How many symbols to a whole molecule suffice: some symbol that may follow always lowers it."""
    found = _length(prefix)
    assert found is not None, prefix.state
    return found


def wide(prefix: Prefix) -> int:
    """By how many characters at most the symbols of that way exceed one each: ring numbers from ten on take three."""
    rings = prefix.state.rings
    few = len(rings) < _FEW_RINGS and all(ring.number < 10 for ring in rings)
    return 0 if few else 2 * distance(prefix)


def _length(prefix: Prefix) -> int | None:
    """How many symbols to a whole molecule suffice, along `ending` as far as the first plain state; None: no way."""
    if prefix._length != _UNKNOWN:
        return prefix._length
    way: list[Prefix] = []
    at: Prefix | None = prefix
    while at is not None and at._length == _UNKNOWN:
        if is_plain(at.state):
            at._length = _plain_length(at.state)
        elif at.complete:
            at._length = 0
        else:
            at._length = None  # should the way come back here
            way.append(at)
            at = at._read(ending(at))
    length = None if at is None else at._length
    for passed in reversed(way):
        passed._length = length = None if length is None else length + 1
    return prefix._length


def is_plain(state: State) -> bool:
    """Whether no aromatic atom can still be bonded, and no ring bond is due within a branch.

    Then there always is a way to the end: `bonding.py` leaves room for an atom wherever a ring bond is open.
    """
    for _, _, _, aromatic in state.atoms:
        if aromatic:
            return False
    return not state.rings or not any(state.loose)


def _plain_length(state: State) -> int:
    """How many symbols suffice from a plain state: an atom where one is due, those of each ring bond and branch.

    Where there is no room, a branch ends. Where there is, a ring bond is closed if it can be and else a carbon written,
    two at most: so a ring bond takes three symbols, and the next one as many as `_carbons` tells and its number.
    """
    due = state.phase not in ("atom", "closed")
    return len(state.stack) + due + (3 * len(state.rings) - 2 + _carbons(state) if state.rings else 0)


def _carbons(state: State) -> int:
    """How many carbons suffice from a plain state with room until one of its open ring bonds can be closed."""
    here, more = state.current, len(state.rings) > 1
    slots = state.atoms[here].slots
    if slots < 1 or state.phase not in ("atom", "closed"):
        return 2
    apart = [ring for ring in state.rings if ring.atom != here]
    if state.phase == "atom":
        for ring in apart:
            if ring.atom not in state.beside and slots >= (ring.order or 1) + more:
                return 0
    return 1 if apart else 2


def ending(prefix: Prefix) -> Class:
    """The class of the next symbol on a short way to the end of the molecule; prefix must not be complete."""
    state = prefix.state
    if state.phase == "start":
        return _CARBON
    if state.phase in ("bond", "link", "open"):
        return _follower(prefix)
    for kind in _moves(state):
        if prefix._read(kind) is not None:
            return kind
    return None


def _follower(prefix: Prefix) -> Class:
    """What to write behind a bond or an open branch: an atom, unless the current one can only take a ring bond."""
    state = prefix.state
    live, lacks = state.atoms[state.current], lacking(state, state.current)
    if lacks and state.phase == "bond" and state.order:
        closing = (("ring", ring.number) for ring in state.rings)
        return next((kind for kind in closing if prefix._read(kind) is not None), _new_ring(state))
    bound = state.phase == "bond" or _room(state, state.current) <= lacks
    return _AROMATIC if live.aromatic and lacks and bound and not state.order else _CARBON


def _moves(state: State) -> Iterator[Class]:
    """Classes to try behind an atom, best first."""
    rings, lacks = _closable(state), lacking(state, state.current)
    if state.phase == "atom":
        if lacks and (must_open(state) or not rings):
            yield _new_ring(state)
        for ring in rings:
            yield ("ring", ring.number)
    if lacks:
        yield _AROMATIC
        return
    if not state.rings or any(_room(state, i) > 0 for i in state.stack):
        yield ")"
    if any(state.atoms[ring.atom].need or _wanting(state, ring.atom) for ring in rings):
        yield _AROMATIC
    yield from (_CARBON, _DOUBLE) if rings else (_DOUBLE, _CARBON)
    if rings:
        yield _AROMATIC


def _closable(state: State) -> list[Ring]:
    """The open ring bonds that may be closed at the current atom, best first.

    Those opened before an atom below an open branch that lacks an aromatic bond are left for it, if possible.
    """
    rings, atoms, loose = state.rings, state.atoms, state.loose[-1]
    promised = [i for i in state.stack if atoms[i].need and lacking(state, i)]
    later = [ring for ring in rings if ring.atom > promised[-1]] if promised else list(rings)
    if not later and loose and len(rings) > len(promised):
        later = list(rings)
    if len(later) < 2:
        return later
    lacks = lacking(state, state.current) > 0

    def merit(ring: Ring) -> tuple[bool, bool, int]:
        aromatic = atoms[ring.atom].aromatic and not ring.order
        closes_over = sum([other.atom < ring.atom for other in rings]) < loose
        return (lacks and aromatic, closes_over, ring.atom)

    return sorted(later, key=merit, reverse=True)


def _new_ring(state: State) -> Class:
    """A ring bond of the lowest free number; no class where none is left."""
    free = free_numbers(state)
    return ("ring", free[0]) if free else None


def _room(state: State, i: int) -> int:
    """How many neighbours atom i can have at most."""
    slots, extra, _, aromatic = state.atoms[i]
    return slots if extra or not aromatic else max([room(state, i, doubled) for doubled in state.kekule])


def _wanting(state: State, i: int) -> bool:
    """Whether atom i has no double bond yet and must have one in its ring."""
    live = state.atoms[i]
    return live.aromatic and live.extra + live.slots > 0 and not any(found >> i & 1 for found in state.kekule)
