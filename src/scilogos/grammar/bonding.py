"""The atoms of a SMILES prefix that can still be bonded, and what each further symbol does to them.

Beyond syntax: free valence, ring bonds that need an atom to close on, no bond twice, aromatic atoms with two aromatic
bonds at least, each of them in a ring, and a Kekulé structure (`kekule.py`). Refuses what is wrong already; what cannot
be mended any more is the business of `valence.py`. Source of the valences: `atoms.py`.
"""

from functools import cache
from typing import NamedTuple

from scilogos.grammar import kekule
from scilogos.grammar.atoms import Atom, atom
from scilogos.grammar.smiles import RING_NUMBERS

MAX_RINGS = 10  # ring bonds open at once
MAX_DEPTH = 12  # branches open at once
_LARGEST_RING_NUMBER = MAX_RINGS + 3
_ORDERS = {"-": 1, "/": 0, "\\": 0, "=": 2, "#": 3}  # a direction leaves the order open
_RINGS = {text: int(text.lstrip("%")) for text in RING_NUMBERS}

Class = Atom | tuple[str, int] | str | None


class Live(NamedTuple):
    """An atom that can still be bonded: the current one, one below an open branch, or one with an open ring bond."""

    slots: int
    extra: int
    need: int
    aromatic: bool


class Ring(NamedTuple):
    """An open ring bond: its number, the live atom that opened it, its written order (0: none)."""

    number: int
    atom: int
    order: int


class State(NamedTuple):
    """What has been read. Atoms are numbered anew at each step, in the order in which they came."""

    phase: str = "start"  # start, atom, bond, link, open, closed
    order: int = 0  # of a bond symbol just read
    atoms: tuple[Live, ...] = ()
    current: int = -1
    stack: tuple[int, ...] = ()
    rings: tuple[Ring, ...] = ()
    beside: frozenset[int] = frozenset()  # atoms with an open ring bond that the current atom is bonded to already
    loose: tuple[int, ...] = (0,)  # by open branch: aromatic bonds that a ring must still close over, see `_loosen`
    kekule: frozenset[int] = kekule.NONE  # the possible sets of atoms with a double bond in their ring, as bits


_SPENT = Live(0, 0, 0, False)
_NOWHERE: frozenset[int] = frozenset()


@cache
def classify(symbol: str) -> Class:
    """The class of a symbol: symbols of one class are legal in the same places and lead to the same prefix.

    The class of an atom is what it can bear, whatever its element.
    """
    if symbol in _ORDERS:
        return ("bond", _ORDERS[symbol])
    if symbol in _RINGS:
        return ("ring", _RINGS[symbol]) if _RINGS[symbol] <= _LARGEST_RING_NUMBER else None
    if symbol in ("(", ")"):
        return symbol
    found = None if symbol in (".", ":", "$") else atom(symbol)
    return found and found._replace(element="")


def read(state: State, kind: Class) -> State | None:
    """Read a symbol of a class; None when no molecule is written so."""
    if isinstance(kind, Atom):
        return _atom(state, kind)
    if kind == "(":
        return _open(state)
    if kind == ")":
        return _close(state)
    if kind is None:
        return None
    return _bond(state, kind[1]) if kind[0] == "bond" else _ring(state, kind[1])


def lacking(state: State, i: int) -> int:
    """How many aromatic bonds atom i lacks beyond the ring bonds that it has open."""
    need = state.atoms[i].need
    if need:
        for _, opener, order in state.rings:
            need -= opener == i and not order
    return need if need > 0 else 0


def room(state: State, i: int, doubled: int) -> int:
    """How many neighbours atom i can still have, given the atoms that have their double bond in the ring."""
    live = state.atoms[i]
    return live.slots - (live.aromatic and not live.extra and bool(doubled >> i & 1))


def free_numbers(state: State) -> list[int]:
    """The numbers that a new ring bond may take, lowest first; any other would write the same molecule.

    Three, since a number closed at an atom is not opened again there by the usual writers.
    """
    used = {ring.number for ring in state.rings}
    return [n for n in range(1, _LARGEST_RING_NUMBER + 1) if n not in used][:3]


def must_open(state: State) -> bool:
    """Whether only a new ring bond gives the current atom the aromatic bonds that it lacks."""
    lacks = lacking(state, state.current)
    return not state.order and (lacks == 2 or (lacks == 1 and not _aromatic_rings(state)))


def _aromatic_rings(state: State) -> bool:
    """Whether a ring bond is open that an aromatic atom can close as an aromatic bond."""
    return any(state.atoms[ring.atom].aromatic and not ring.order for ring in state.rings)


@cache
def _spend(live: Live | Atom, order: int, aromatic: bool) -> Live | None:
    """The atom after a bond of this order; None if it cannot bear it."""
    if live.aromatic:
        spent = Live(live.slots - 1, live.extra - (order - 1), max(0, live.need - aromatic), True)
    else:
        spent = Live(live.slots - order, 0, 0, False)
    return spent if spent.slots >= 0 and spent.extra >= 0 else None


def _atom(state: State, kind: Atom) -> State | None:
    phase, order, atoms, here, stack, rings, _, loose, sets = state
    if phase == "start":
        return State("atom", 0, (Live(kind.slots, kind.extra, kind.need, kind.aromatic),), 0)
    there = len(atoms)
    aromatic = atoms[here].aromatic and kind.aromatic and not order
    if aromatic and not rings:
        return None
    old, new = _spend(atoms[here], order or 1, aromatic), _spend(kind, order or 1, aromatic)
    if old is None or new is None:
        return None
    if aromatic:
        loose, sets = _loosen(state), kekule.join(sets, here, there)
    beside = frozenset((here,)) if _opened(rings, here) else _NOWHERE
    atoms = (*atoms[:here], old, *atoms[here + 1 :], new)
    return _settle(State("atom", 0, atoms, there, stack, rings, beside, loose, sets), (here, there))


def _loosen(state: State) -> tuple[int, ...]:
    """Note an aromatic bond that one of the ring bonds now open must close over, before the branch ends.

    A branch keeps how many ring bonds were open before its first such bond: those are all open still, and closing any
    of them does for the later ones too.
    """
    return (*state.loose[:-1], state.loose[-1] or len(state.rings))


def _bond(state: State, order: int) -> State | None:
    after = {"atom": "bond", "open": "link", "closed": "link"}.get(state.phase)
    live = state.atoms[state.current] if after else None
    if after is None or live is None or _spend(live, order or 1, order == 0 and live.aromatic) is None:
        return None
    return State(after, order, *state[2:])


def _open(state: State) -> State | None:
    phase, order, atoms, here, stack, rings, _, loose, sets = state
    if phase not in ("atom", "closed") or len(stack) >= MAX_DEPTH or atoms[here].slots < 1:
        return None
    return State("open", order, atoms, here, (*stack, here), rings, _NOWHERE, (*loose, 0), sets)


def _close(state: State) -> State | None:
    phase, order, atoms, here, stack, rings, _, loose, sets = state
    if phase not in ("atom", "closed") or not stack or loose[-1]:
        return None
    after = State("closed", order, atoms, stack[-1], stack[:-1], rings, _NOWHERE, loose[:-1], sets)
    return _settle(after, (here,))


def _ring(state: State, number: int) -> State | None:
    if state.phase not in ("atom", "bond"):
        return None
    for ring in state.rings:
        if ring.number == number:
            return _close_ring(state, ring)
    return _open_ring(state, number)


def _open_ring(state: State, number: int) -> State | None:
    _, order, atoms, here, stack, rings, beside, loose, sets = state
    spent = _spend(atoms[here], order or 1, False)
    if spent is None or order == 3 or number not in free_numbers(state):
        return None
    if len(rings) >= MAX_RINGS and not must_open(state):
        return None
    rings = tuple(sorted((*rings, Ring(number, here, order))))
    return _settle(State("atom", 0, _put(atoms, here, spent), here, stack, rings, beside, loose, sets), (here,))


def _close_ring(state: State, opened: Ring) -> State | None:
    _, written, atoms, here, stack, rings, beside, loose, sets = state
    there, order = opened.atom, opened.order or written
    if here == there or there in beside or (opened.order and written and opened.order != written):
        return None
    opener = atoms[there]
    aromatic = opener.aromatic and atoms[here].aromatic and not order
    spent = _spend(atoms[here], order or 1, aromatic)
    if order and not opened.order:  # the opener paid for a single bond
        paid = _spend(opener._replace(slots=opener.slots + 1), order, False)
    else:
        paid = opener._replace(need=max(0, opener.need - aromatic)) if opener.need else opener
    if spent is None or paid is None:
        return None
    rings = tuple([ring for ring in rings if ring is not opened])
    if _opened(rings, there):
        beside = beside | {there}
    elif paid.need and there not in stack:
        return None
    before = sum([ring.atom < there for ring in rings])  # ring bonds that were open before this one
    loose = tuple([0 if count > before else count for count in loose])
    if aromatic:
        sets = kekule.join(sets, here, there)
    atoms = _put(_put(atoms, here, spent), there, paid)
    return _settle(State("atom", 0, atoms, here, stack, rings, beside, loose, sets), (here, there))


def _put(atoms: tuple[Live, ...], i: int, live: Live) -> tuple[Live, ...]:
    return (*atoms[:i], live, *atoms[i + 1 :])


def _opened(rings: tuple[Ring, ...], i: int) -> bool:
    """Whether atom i has an open ring bond."""
    return i in [ring.atom for ring in rings]


def _settle(state: State, changed: tuple[int, ...]) -> State | None:
    """Check the atoms that a symbol changed, and forget the one that nothing can reach any more.

    None if the aromatic bonds of one, or its double bond, cannot be. The others stand as they did.
    """
    phase, order, atoms, current, stack, rings, beside, loose, sets = state
    settled = due = barred = 0
    gone = -1
    for i in changed:
        live, placed = atoms[i], i == current or i in stack
        orders = [ring.order for ring in rings if ring.atom == i]
        if not placed and not orders:
            gone = i
        if not live.aromatic:
            continue
        lacks, grows = live.need - orders.count(0), placed and live.slots > 0
        if lacks > 0 and lacks > (0 if not grows else live.slots if i == current and phase == "atom" else 1):
            return None
        if not grows and 0 not in orders:
            settled |= 1 << i
            due |= (live.extra + live.slots > 0) << i
            atoms = _put(atoms, i, _SPENT)
        elif not live.extra and live.slots <= max(0, lacks):
            barred |= 1 << i
    if settled or barred:
        sets = kekule.choose(sets, settled, due, barred)
    if rings and sets:
        sets = _with_room(state, sets)
    if not sets:
        return None
    if gone >= 0:
        atoms, current = atoms[:gone] + atoms[gone + 1 :], current - (current > gone)
        if sets is not kekule.NONE:
            sets = kekule.without(sets, gone)
        if gone < len(atoms):
            stack, rings, beside = _renumber(stack, rings, beside, gone)
    return State(phase, order, atoms, current, stack, rings, beside, loose, sets)


def _with_room(state: State, sets: frozenset[int]) -> frozenset[int]:
    """The sets that leave room for another atom, where the next open ring bond can be reached from.

    That is, since the last bond that one must close over.
    """
    stack, atoms = state.stack, state.atoms
    first = len(stack)
    while first > 0 and not state.loose[first]:
        first -= 1
    places = (state.current, *stack[first:])
    for i in places:
        slots, extra, _, aromatic = atoms[i]
        if slots > 1 or (slots and (extra or not aromatic)):
            return sets
    return frozenset([found for found in sets if any(room(state, i, found) > 0 for i in places)])


def _renumber(
    stack: tuple[int, ...], rings: tuple[Ring, ...], beside: frozenset[int], gone: int
) -> tuple[tuple[int, ...], tuple[Ring, ...], frozenset[int]]:
    """The same without one atom, whose place the later ones take."""
    if stack and stack[-1] > gone:
        stack = tuple([i - (i > gone) for i in stack])
    if rings and max([ring.atom for ring in rings]) > gone:
        rings = tuple([Ring(number, opener - (opener > gone), order) for number, opener, order in rings])
        beside = frozenset([i - (i > gone) for i in beside])
    return stack, rings, beside
