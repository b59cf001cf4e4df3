"""The atoms of a SMILES prefix that can still be bonded, and what each further symbol does to them.

Beyond syntax: free valence, ring bonds that need an atom to close on, no bond twice, aromatic atoms with two aromatic
bonds at least, each of them in a ring, and a Kekulé structure (`kekule.py`). Refuses what is wrong already; what cannot
be mended any more is the business of `valence.py`. Source of the valences: `atoms.py`.
"""

from functools import cache
from typing import NamedTuple, TypeVar

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
    kekule: frozenset[int] = frozenset({0})  # the possible sets of atoms with a double bond in their ring, as bits


S = TypeVar("S", bound=State)
_SPENT = Live(0, 0, 0, False)
_NONE = frozenset({0})


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


def read(state: S, kind: Class) -> S | None:
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


def _spend(live: Live, order: int, aromatic: bool) -> Live | None:
    """The atom after a bond of this order; None if it cannot bear it."""
    if live.aromatic:
        spent = Live(live.slots - 1, live.extra - (order - 1), max(0, live.need - aromatic), True)
    else:
        spent = Live(live.slots - order, 0, 0, False)
    return spent if spent.slots >= 0 and spent.extra >= 0 else None


def _atom(state: S, kind: Atom) -> S | None:
    fresh = Live(kind.slots, kind.extra, kind.need, kind.aromatic)
    if state.phase == "start":
        return _settle(state._replace(phase="atom", order=0, atoms=(fresh,), current=0))
    here, there = state.current, len(state.atoms)
    before = state.atoms[here]
    aromatic = before.aromatic and fresh.aromatic and state.order == 0
    if aromatic and not state.rings:
        return None
    order = state.order or 1
    old, new = _spend(before, order, aromatic), _spend(fresh, order, aromatic)
    if old is None or new is None:
        return None
    return _settle(
        state._replace(
            phase="atom",
            order=0,
            atoms=(*_put(state.atoms, here, old), new),
            current=there,
            beside=frozenset([ring.atom for ring in state.rings if ring.atom == here]),
            loose=_loosen(state) if aromatic else state.loose,
            kekule=kekule.join(state.kekule, here, there) if aromatic else state.kekule,
        )
    )


def _loosen(state: State) -> tuple[int, ...]:
    """Note an aromatic bond that one of the ring bonds now open must close over, before the branch ends.

    A branch keeps how many ring bonds were open before its first such bond: those are all open still, and closing any
    of them does for the later ones too.
    """
    return (*state.loose[:-1], state.loose[-1] or len(state.rings))


def _bond(state: S, order: int) -> S | None:
    after = {"atom": "bond", "open": "link", "closed": "link"}.get(state.phase)
    live = state.atoms[state.current] if after else None
    if live is None or _spend(live, order or 1, order == 0 and live.aromatic) is None:
        return None
    return state._replace(phase=after, order=order)


def _open(state: S) -> S | None:
    if state.phase not in ("atom", "closed") or len(state.stack) >= MAX_DEPTH:
        return None
    if state.atoms[state.current].slots < 1:
        return None
    stack = (*state.stack, state.current)
    return state._replace(phase="open", stack=stack, beside=frozenset(), loose=(*state.loose, 0))


def _close(state: S) -> S | None:
    if state.phase not in ("atom", "closed") or not state.stack or state.loose[-1]:
        return None
    return _settle(
        state._replace(
            phase="closed",
            current=state.stack[-1],
            stack=state.stack[:-1],
            beside=frozenset(),
            loose=state.loose[:-1],
        )
    )


def _ring(state: S, number: int) -> S | None:
    if state.phase not in ("atom", "bond"):
        return None
    opened = next((ring for ring in state.rings if ring.number == number), None)
    return _open_ring(state, number) if opened is None else _close_ring(state, opened)


def _open_ring(state: S, number: int) -> S | None:
    here = state.current
    spent = _spend(state.atoms[here], state.order or 1, False)
    if spent is None or state.order == 3 or number not in free_numbers(state):
        return None
    if len(state.rings) >= MAX_RINGS and not must_open(state):
        return None
    rings = tuple(sorted((*state.rings, Ring(number, here, state.order))))
    return _settle(state._replace(phase="atom", order=0, atoms=_put(state.atoms, here, spent), rings=rings))


def _close_ring(state: S, opened: Ring) -> S | None:
    here, there, order = state.current, opened.atom, opened.order or state.order
    if here == there or there in state.beside or (opened.order and state.order and opened.order != state.order):
        return None
    opener = state.atoms[there]
    aromatic = opener.aromatic and state.atoms[here].aromatic and not order
    spent = _spend(state.atoms[here], order or 1, aromatic)
    if order and not opened.order:  # the opener paid for a single bond
        paid = _spend(opener._replace(slots=opener.slots + 1), order, False)
    else:
        paid = opener._replace(need=max(0, opener.need - aromatic))
    if spent is None or paid is None:
        return None
    rings = tuple(ring for ring in state.rings if ring.number != opened.number)
    before = sum(ring.atom < there for ring in rings)  # ring bonds that were open before this one
    return _settle(
        state._replace(
            phase="atom",
            order=0,
            atoms=_put(_put(state.atoms, here, spent), there, paid),
            rings=rings,
            beside=state.beside | {there} if any(ring.atom == there for ring in rings) else state.beside - {there},
            loose=tuple([0 if count > before else count for count in state.loose]),
            kekule=kekule.join(state.kekule, here, there) if aromatic else state.kekule,
        )
    )


def _put(atoms: tuple[Live, ...], i: int, live: Live) -> tuple[Live, ...]:
    return (*atoms[:i], live, *atoms[i + 1 :])


def _settle(state: S) -> S | None:
    """Forget atoms that nothing can reach any more; None if an atom's aromatic bonds or its double bond cannot be."""
    current, atoms, sets = state.current, state.atoms, state.kekule
    places = {current, *state.stack}
    pledged = [ring.atom for ring in state.rings if not ring.order]
    settled = due = able = 0
    for i, live in enumerate(state.atoms):
        if not live.aromatic:
            continue
        grows = live.slots > 0 and i in places
        lacks = max(0, live.need - pledged.count(i)) if live.need else 0
        if lacks and lacks > (0 if not grows else live.slots if i == current and state.phase == "atom" else 1):
            return None
        if not grows and i not in pledged:
            settled |= 1 << i
            due |= (live.extra + live.slots > 0) << i
            atoms = _put(atoms, i, _SPENT)
        elif live.extra or live.slots > lacks:
            able |= 1 << i
    if settled or sets != _NONE:
        sets = kekule.choose(sets, settled, due, able)
    if state.rings:
        sets = _with_room(state, sets)
    if not sets:
        return None
    places.update([ring.atom for ring in state.rings])
    if len(places) < len(atoms):
        return _renumber(state, atoms, sets, sorted(places))
    return state._replace(atoms=atoms, kekule=sets) if settled or sets != state.kekule else state


def _with_room(state: State, sets: frozenset[int]) -> frozenset[int]:
    """The sets that leave room for another atom, where the next open ring bond can be reached from.

    That is, since the last bond that one must close over.
    """
    first = len(state.stack)
    while first > 0 and not state.loose[first]:
        first -= 1
    places = (state.current, *state.stack[first:])
    for i in places:
        live = state.atoms[i]
        if live.slots > 1 or (live.slots and (live.extra or not live.aromatic)):
            return sets
    return frozenset([found for found in sets if any(room(state, i, found) > 0 for i in places)])


def _renumber(state: S, atoms: tuple[Live, ...], sets: frozenset[int], kept: list[int]) -> S:
    new = {old: i for i, old in enumerate(kept)}
    return state._replace(
        atoms=tuple([atoms[i] for i in kept]),
        current=new[state.current],
        stack=tuple([new[i] for i in state.stack]),
        rings=tuple([Ring(number, new[opener], order) for number, opener, order in state.rings]),
        beside=frozenset([new[i] for i in state.beside]),
        kekule=sets if sets == _NONE else kekule.renumber(sets, kept),
    )
