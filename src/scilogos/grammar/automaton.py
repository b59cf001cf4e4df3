"""The language symbol by symbol: which symbols may follow a beginning, and whether a sentence may end there.

It accepts exactly what the parser accepts. Syntax only: what sampling demands beyond it is in `constraints/`.
"""

from collections.abc import Set
from typing import NamedTuple

from scilogos.grammar import forms, tags
from scilogos.grammar import smiles as smiles_syntax
from scilogos.grammar.bracket import sound_length
from scilogos.grammar.objects import NET_CHARACTERS, RESIDUES, UNKNOWN_RESIDUE
from scilogos.grammar.residues import RESIDUE_SMILES
from scilogos.grammar.symbols import Symbol, smiles_symbols

_RESIDUES = frozenset(RESIDUES + UNKNOWN_RESIDUE)
_SITED = frozenset({"marked", "expanded"})
_CHAINS = _SITED | {"chain"}
_DOMAINS = frozenset({"antibody", "gapped", "filled"})


class Chain(NamedTuple):
    """Inside Protein tags."""

    kinds: frozenset[str]  # what the chain may still be: chain, marked, expanded
    filled: bool = False  # a residue has been read


class Pocket(NamedTuple):
    """Inside Pocket tags of a chain."""

    chain: Chain
    read: tuple[Symbol, ...] = ()


class Domain(NamedTuple):
    """Inside Antibody tags."""

    kinds: frozenset[str]  # what the domain may still be: antibody, gapped, filled
    filled: bool = False


class Loop(NamedTuple):
    """Inside Cdr tags of a domain."""

    kinds: frozenset[str]
    content: str = ""  # what it holds so far: "", "gap" or "residues"


class Smiles(NamedTuple):
    """Inside Molecule or Metal tags."""

    name: str  # molecule, linker or metal
    prefix: smiles_syntax.Prefix = smiles_syntax.START
    spelled: str = ""


class Framework(NamedTuple):
    """Inside Material tags, between parts: `last` is the last part read."""

    last: str = ""


class Net(NamedTuple):
    """Inside Net tags."""

    filled: bool = False


Inner = Chain | Pocket | Domain | Loop | Smiles | Framework | Net


class State(NamedTuple):
    """Where a sentence stands: the forms still possible, and the place within an object."""

    position: forms.Position = forms.START
    inner: Inner | None = None


class Automaton:
    """The automaton for a vocabulary whose own bracket atoms are `whole`."""

    def __init__(self, whole: Set[str]) -> None:
        self.whole = frozenset(whole)
        self.start = State()
        self._expansions = {
            tuple(symbols[:n]): n == len(symbols)
            for symbols in (smiles_symbols(text, whole) for text in RESIDUE_SMILES.values())
            for n in range(1, len(symbols) + 1)
        }

    def complete(self, state: State) -> bool:
        """Whether the sentence may end here."""
        return state.inner is None and forms.completed(state.position) is not None

    def accepts(self, symbols: list[Symbol]) -> bool:
        """Whether the symbols are a whole sentence."""
        state: State | None = self.start
        for symbol in symbols:
            state = self.step(state, symbol) if state else None
        return state is not None and self.complete(state)

    def step(self, state: State, symbol: Symbol) -> State | None:
        """Read one symbol; None when no sentence goes on so."""
        if state.inner is None:
            return self._between(state.position, symbol)
        after = _STEPS[type(state.inner)](self, state, symbol)
        return after if after is None or isinstance(after, State) else State(state.position, after)

    def _between(self, position: forms.Position, symbol: Symbol) -> State | None:
        if symbol.kind != "tag":
            return None
        expected = forms.expected(position)
        if symbol.text in expected:
            return State(forms.advance(position, frozenset({symbol.text})))
        if symbol.text not in {forms.KINDS.get(kind) for kind in expected}:
            return None
        inner: Inner
        match symbol.text:
            case tags.PROTEIN_S:
                inner = Chain(expected & _CHAINS)
            case tags.ANTIBODY_S:
                inner = Domain(expected & _DOMAINS)
            case tags.MOLECULE_S:
                inner = Smiles("molecule")
            case _:
                inner = Framework()
        return State(position, inner)

    @staticmethod
    def _close(position: forms.Position, kinds: frozenset[str]) -> State | None:
        after = forms.advance(position, kinds)
        return State(after) if after else None

    def _chain(self, state: State, symbol: Symbol) -> Inner | State | None:
        chain = state.inner
        if symbol.kind == "residue":
            return chain._replace(filled=True) if symbol.text in _RESIDUES else None
        if symbol == ("tag", tags.POCKET_S):
            return Pocket(chain) if chain.kinds & _SITED else None
        return self._close(state.position, chain.kinds) if symbol == ("tag", tags.PROTEIN_E) and chain.filled else None

    def _pocket(self, state: State, symbol: Symbol) -> Inner | State | None:
        (kinds, _), read = state.inner
        if symbol == ("tag", tags.POCKET_E) and read:
            if read[0].kind == "residue":
                return Chain(kinds & (_SITED if read[0].text == UNKNOWN_RESIDUE else {"marked"}), True)
            return Chain(kinds & {"expanded"}, True) if self._expansions[read] else None
        if not read and symbol.kind == "residue" and symbol.text in _RESIDUES:
            allowed = symbol.text == UNKNOWN_RESIDUE or "marked" in kinds
            return state.inner._replace(read=(symbol,)) if allowed else None
        longer = (*read, symbol)
        fits = "expanded" in kinds and longer in self._expansions
        return state.inner._replace(read=longer) if fits else None

    def _domain(self, state: State, symbol: Symbol) -> Inner | State | None:
        domain = state.inner
        if symbol.kind == "residue":
            return domain._replace(filled=True) if symbol.text in _RESIDUES else None
        if symbol == ("tag", tags.CDR_S):
            return Loop(domain.kinds) if domain.kinds & {"gapped", "filled"} else None
        closes = symbol == ("tag", tags.ANTIBODY_E) and domain.filled
        return self._close(state.position, domain.kinds) if closes else None

    def _loop(self, state: State, symbol: Symbol) -> Inner | State | None:
        loop = state.inner
        if symbol == ("tag", tags.GAP):
            return Loop(loop.kinds & {"gapped"}, "gap") if not loop.content and "gapped" in loop.kinds else None
        if symbol.kind == "residue" and symbol.text in _RESIDUES:
            return Loop(frozenset({"filled"}), "residues") if "filled" in loop.kinds else None
        return Domain(loop.kinds, True) if symbol == ("tag", tags.CDR_E) and loop.content else None

    def _smiles(self, state: State, symbol: Symbol) -> Inner | State | None:
        name, prefix, spelled = state.inner
        if symbol.kind == "spell":
            text = spelled + symbol.text
            if len(symbol.text) != 1 or sound_length(text) < len(text):
                return None
            if symbol.text != "]":
                return Smiles(name, prefix, text)
            return Smiles(name, prefix.step(text)) if text not in self.whole else None
        if spelled:
            return None
        if symbol.kind == "smiles":
            if symbol.text[0] == "[" and symbol.text not in self.whole:
                return None
            after = prefix.step(symbol.text)
            return Smiles(name, after) if after else None
        closing = tags.METAL_E if name == "metal" else tags.MOLECULE_E
        if symbol != ("tag", closing) or not prefix.complete:
            return None
        return self._close(state.position, frozenset({"molecule"})) if name == "molecule" else Framework(name)

    def _framework(self, state: State, symbol: Symbol) -> Inner | State | None:
        last = state.inner.last
        if symbol == ("tag", tags.METAL_S) and last in ("", "metal"):
            return Smiles("metal")
        if symbol == ("tag", tags.MOLECULE_S) and last in ("metal", "linker"):
            return Smiles("linker")
        if symbol == ("tag", tags.NET_S) and last == "linker":
            return Net()
        if symbol == ("tag", tags.MATERIAL_E) and last in ("linker", "net"):
            return self._close(state.position, frozenset({"material"}))
        return None

    def _net(self, state: State, symbol: Symbol) -> Inner | State | None:
        if symbol.kind == "net":
            return Net(True) if len(symbol.text) == 1 and symbol.text in NET_CHARACTERS else None
        return Framework("net") if symbol == ("tag", tags.NET_E) and state.inner.filled else None


_STEPS = {
    Chain: Automaton._chain,
    Pocket: Automaton._pocket,
    Domain: Automaton._domain,
    Loop: Automaton._loop,
    Smiles: Automaton._smiles,
    Framework: Automaton._framework,
    Net: Automaton._net,
}
