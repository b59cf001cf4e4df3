"""One material: so many node fragments, so many linkers, a net or none.

Nodes go by syntax alone, or only known ones, of those that syntax allows: a spelled bracket atom is never chosen, in
training neither, so that a model knows nothing of its beginning. The first linkers may be given, then only their text
may be written.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from scilogos.errors import PromptError
from scilogos.grammar import smiles as smiles_syntax
from scilogos.grammar import tags, valence
from scilogos.grammar.constraints.molecules import STRETCH
from scilogos.grammar.objects import NET_CHARACTERS
from scilogos.grammar.symbols import Symbol, smiles_symbols

_TAG = {tag: Symbol("tag", tag) for tag in tags.TAGS}
_LONGEST_NET = 12


class Place(NamedTuple):
    """The part being read and how far it has come; `last` is the last whole part."""

    last: str = ""  # "", "open", "metal", "linker", "net", "closed"
    nodes: int = 0
    linkers: int = 0
    node: tuple[Symbol, ...] | smiles_syntax.Prefix | None = None
    linker: valence.Prefix | int | None = None  # of a given linker: how many of its symbols are read
    net: int | None = None  # characters read


@dataclass(frozen=True)
class Materials:
    """The answer of a material; `whole` are the bracket atoms that the vocabulary writes as one symbol."""

    whole: frozenset[str]
    known_nodes: frozenset[str] | None = None
    most_nodes: int = 8
    most_linkers: int = 6
    linkers: tuple[str, ...] = ()  # given: SMILES as the answer must write them, in this order
    start = Place()

    def __post_init__(self) -> None:
        if self.known_nodes is not None and not self.known_nodes:
            raise PromptError("no known node fragment is given: expected at least one")
        if self.known_nodes is not None and not self.writable:
            some = ", ".join(sorted(self.known_nodes)[:3])
            raise PromptError(f"known nodes {some}: expected one with the bracket atoms of this model alone, as [Zn]")
        if len(self.linkers) > self.most_linkers:
            raise PromptError(f"{len(self.linkers)} linkers are given: a material has {self.most_linkers} at most")

    @cached_property
    def writable(self) -> frozenset[str] | None:
        """The known nodes that syntax allows; None where nodes are free."""
        known = self.known_nodes
        return None if known is None else frozenset(node for node in known if self._by_syntax(node))

    def _by_syntax(self, node: str) -> bool:
        prefix: smiles_syntax.Prefix | None = smiles_syntax.START
        for symbol in smiles_symbols(node, self.whole):
            prefix = _after(prefix, symbol) if prefix else None
        return prefix is not None and prefix.complete

    @cached_property
    def _known(self) -> dict[tuple[Symbol, ...], int] | None:
        """The beginnings of known nodes, and how many symbols the nearest end of one is away."""
        if self.writable is None:
            return None
        left: dict[tuple[Symbol, ...], int] = {}
        for node in self.writable:
            cut = tuple(smiles_symbols(node, self.whole))
            for n in range(len(cut) + 1):
                left[cut[:n]] = min(len(cut) - n, left.get(cut[:n], len(cut)))
        return left

    @cached_property
    def _given(self) -> tuple[tuple[Symbol, ...], ...]:
        """The symbols of the given linkers."""
        return tuple(tuple(smiles_symbols(linker, self.whole)) for linker in self.linkers)

    @cached_property
    def stretch(self) -> int:
        """The most by which one symbol lengthens the way to the end."""
        return STRETCH + max(map(len, self._known or ()), default=0)

    def step(self, state: Place, symbol: Symbol) -> Place | None:
        """Read one symbol; None when it may not follow."""
        if state.node is not None:
            return self._node(state, symbol)
        if state.linker is not None:
            return self._linker(state, symbol)
        if state.net is not None:
            return self._net(state, symbol)
        last, nodes, linkers = state[:3]
        if symbol == _TAG[tags.MATERIAL_S]:
            return Place("open") if not last else None
        if symbol == _TAG[tags.METAL_S] and last in ("open", "metal") and nodes < self.most_nodes:
            return state._replace(node=smiles_syntax.START if self._known is None else ())
        if symbol == _TAG[tags.MOLECULE_S] and last in ("metal", "linker") and linkers < self.most_linkers:
            return state._replace(linker=0 if linkers < len(self._given) else valence.START)
        if linkers < len(self._given):
            return None
        if symbol == _TAG[tags.NET_S] and last == "linker":
            return state._replace(net=0)
        if symbol == _TAG[tags.MATERIAL_E] and last in ("linker", "net"):
            return Place("closed")
        return None

    def _node(self, state: Place, symbol: Symbol) -> Place | None:
        node, done = state.node, Place("metal", state.nodes + 1)
        if isinstance(node, smiles_syntax.Prefix):
            if symbol == _TAG[tags.METAL_E]:
                return done if node.complete else None
            after = _after(node, symbol)
            return state._replace(node=after) if after else None
        assert self._known is not None and node is not None
        if symbol == _TAG[tags.METAL_E]:
            return done if self._known[node] == 0 else None
        return state._replace(node=(*node, symbol)) if (*node, symbol) in self._known else None

    def _linker(self, state: Place, symbol: Symbol) -> Place | None:
        linker, done = state.linker, Place("linker", state.nodes, state.linkers + 1)
        assert linker is not None
        if isinstance(linker, int):
            left = (*self._given[state.linkers], _TAG[tags.MOLECULE_E])[linker:]
            if symbol != left[0]:
                return None
            return state._replace(linker=linker + 1) if left[1:] else done
        if symbol == _TAG[tags.MOLECULE_E]:
            return done if linker.complete else None
        after = linker.step(symbol.text) if symbol.kind == "smiles" else None
        return state._replace(linker=after) if after else None

    def _net(self, state: Place, symbol: Symbol) -> Place | None:
        length = state.net or 0
        if symbol == _TAG[tags.NET_E]:
            return Place("net", state.nodes, state.linkers) if length else None
        fits = symbol.kind == "net" and symbol.text in NET_CHARACTERS and length < _LONGEST_NET
        return state._replace(net=length + 1) if fits else None

    def complete(self, state: Place) -> bool:
        """Whether the material is whole."""
        return state.last == "closed"

    def distance(self, state: Place) -> int:
        """Symbols of a short way to the end: the open part, then one of each part that lacks."""
        linker = self._linkers_left(state.linkers)
        if state.node is not None:
            if isinstance(state.node, smiles_syntax.Prefix):
                return _syntax_distance(state.node) + 1 + linker + 1
            assert self._known is not None
            return self._known[state.node] + 1 + linker + 1
        if isinstance(state.linker, int):
            return linker - state.linker
        if state.linker is not None:
            return valence.distance(state.linker) + 2
        if state.net is not None:
            return 2 + (not state.net)
        node = 3 if self._known is None else 2 + self._known[()]
        return {
            "": 2 + node + linker, "open": node + linker + 1, "metal": linker + 1, "linker": linker + 1, "net": 1,
            "closed": 0,
        }[state.last]  # fmt: skip

    def characters(self, state: Place) -> int:
        """How many characters to the end suffice: one a symbol, but for ring bonds and what is given."""
        if self._known is not None or self._given:
            return self._widest * self.distance(state)
        if isinstance(state.node, smiles_syntax.Prefix):
            return self.distance(state) + 2 * len(state.node.rings)
        free = isinstance(state.linker, valence.Prefix)
        return self.distance(state) + (valence.wide(state.linker) if free else 0)

    @cached_property
    def _widest(self) -> int:
        """The characters of the longest symbol of what is known and given; of a ring bond at least."""
        texts = chain(*(self._known or ()), *self._given)
        return max(3, *(len(symbol.text) for symbol in texts if symbol.kind == "smiles"))

    def _linkers_left(self, done: int) -> int:
        """Symbols of the given linkers that are still to come, or of a short one where there is none yet."""
        if self._given or done:
            return sum(2 + len(linker) for linker in self._given[done:])
        return 2 + valence.distance(valence.START)

    def classify(self, symbol: Symbol) -> object:
        """Net characters together; SMILES symbols by syntax and by what they can bear, unless they are asked for."""
        if symbol.kind == "net":
            return "net"
        if symbol.kind == "tag" or self._known is not None or any(symbol in linker for linker in self._given):
            return symbol
        if symbol.kind != "smiles":
            return None
        syntax = smiles_syntax.classify(symbol.text)
        return (syntax, symbol.text in (".", "*"), valence.classify(symbol.text))


def _after(node: smiles_syntax.Prefix, symbol: Symbol) -> smiles_syntax.Prefix | None:
    """A node fragment after one symbol more, by syntax."""
    return node.step(symbol.text) if symbol.kind == "smiles" and symbol.text not in (".", "*") else None


def _syntax_distance(prefix: smiles_syntax.Prefix) -> int:
    """Symbols that close a SMILES by syntax alone: an atom if one is due, ring bonds, branches."""
    due = prefix.phase not in ("atom", "closed") or (prefix.phase == "closed" and bool(prefix.rings))
    return due + len(prefix.rings) + prefix.depth
