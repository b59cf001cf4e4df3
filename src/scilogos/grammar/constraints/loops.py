"""The prompt's own antibodies again with their gaps filled: loops of bounded length over 20 residues."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from scilogos.errors import PromptError
from scilogos.grammar import tags
from scilogos.grammar.objects import RESIDUES, Antibody
from scilogos.grammar.symbols import Symbol, symbols
from scilogos.grammar.writer import write_all

SHORTEST, LONGEST = 1, 40
_TAGS = frozenset({tags.ANTIBODY_S, tags.ANTIBODY_E, tags.CDR_S, tags.CDR_E})


class Place(NamedTuple):
    """How far the answer has come: the next framework symbol, or the residues read of an open loop."""

    at: int = 0
    read: int = 0


@dataclass(frozen=True)
class FilledLoops:
    """The filled answer to a `design` prompt; `bounds` are the residues of each gap, shortest and longest.

    `inner` leaves out what stands `before` the first loop's residues and `behind` the last loop's end: nobody chooses.
    """

    gapped: tuple[Antibody, ...]
    bounds: tuple[tuple[int, int], ...] = ()
    inner: bool = False
    start = Place()
    stretch = 0

    def __post_init__(self) -> None:
        gaps = sum(len(antibody.loops) for antibody in self.gapped if antibody.gapped)
        if not self.bounds:
            object.__setattr__(self, "bounds", ((SHORTEST, LONGEST),) * gaps)
        if len(self.bounds) != gaps:
            raise PromptError(f"{len(self.bounds)} length bounds for {gaps} gaps")
        if self.inner and not gaps:
            raise PromptError("no gap to fill: the answer has no inner part")
        for low, high in self.bounds:
            if not 1 <= low <= high:
                raise PromptError(f"loop length {low} to {high}: expected at least 1 residue, shortest first")

    @cached_property
    def template(self) -> list[Symbol | tuple[int, int]]:
        """The answer's symbols in order, with a gap's bounds in its place."""
        left = iter(self.bounds)
        cut = symbols(write_all(self.gapped), frozenset())
        whole = [next(left) if symbol == ("tag", tags.GAP) else symbol for symbol in cut]
        gaps = [at for at, part in enumerate(whole) if not isinstance(part, Symbol)]
        return whole[gaps[0] : gaps[-1] + 2] if self.inner else whole

    @property
    def of_any_length(self) -> "FilledLoops":
        """The rule of training, or one that allows longer loops where this one does."""
        return replace(self, bounds=tuple((SHORTEST, max(LONGEST, high)) for _, high in self.bounds))

    @property
    def before(self) -> str:
        """The text of the answer that an inner one lacks at its beginning."""
        return write_all(self.gapped).partition(tags.GAP)[0] if self.inner else ""

    @property
    def behind(self) -> str:
        """The text of the answer that an inner one lacks at its end."""
        return write_all(self.gapped).rpartition(tags.GAP + tags.CDR_E)[2] if self.inner else ""

    def step(self, state: Place, symbol: Symbol) -> Place | None:
        """Read one symbol; None when it may not follow."""
        at, read = state
        if at == len(self.template):
            return None
        here = self.template[at]
        if isinstance(here, Symbol):
            return Place(at + 1) if symbol == here else None
        low, high = here
        if symbol.kind == "residue" and symbol.text in RESIDUES:
            return Place(at, read + 1) if read < high else None
        return Place(at + 2) if read >= low and symbol == self.template[at + 1] else None

    def draft(self, state: Place) -> Symbol | None:
        """The framework's next symbol; nothing inside a loop."""
        here = None if self.complete(state) else self.template[state.at]
        return here if isinstance(here, Symbol) else None

    def complete(self, state: Place) -> bool:
        """Whether every loop is filled and every framework copied."""
        return state.at == len(self.template)

    @cached_property
    def _left(self) -> list[int]:
        """Symbols from each place of the template on, with the shortest loops."""
        counts = [0]
        for part in reversed(self.template):
            counts.append(counts[-1] + (1 if isinstance(part, Symbol) else part[0]))
        return counts[::-1]

    def distance(self, state: Place) -> int:
        """Symbols left with the shortest loops."""
        if self.complete(state) or isinstance(self.template[state.at], Symbol):
            return self._left[state.at]
        return self._left[state.at + 1] + max(0, self.template[state.at][0] - state.read)

    def classify(self, symbol: Symbol) -> Symbol | None:
        """Residues and the tags of the answer by themselves; all other symbols never follow."""
        return symbol if symbol.kind == "residue" or symbol.text in _TAGS else None
