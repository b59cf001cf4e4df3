"""The prefix of a SMILES as sampling sees it: no continuation that chemistry cannot mend is let through.

Beyond syntax: free valence of every atom that can still be bonded, aromatic atoms that must end up in a ring, ring
bonds that need an atom to close on, no bond twice. `ending` gives the symbol of a short way to the end and `distance`
its length, so that a budget of symbols always suffices. Whether an aromatic system has a Kekulé structure is
not decided here. Source of the valences: `atoms.py`.
"""

from collections.abc import Iterator
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from scilogos.grammar.atoms import Atom, atom
from scilogos.grammar.smiles import RING_NUMBERS

MAX_RINGS = 10  # ring bonds open at once
_LARGEST_RING_NUMBER = MAX_RINGS + 3
MAX_DEPTH = 12  # branches open at once
_MAX_ENDING = 400
_ORDERS = {"-": 1, "/": 0, "\\": 0, "=": 2, "#": 3}  # a direction leaves the order open
_RINGS = {text: int(text.lstrip("%")) for text in RING_NUMBERS}


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


class _Read(NamedTuple):
    phase: str = "start"  # start, atom, bond, link, open, closed
    order: int = 0  # of a bond symbol just read
    atoms: tuple[Live, ...] = ()
    current: int = -1
    stack: tuple[int, ...] = ()
    rings: tuple[Ring, ...] = ()
    bonds: frozenset[tuple[int, int]] = frozenset()  # between live atoms


class Prefix(_Read):
    """What has been read. Atoms are numbered anew at each step, so equal prefixes are equal values.

    Prefixes come again: one object stands for all that are equal, and remembers where its classes lead.
    """

    @cached_property
    def _after(self) -> "dict[Class, Prefix | None]":
        return {}

    @property
    def complete(self) -> bool:
        """Whether the molecule may end here."""
        done = self.phase in ("atom", "closed") and not self.stack and not self.rings
        return done and self.atoms[self.current].need <= 0

    @property
    def can_grow(self) -> bool:
        """Whether an atom can still be bonded somewhere ahead."""
        if self.phase not in ("atom", "closed"):
            return True
        return any(self.atoms[i].slots > 0 for i in (self.current, *self.stack))

    def step(self, symbol: str) -> "Prefix | None":
        """Read one symbol; None when no molecule goes on so."""
        return _step(self, _classify(symbol))

    def step_class(self, kind: "Class") -> "Prefix | None":
        """Read one symbol of a class."""
        return _step(self, kind._replace(element="") if isinstance(kind, Atom) else kind)


Class = Atom | tuple[str, int] | str | None


@cache
def _classify(symbol: str) -> Class:
    if symbol in _ORDERS:
        return ("bond", _ORDERS[symbol])
    if symbol in _RINGS:
        return ("ring", _RINGS[symbol]) if _RINGS[symbol] <= _LARGEST_RING_NUMBER else None
    if symbol in ("(", ")"):
        return symbol
    found = None if symbol in (".", ":", "$") else atom(symbol)
    return found and found._replace(element="")


def classify(symbol: str) -> Class:
    """The class of a symbol: symbols of one class are legal in the same places and lead to the same prefix.

    The class of an atom is what it can bear, whatever its element.
    """
    return _classify(symbol)


START = Prefix()


_MOST_KNOWN = 1 << 18
_known: dict[Prefix, Prefix] = {START: START}


def _step(prefix: Prefix, kind: Class) -> Prefix | None:
    after = prefix._after
    if kind not in after:
        found = _read(prefix, kind)
        if len(_known) > _MOST_KNOWN:
            _known.clear()
        after[kind] = None if found is None else _known.setdefault(found, found)
    return after[kind]


def _read(prefix: Prefix, kind: Class) -> Prefix | None:
    if isinstance(kind, Atom):
        after = _atom(prefix, kind)
    elif kind == "(":
        after = _open(prefix)
    elif kind == ")":
        after = _close(prefix)
    elif kind is None:
        return None
    elif kind[0] == "bond":
        after = _bond(prefix, kind[1])
    else:
        after = _ring(prefix, kind[1])
    return after if after is not None and _can_end(after) else None


def _spend(live: Live, order: int, aromatic: bool) -> Live | None:
    """The atom after a bond of this order; None if it cannot bear it."""
    if live.aromatic:
        spent = Live(live.slots - 1, live.extra - (order - 1), live.need - aromatic, True)
    else:
        spent = Live(live.slots - order, 0, 0, False)
    return spent if spent.slots >= 0 and spent.extra >= 0 else None


def _atom(prefix: Prefix, kind: Atom) -> Prefix | None:
    fresh = Live(kind.slots, kind.extra, kind.need, kind.aromatic)
    if prefix.phase == "start":
        return _renumber(prefix._replace(phase="atom", order=0, atoms=(fresh,), current=0))
    before = prefix.atoms[prefix.current]
    aromatic = before.aromatic and fresh.aromatic and prefix.order == 0
    order = prefix.order or 1
    old, new = _spend(before, order, aromatic), _spend(fresh, order, aromatic)
    if old is None or new is None:
        return None
    atoms = (*_put(prefix.atoms, prefix.current, old), new)
    bond = (prefix.current, len(atoms) - 1)
    return _renumber(
        prefix._replace(phase="atom", order=0, atoms=atoms, current=len(atoms) - 1, bonds=prefix.bonds | {bond})
    )


def _bond(prefix: Prefix, order: int) -> Prefix | None:
    after = {"atom": "bond", "open": "link", "closed": "link"}.get(prefix.phase)
    live = prefix.atoms[prefix.current] if after else None
    if live is None or _spend(live, order or 1, order == 0 and live.aromatic) is None:
        return None
    return prefix._replace(phase=after, order=order)


def _open(prefix: Prefix) -> Prefix | None:
    if prefix.phase not in ("atom", "closed") or len(prefix.stack) >= MAX_DEPTH:
        return None
    if prefix.atoms[prefix.current].slots < 1:
        return None
    return prefix._replace(phase="open", stack=(*prefix.stack, prefix.current))


def _close(prefix: Prefix) -> Prefix | None:
    if prefix.phase not in ("atom", "closed") or not prefix.stack:
        return None
    return _renumber(prefix._replace(phase="closed", current=prefix.stack[-1], stack=prefix.stack[:-1]))


def _ring(prefix: Prefix, number: int) -> Prefix | None:
    if prefix.phase not in ("atom", "bond"):
        return None
    here = prefix.current
    opened = next((ring for ring in prefix.rings if ring.number == number), None)
    if opened is None:
        if number not in _free(prefix):
            return None
        spent = _spend(prefix.atoms[here], prefix.order or 1, False)
        if spent is None or prefix.order == 3 or (len(prefix.rings) >= MAX_RINGS and not _must_open(prefix)):
            return None
        rings = tuple(sorted((*prefix.rings, Ring(number, here, prefix.order))))
        return prefix._replace(phase="atom", order=0, atoms=_put(prefix.atoms, here, spent), rings=rings)
    there, order = opened.atom, opened.order or prefix.order
    pair = (min(here, there), max(here, there))
    if here == there or pair in prefix.bonds or (opened.order and prefix.order and opened.order != prefix.order):
        return None
    opener = prefix.atoms[there]
    aromatic = opener.aromatic and prefix.atoms[here].aromatic and not order
    spent = _spend(prefix.atoms[here], order or 1, aromatic)
    if order and not opened.order:  # the opener paid for a single bond
        paid = _spend(opener._replace(slots=opener.slots + 1), order, False)
    else:
        paid = opener._replace(need=opener.need - aromatic)
    if spent is None or paid is None:
        return None
    atoms = _put(_put(prefix.atoms, here, spent), there, paid)
    rings = tuple(ring for ring in prefix.rings if ring.number != number)
    return _renumber(prefix._replace(phase="atom", order=0, atoms=atoms, rings=rings, bonds=prefix.bonds | {pair}))


def _free(prefix: Prefix) -> list[int]:
    """The numbers that a new ring bond may take, lowest first; any other would write the same molecule.

    Three, since a number closed at an atom is not opened again there by the usual writers.
    """
    used = {ring.number for ring in prefix.rings}
    return [n for n in range(1, _LARGEST_RING_NUMBER + 1) if n not in used][:3]


def _put(atoms: tuple[Live, ...], i: int, live: Live) -> tuple[Live, ...]:
    return (*atoms[:i], live, *atoms[i + 1 :])


def _renumber(prefix: Prefix) -> Prefix | None:
    """Forget atoms that nothing can reach any more; None if one of them still needed an aromatic bond."""
    reachable = {prefix.current, *prefix.stack, *(ring.atom for ring in prefix.rings)}
    if any(live.need > 0 for i, live in enumerate(prefix.atoms) if i not in reachable):
        return None
    if len(reachable) == len(prefix.atoms):
        return prefix
    new = {old: i for i, old in enumerate(sorted(reachable))}
    return prefix._replace(
        atoms=tuple(prefix.atoms[i] for i in sorted(reachable)),
        current=new[prefix.current],
        stack=tuple(new[i] for i in prefix.stack),
        rings=tuple(Ring(ring.number, new[ring.atom], ring.order) for ring in prefix.rings),
        bonds=frozenset((new[a], new[b]) for a, b in prefix.bonds if a in new and b in new),
    )


_CARBON, _AROMATIC = _classify("C"), _classify("c")
ATTACHABLE = frozenset({"B", "C", "N", "O", "P", "S", "F", "Cl", "Br", "I"})  # atoms without brackets


def _lacking(prefix: Prefix, i: int) -> int:
    """How many aromatic bonds atom i lacks beyond the ring bonds that it has open."""
    need = prefix.atoms[i].need
    return max(0, need - sum(ring.atom == i and not ring.order for ring in prefix.rings)) if need > 0 else 0


def _aromatic_rings(prefix: Prefix) -> bool:
    """Whether a ring bond is open that an aromatic atom can close as an aromatic bond."""
    return any(prefix.atoms[ring.atom].aromatic and not ring.order for ring in prefix.rings)


def _must_open(prefix: Prefix) -> bool:
    """Whether only a new ring bond gives the current atom the aromatic bonds that it lacks."""
    lacking = _lacking(prefix, prefix.current)
    return not prefix.order and (lacking == 2 or (lacking == 1 and not _aromatic_rings(prefix)))


def _can_end(prefix: Prefix) -> bool:
    """Whether `ending` leads from here to a complete molecule.

    It does if something fits what stands open (a bond, a branch), and else if every aromatic atom can still get its
    bonds, as SMILES are written (ring numbers right behind the atom, so one bond at most is lacking later), and open
    ring bonds have a place to grow from.
    """
    if prefix.phase in ("bond", "link", "open"):
        return any(_step(prefix, kind) is not None for kind in _followers(prefix))
    for i, live in enumerate(prefix.atoms):
        if i == prefix.current and prefix.phase == "atom":
            most = live.slots
        else:
            most = min(1, live.slots) if i == prefix.current or i in prefix.stack else 0
        if _lacking(prefix, i) > most:
            return False
    return not prefix.rings or prefix.can_grow


def _followers(prefix: Prefix) -> Iterator[Class]:
    """Classes to try behind a bond or an open branch, the shortest way to the end first."""
    if prefix.phase == "bond":
        yield from (("ring", ring.number) for ring in prefix.rings)
    yield from (_AROMATIC, _CARBON) if _lacking(prefix, prefix.current) else (_CARBON, _AROMATIC)
    if prefix.phase == "bond":
        yield _free_ring(prefix)


def _free_ring(prefix: Prefix) -> Class:
    numbers = {ring.number for ring in prefix.rings}
    return ("ring", next(number for number in range(1, 100) if number not in numbers))


def ending(prefix: Prefix) -> Class:
    """The class of the next symbol on a short way to the end of the molecule; prefix must not be complete."""
    if prefix.phase == "start":
        return _CARBON
    if prefix.phase in ("bond", "link", "open"):
        return next(kind for kind in _followers(prefix) if _step(prefix, kind) is not None)
    lacking = _lacking(prefix, prefix.current)
    if prefix.phase == "atom":
        closing = (("ring", ring.number) for ring in prefix.rings)
        closed = next((kind for kind in closing if _step(prefix, kind) is not None), None)
        if closed is not None:
            return closed
        if _must_open(prefix) and prefix.atoms[prefix.current].slots > 1:
            return _free_ring(prefix)
    if lacking:
        return _AROMATIC
    if _step(prefix, ")") is not None:
        return ")"
    return _AROMATIC if any(prefix.atoms[ring.atom].need > 0 for ring in prefix.rings) else _CARBON


@lru_cache(maxsize=1 << 18)
def distance(prefix: Prefix) -> int:
    """How many symbols `ending` takes to a complete molecule."""
    length = 0
    while not prefix.complete:
        after = _step(prefix, ending(prefix))
        assert after is not None and length < _MAX_ENDING, prefix
        prefix, length = after, length + 1
    return length
