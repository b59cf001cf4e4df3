"""What sampling demands of an answer beyond syntax: one automaton over typed symbols a task, all of one shape.

A constraint is stricter than the language's automaton and never refuses real data to the parser. `distance` bounds the
symbols still needed from above, and some legal symbol always lowers it: so a budget of symbols always suffices.
"""

from collections.abc import Hashable
from typing import Protocol, runtime_checkable

from scilogos.grammar.constraints.answers import MOST_MOLECULES, MOST_REACTANTS, answer_constraint, elements
from scilogos.grammar.constraints.copy import MarkedCopy
from scilogos.grammar.constraints.fragment import Fragment, FragmentAtom
from scilogos.grammar.constraints.grown import Grown
from scilogos.grammar.constraints.loops import FilledLoops
from scilogos.grammar.constraints.material import Materials
from scilogos.grammar.constraints.molecules import Bounds, Molecules
from scilogos.grammar.constraints.substitutions import Substitutions
from scilogos.grammar.symbols import Symbol

__all__ = [
    "MOST_MOLECULES",
    "MOST_REACTANTS",
    "Bounds",
    "Constraint",
    "Copying",
    "FilledLoops",
    "Fragment",
    "FragmentAtom",
    "Grown",
    "MarkedCopy",
    "Materials",
    "Molecules",
    "Spelled",
    "Substitutions",
    "answer_constraint",
    "elements",
]


class Constraint(Protocol):
    """Which symbols may follow in an answer."""

    @property
    def start(self) -> Hashable:
        """The state before the first symbol of the answer."""
        ...

    @property
    def stretch(self) -> int:
        """The most by which one symbol raises the distance."""
        ...

    def step(self, state: Hashable, symbol: Symbol) -> Hashable | None:
        """Read one symbol; None when it may not follow."""
        ...

    def complete(self, state: Hashable) -> bool:
        """Whether the answer may end here."""
        ...

    def distance(self, state: Hashable) -> int:
        """How many symbols to a complete answer suffice."""
        ...

    def classify(self, symbol: Symbol) -> Hashable:
        """The class of a symbol: symbols of one class may follow in the same states and lead to the same state."""
        ...


@runtime_checkable
class Spelled(Constraint, Protocol):
    """A constraint that knows how long its answers are in characters too, for tokens that are pieces of symbols."""

    def characters(self, state: Hashable) -> int:
        """How many characters to a complete answer suffice, a tag being one: a bound of the way by short symbols."""
        ...


@runtime_checkable
class Copying(Constraint, Protocol):
    """A constraint whose answer is mostly a copy of the prompt, so that what follows can be guessed."""

    def draft(self, state: Hashable) -> Symbol | None:
        """The symbol that a plain copy goes on with, if there is one."""
        ...
