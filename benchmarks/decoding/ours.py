"""Our own engine, with the task's constraint and without any."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from decoding.cases import Case
from decoding.pairs import Work
from scilogos.decode import Completion, Engine, Prompt
from scilogos.tokens import Codec, GrownCodec, GrownVocabulary
from scilogos.tokens.guide import Automaton


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

    Every row is a prompt of its own with the same text, read once, and draws by its own random numbers.
    """

    engine: Engine

    def prompts(self, case: Case, lengths: Sequence[int]) -> list[Prompt]:
        """One prompt for each length."""
        guide = Countdown(self.engine.codec)
        return [
            Prompt(case.prompt.tokens, guide, length, start=length - 1, stream=row)  # pyrefly: ignore
            for row, length in enumerate(lengths)
        ]

    def write(self, case: Case, lengths: Sequence[int]) -> Work:
        """Draw one answer of each length."""
        prompts = self.prompts(case, lengths)
        begun = time.perf_counter()
        return _work(self.engine.complete(prompts, 1, case.sampling), begun)


def _work(found: Sequence[Sequence[Completion]], begun: float) -> Work:
    seconds = time.perf_counter() - begun
    return Work(tuple(len(answer.tokens) + 1 for answers in found for answer in answers), seconds)


class Countdown(Automaton):
    """Any tokens, and the end after so many of them; a state is how many are left, -1 behind the end."""

    def __init__(self, codec: Codec | GrownCodec) -> None:
        vocabulary = codec.vocabulary
        known = vocabulary.texts if isinstance(vocabulary, GrownVocabulary) else vocabulary.ids.values()
        self.end = vocabulary.end
        self.any_V, self.end_V = np.zeros((2, vocabulary.size), bool)
        self.any_V[list(known)] = self.end_V[self.end] = True

    def step(self, state: int, token: int) -> int | None:
        """Count one token."""
        return state - 1 if self.fits(state, token, 0) else None

    def fits(self, state: int, token: int, budget: int) -> bool:
        """Whether it is the end, when none is left, or else any other."""
        return bool((self.any_V if state else self.end_V)[token])

    def within(self, state: int, budget: int) -> np.ndarray:
        """The same of all tokens, bool [V]."""
        return self.any_V if state else self.end_V

    def distance(self, state: int) -> int:
        """How many are left."""
        return max(state, 0)

    def draft(self, state: int) -> None:
        """Nothing is expected."""
