"""The prompt's own chain again with substitutions: so many at least and at most, at the allowed positions."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from scilogos.errors import PromptError
from scilogos.grammar import tags
from scilogos.grammar.objects import RESIDUES
from scilogos.grammar.symbols import Symbol

_TAGS = frozenset({tags.PROTEIN_S, tags.PROTEIN_E})


class Place(NamedTuple):
    """How far the variant has come."""

    residue: int = -1  # -1: before the opening tag
    used: int = 0  # substitutions
    done: bool = False


@dataclass(frozen=True)
class Substitutions:
    """The variant of an `edit` prompt. Positions are 0-based; None allows all."""

    parent: str
    most: int
    least: int = 0
    positions: frozenset[int] | None = None
    start = Place()
    stretch = 0

    def __post_init__(self) -> None:
        for position in self.positions or ():
            if not 0 <= position < len(self.parent):
                raise PromptError(f"position {position + 1} lies outside a chain of {len(self.parent)} residues")
        if not 0 <= self.least <= self.most or self.least > self._ahead[0]:
            raise PromptError(
                f"{self.least} to {self.most} substitutions at {self._ahead[0]} allowed positions: "
                "expected fewest first, and no more than there are positions"
            )

    @cached_property
    def _ahead(self) -> list[int]:
        """Allowed positions from each residue on."""
        counts = [0]
        for i in reversed(range(len(self.parent))):
            counts.append(counts[-1] + bool(self.letters(i)))
        return counts[::-1]

    def letters(self, position: int) -> str:
        """The residues that may stand in for the parent's own at a position."""
        allowed = self.positions is None or position in self.positions
        return RESIDUES.replace(self.parent[position], "") if allowed else ""

    def step(self, state: Place, symbol: Symbol) -> Place | None:
        """Read one symbol; None when it may not follow."""
        at, used, done = state
        if done:
            return None
        if at < 0:
            return Place(0) if symbol == ("tag", tags.PROTEIN_S) else None
        if at == len(self.parent):
            return Place(at, used, True) if symbol == ("tag", tags.PROTEIN_E) else None
        if symbol.kind != "residue":
            return None
        if symbol.text == self.parent[at]:
            return Place(at + 1, used) if self.least - used <= self._ahead[at + 1] else None
        return Place(at + 1, used + 1) if used < self.most and symbol.text in self.letters(at) else None

    def draft(self, state: Place) -> Symbol | None:
        """The parent's own."""
        if state.done:
            return None
        if 0 <= state.residue < len(self.parent):
            return Symbol("residue", self.parent[state.residue])
        return Symbol("tag", tags.PROTEIN_S if state.residue < 0 else tags.PROTEIN_E)

    def complete(self, state: Place) -> bool:
        """Whether the variant is whole."""
        return state.done

    def distance(self, state: Place) -> int:
        """Symbols left; every variant has the same length."""
        return 0 if state.done else len(self.parent) - state.residue + 1

    def classify(self, symbol: Symbol) -> Symbol | None:
        """Residues and the tags of the answer by themselves; all other symbols never follow."""
        return symbol if symbol.kind == "residue" or symbol.text in _TAGS else None
