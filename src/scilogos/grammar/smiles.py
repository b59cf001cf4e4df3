"""SMILES as the language sees it: cut into symbols, and the syntax of a prefix (branches, ring bonds, bonds, dots).

Knows nothing of valence or aromaticity: that is `valence.py`, for sampling only. Source: OpenSMILES 1.0, of which ring
numbers behind a branch, dots inside one and `%0n` are left out, as are RDKit's own `%(n)`, `->`, `~` and `[#6]`.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from scilogos.errors import ParseError
from scilogos.grammar.bracket import is_bracket_atom, sound_length

ORGANIC = ("B", "C", "N", "O", "P", "S", "F", "Cl", "Br", "I", "b", "c", "n", "o", "p", "s", "*")
BONDS = ("-", "=", "#", "$", ":", "/", "\\")
RING_NUMBERS = tuple("123456789") + tuple(f"%{n}" for n in range(10, 100)) + ("0",)

_SYMBOL = re.compile(r"\[[^\[\]]*\]|Br|Cl|%\d\d|[BCNOPSFIbcnops*]|[0-9]|[-=#$:/\\().]")
_ATOMS = frozenset(ORGANIC)
_BONDS = frozenset(BONDS)
_RINGS = {text: int(text.lstrip("%")) for text in RING_NUMBERS}


def cut(smiles: str) -> list[str]:
    """Cut a SMILES into its symbols: atoms (bracket atoms whole), bonds, ring numbers, parentheses, dots.

    >>> cut("C[C@@H](Cl)%12=O")
    ['C', '[C@@H]', '(', 'Cl', ')', '%12', '=', 'O']
    """
    symbols, position = [], 0
    for match in _SYMBOL.finditer(smiles):
        if match.start() != position:
            break
        symbols.append(match[0])
        position = match.end()
    if position != len(smiles):
        raise ParseError(smiles, position, "a SMILES symbol")
    return symbols


def classify(symbol: str) -> str:
    """The class of a symbol: symbols of one class may stand in the same places and lead to the same prefix."""
    if symbol in _BONDS:
        return "bond"
    return symbol if symbol in _RINGS or symbol in ("(", ")", ".") else "atom"


class Prefix(NamedTuple):
    """What has been read of a SMILES, as far as syntax cares."""

    phase: str = "start"  # start, atom, bond (atom or ring follows), link (atom follows), open, closed
    depth: int = 0
    rings: frozenset[int] = frozenset()

    @property
    def complete(self) -> bool:
        """Whether the SMILES may end here."""
        return self.phase in ("atom", "closed") and not self.depth and not self.rings

    def step(self, symbol: str) -> "Prefix | None":
        """Read one symbol; None when no SMILES goes on so."""
        return _step(self, symbol)

    def expected(self) -> str:
        """What may follow, in words."""
        if self.phase in ("start", "bond", "link"):
            return "an atom or a ring number" if self.phase == "bond" else "an atom"
        if self.phase == "open":
            return "an atom or a bond"
        closing = ([f"ring bond {min(self.rings)} to be closed"] if self.rings else []) + ([")"] if self.depth else [])
        return ", ".join(["an atom, a bond"] + closing)


START = Prefix()


@lru_cache(maxsize=1 << 16)
def _step(prefix: Prefix, symbol: str) -> Prefix | None:
    phase, depth, rings = prefix
    if symbol in _ATOMS or (symbol[0] == "[" and is_bracket_atom(symbol)):
        return Prefix("atom", depth, rings)
    if symbol in _BONDS:
        after = {"atom": "bond", "open": "link", "closed": "link"}.get(phase)
        return Prefix(after, depth, rings) if after else None
    if symbol in _RINGS:
        return Prefix("atom", depth, rings ^ {_RINGS[symbol]}) if phase in ("atom", "bond") else None
    if symbol == "(":
        return Prefix("open", depth + 1, rings) if phase in ("atom", "closed") else None
    if symbol == ")":
        return Prefix("closed", depth - 1, rings) if phase in ("atom", "closed") and depth else None
    if symbol == ".":
        return Prefix("start", depth, rings) if phase in ("atom", "closed") and not depth else None
    return None


@lru_cache(maxsize=1 << 14)
def check(smiles: str) -> None:
    """Raise ParseError with the position and what was expected unless the text is a whole SMILES."""
    prefix, position = START, 0
    for symbol in cut(smiles):
        after = prefix.step(symbol)
        if after is None and symbol[0] == "[":
            raise ParseError(smiles, position + sound_length(symbol), "a bracket atom such as [C@@H] or [Na+]")
        if after is None:
            raise ParseError(smiles, position, prefix.expected(), symbol)
        prefix, position = after, position + len(symbol)
    if not prefix.complete:
        raise ParseError(smiles, position, prefix.expected())
