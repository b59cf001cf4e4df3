"""The prompt's own chains again, with free marks: any residue may stand between Pocket tags, alone."""

from dataclasses import dataclass
from typing import NamedTuple

from scilogos.grammar import tags
from scilogos.grammar.symbols import Symbol

_TAGS = frozenset({tags.PROTEIN_S, tags.PROTEIN_E, tags.POCKET_S, tags.POCKET_E})


class Place(NamedTuple):
    """How far the copy has come."""

    chain: int = 0
    residue: int = -1  # -1: before the opening tag
    pocket: str = ""  # "", "open" or "read"


@dataclass(frozen=True)
class MarkedCopy:
    """The marked answer to a `located` prompt of these residue strings."""

    chains: tuple[str, ...]
    start = Place()
    stretch = 1  # by a mark

    def step(self, state: Place, symbol: Symbol) -> Place | None:
        """Read one symbol; None when it may not follow."""
        if state.chain == len(self.chains):
            return None
        residues = self.chains[state.chain]
        if state.residue < 0:
            return state._replace(residue=0) if symbol == ("tag", tags.PROTEIN_S) else None
        if state.pocket == "read":
            closed = state._replace(residue=state.residue + 1, pocket="")
            return closed if symbol == ("tag", tags.POCKET_E) else None
        if state.residue == len(residues):
            return Place(state.chain + 1) if symbol == ("tag", tags.PROTEIN_E) else None
        if symbol == ("residue", residues[state.residue]):
            return state._replace(pocket="read") if state.pocket else state._replace(residue=state.residue + 1)
        return state._replace(pocket="open") if symbol == ("tag", tags.POCKET_S) and not state.pocket else None

    def draft(self, state: Place) -> Symbol | None:
        """The copy goes on without a mark."""
        if self.complete(state):
            return None
        residues = self.chains[state.chain]
        if state.residue < 0:
            return Symbol("tag", tags.PROTEIN_S)
        if state.pocket == "read":
            return Symbol("tag", tags.POCKET_E)
        ended = state.residue == len(residues)
        return Symbol("tag", tags.PROTEIN_E) if ended else Symbol("residue", residues[state.residue])

    def complete(self, state: Place) -> bool:
        """Whether every chain has been copied."""
        return state.chain == len(self.chains)

    def distance(self, state: Place) -> int:
        """Symbols of the copy without further marks."""
        if self.complete(state):
            return 0
        here = len(self.chains[state.chain]) - state.residue + 1
        pocket = {"": 0, "open": 1, "read": 0}[state.pocket]
        return here + pocket + sum(len(chain) + 2 for chain in self.chains[state.chain + 1 :])

    def classify(self, symbol: Symbol) -> Symbol | None:
        """Residues and the tags of the answer by themselves; all other symbols never follow."""
        return symbol if symbol.kind == "residue" or symbol.text in _TAGS else None
