"""Our own engine, with the task's constraint and without any."""

import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from decoding.cases import Case
from decoding.pairs import Work
from scilogos.decode import Completion, Engine, Prompt
from scilogos.grammar.symbols import Symbol
from scilogos.tokens import Guide


@dataclass(frozen=True)
class Ours:
    """The engine as the tasks use it: answers are as long as they are drawn."""

    engine: Engine

    def write(self, case: Case, count: int, seed: int) -> Work:
        """Draw so many answers."""
        begun = time.perf_counter()
        found = self.engine.complete([case.prompt], count, case.sampling, seed=seed)
        return _work(found, begun)


@dataclass(frozen=True)
class Unconstrained:
    """The engine under a constraint that fixes the length and nothing else: what is left is the constraint's cost.

    Every row is a prompt of its own with the same text, read once; the rows draw the same symbols.
    """

    engine: Engine

    def write(self, case: Case, lengths: Sequence[int]) -> Work:
        """Draw one answer of each length."""
        longest, (any_symbol, *_) = max(lengths), case.prompt.tokens
        guide = Guide(Countdown(longest - 1), self.engine.codec.vocabulary)
        starts = [guide.follow(guide.start, [any_symbol] * (longest - length)) for length in lengths]
        prompts = [Prompt(case.prompt.tokens, guide, *at) for at in zip(lengths, starts, strict=True)]
        begun = time.perf_counter()
        return _work(self.engine.complete(prompts, 1, case.sampling), begun)


def _work(found: Sequence[Sequence[Completion]], begun: float) -> Work:
    seconds = time.perf_counter() - begun
    return Work(tuple(len(answer.tokens) + 1 for answers in found for answer in answers), seconds)


@dataclass(frozen=True)
class Countdown:
    """Any symbols, and the end after so many of them."""

    start: int
    stretch: int = field(default=0, init=False)

    def step(self, state: int, symbol: Symbol) -> int | None:
        """Count one symbol."""
        return state - 1 if state else None

    def complete(self, state: int) -> bool:
        """Whether none is left."""
        return state == 0

    def distance(self, state: int) -> int:
        """How many are left."""
        return state

    def classify(self, symbol: Symbol) -> Hashable:
        """All symbols are of one class."""
        return None
