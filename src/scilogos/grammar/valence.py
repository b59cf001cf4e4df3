"""The prefix of a SMILES as sampling sees it: no continuation that chemistry cannot mend is let through.

What a symbol does to the atoms is in `bonding.py`. Here is the way out: `ending` names the next symbol of a short way
to the end, `distance` tells its length, so that a budget of symbols always suffices. A prefix is let through exactly
when that way reaches a whole molecule.
"""

from collections.abc import Iterator

from scilogos.grammar.atoms import Atom
from scilogos.grammar.bonding import Class, Ring, State, classify, free_numbers, lacking, must_open, read, room

ATTACHABLE = frozenset({"B", "C", "N", "O", "P", "S", "F", "Cl", "Br", "I"})  # atoms without brackets
_CARBON, _AROMATIC, _DOUBLE = classify("C"), classify("c"), classify("=")
_UNKNOWN = -1
_MOST_KNOWN = 1 << 16  # some 15 kB each, with what they remember


class Prefix(State):
    """What has been read. Equal prefixes have the same continuations.

    Prefixes come again: one object stands for all that are equal, and remembers where its classes lead.
    """

    _read: "dict[Class, Prefix | None]"  # where a class leads, whether or not `ending` leads on from there
    _legal: "dict[Class, Prefix | None]"  # where it leads if so
    _distance: int | None

    @property
    def complete(self) -> bool:
        """Whether the molecule may end here."""
        if self.phase not in ("atom", "closed") or self.stack or self.rings:
            return False
        live, here = self.atoms[self.current], 1 << self.current
        due = live.aromatic and live.extra + live.slots > 0
        return not live.need and any(bool(found & here) == due for found in self.kekule)

    def step(self, symbol: str) -> "Prefix | None":
        """Read one symbol; None when no molecule goes on so."""
        return self._follow(classify(symbol))

    def step_class(self, kind: Class) -> "Prefix | None":
        """Read one symbol of a class."""
        return self._follow(kind._replace(element="") if isinstance(kind, Atom) else kind)

    def _follow(self, kind: Class) -> "Prefix | None":
        legal = self._legal
        if kind not in legal:
            after = _read(self, kind)
            legal[kind] = after if after is not None and _reach(after) is not None else None
        return legal[kind]


def _known_as(prefix: Prefix) -> Prefix:
    """The one object that stands for all prefixes that are equal to this one."""
    found = _known.get(prefix)
    if found is None:
        if len(_known) >= _MOST_KNOWN:
            _forget()
        _known[prefix] = found = prefix
        prefix._read, prefix._legal, prefix._distance = {}, {}, _UNKNOWN
    return found


def _forget() -> None:
    """Let go of all prefixes but those in use; these forget where they lead, or each would hold all behind it."""
    for prefix in _known:
        prefix._read.clear()
        prefix._legal.clear()
    _known.clear()
    _known[START] = START


_known: dict[Prefix, Prefix] = {}
START = _known_as(Prefix())


def _read(prefix: Prefix, kind: Class) -> Prefix | None:
    after = prefix._read
    if kind not in after:
        found = read(prefix, kind)
        after[kind] = None if found is None else _known_as(found)
    return after[kind]


def distance(prefix: Prefix) -> int:
    """How many symbols `ending` takes to a complete molecule."""
    found = _reach(prefix)
    assert found is not None, prefix
    return found


def _reach(prefix: Prefix) -> int | None:
    """How many symbols `ending` takes to a complete molecule; None if it never comes to one."""
    way: list[Prefix] = []
    at: Prefix | None = prefix
    while at is not None and at._distance == _UNKNOWN:
        if at.complete:
            at._distance = 0
        else:
            at._distance = None  # should the way come back here
            way.append(at)
            at = _read(at, ending(at))
    length = None if at is None else at._distance
    for passed in reversed(way):
        passed._distance = length = None if length is None else length + 1
    return prefix._distance


def ending(prefix: Prefix) -> Class:
    """The class of the next symbol on a short way to the end of the molecule; prefix must not be complete."""
    if prefix.phase == "start":
        return _CARBON
    if prefix.phase in ("bond", "link", "open"):
        return _follower(prefix)
    return next((kind for kind in _moves(prefix) if _read(prefix, kind) is not None), None)


def _follower(prefix: Prefix) -> Class:
    """What to write behind a bond or an open branch: an atom, unless the current one can only take a ring bond."""
    live, lacks = prefix.atoms[prefix.current], lacking(prefix, prefix.current)
    if lacks and prefix.phase == "bond" and prefix.order:
        closing = (("ring", ring.number) for ring in prefix.rings)
        return next((kind for kind in closing if _read(prefix, kind) is not None), _new_ring(prefix))
    bound = prefix.phase == "bond" or _room(prefix, prefix.current) <= lacks
    return _AROMATIC if live.aromatic and lacks and bound and not prefix.order else _CARBON


def _moves(prefix: Prefix) -> Iterator[Class]:
    """Classes to try behind an atom, best first."""
    rings = _closable(prefix)
    if prefix.phase == "atom":
        if must_open(prefix):
            yield _new_ring(prefix)
        yield from [("ring", ring.number) for ring in rings]
    if lacking(prefix, prefix.current):
        yield _AROMATIC
        return
    if not prefix.rings or any(_room(prefix, i) > 0 for i in prefix.stack):
        yield ")"
    if any(prefix.atoms[ring.atom].need or _wanting(prefix, ring.atom) for ring in rings):
        yield _AROMATIC
    yield from (_CARBON, _DOUBLE) if rings else (_DOUBLE, _CARBON)
    if rings:
        yield _AROMATIC


def _closable(prefix: Prefix) -> list[Ring]:
    """The open ring bonds that may be closed at the current atom, best first.

    Those opened before an atom below an open branch that lacks an aromatic bond are left for it, if possible.
    """
    promised = [i for i in prefix.stack if lacking(prefix, i)]
    lacks, loose = lacking(prefix, prefix.current), prefix.loose[-1]

    def merit(ring: Ring) -> tuple[bool, bool, int]:
        aromatic = prefix.atoms[ring.atom].aromatic and not ring.order
        closes_over = sum(other.atom < ring.atom for other in prefix.rings) < loose
        return (bool(lacks) and aromatic, closes_over, ring.atom)

    later = [ring for ring in prefix.rings if not promised or ring.atom > promised[-1]]
    if not later and loose and len(prefix.rings) > len(promised):
        later = list(prefix.rings)
    return sorted(later, key=merit, reverse=True)


def _new_ring(prefix: Prefix) -> Class:
    """A ring bond of the lowest free number; no class where none is left."""
    free = free_numbers(prefix)
    return ("ring", free[0]) if free else None


def _room(prefix: Prefix, i: int) -> int:
    """How many neighbours atom i can have at most."""
    return max(room(prefix, i, doubled) for doubled in prefix.kekule)


def _wanting(prefix: Prefix, i: int) -> bool:
    """Whether atom i has no double bond yet and must have one in its ring."""
    live = prefix.atoms[i]
    return live.aromatic and live.extra + live.slots > 0 and not any(found >> i & 1 for found in prefix.kekule)
