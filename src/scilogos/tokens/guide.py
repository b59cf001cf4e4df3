"""A constraint over the numbers of a vocabulary: interned states, one mask a state, one look-up a transition.

Shapes: V rows of the embedding.
"""

from collections.abc import Hashable, Iterable

import numpy as np

from scilogos.grammar.constraints import Constraint
from scilogos.tokens.vocabulary import Vocabulary

# A symbol lengthens the way to the end by less than this, so that a longer budget needs no look ahead.
MARGIN = 48


class Guide:
    """Follow a constraint through an answer. States are small integers; the end symbol leads to `done`."""

    def __init__(self, constraint: Constraint, vocabulary: Vocabulary) -> None:
        self.constraint, self.vocabulary = constraint, vocabulary
        self._states: list[Hashable] = []
        self._numbers: dict[Hashable, int] = {}
        self._after: list[dict[int, int]] = []
        self._targets: list[list[tuple[np.ndarray, int]]] = []  # per state: tokens of one class and where they lead
        self._masks: list[np.ndarray] = []
        self._distances: list[int | None] = []
        groups: dict[Hashable, list[int]] = {}
        for token, symbol in enumerate(vocabulary.symbols):
            if symbol is not None:
                groups.setdefault(constraint.classify(symbol), []).append(token)
        self._groups = [(vocabulary.symbols[tokens[0]], np.asarray(tokens), tokens) for tokens in groups.values()]
        self.done = self._intern("done")
        self.start = self._intern(constraint.start)

    def _intern(self, state: Hashable) -> int:
        number = self._numbers.get(state)
        if number is None:
            number = self._numbers[state] = len(self._states)
            self._states.append(state)
            self._after.append({})
            self._targets.append([])
            self._masks.append(None)  # type: ignore[arg-type]
            self._distances.append(0 if state == "done" else None)
        return number

    def mask(self, number: int) -> np.ndarray:
        """The legal symbols in a state, bool [V]; only the end symbol once done."""
        mask = self._masks[number]
        return mask if mask is not None else self._expand(number)

    def _expand(self, number: int) -> np.ndarray:
        mask = np.zeros(self.vocabulary.size, bool)
        self._masks[number] = mask
        state = self._states[number]
        if state == "done":
            mask[self.vocabulary.end] = True
            self._after[number][self.vocabulary.end] = number
            return mask
        if self.constraint.complete(state):
            mask[self.vocabulary.end] = True
            self._after[number][self.vocabulary.end] = self.done
        for symbol, array, tokens in self._groups:
            after = self.constraint.step(state, symbol)
            if after is not None:
                target = self._intern(after)
                mask[array] = True
                self._after[number].update(dict.fromkeys(tokens, target))
                self._targets[number].append((array, target))
        return mask

    def within(self, number: int, budget: int) -> np.ndarray:
        """The legal symbols after which `budget` - 1 further symbols suffice for a whole answer, the end not counted."""
        mask = self.mask(number)
        if self._states[number] == "done" or self.distance(number) + MARGIN < budget:
            return mask
        mask = mask.copy()
        for tokens, target in self._targets[number]:
            if self.distance(target) > budget - 1:
                mask[tokens] = False
        return mask

    def distance(self, number: int) -> int:
        """How many symbols to a whole answer suffice, the end not counted."""
        found = self._distances[number]
        if found is None:
            found = self._distances[number] = self.constraint.distance(self._states[number])
        return found

    def step(self, number: int, token: int) -> int | None:
        """The state after a token; None if it is not legal."""
        self.mask(number)
        return self._after[number].get(token)

    def follow(self, number: int, tokens: Iterable[int]) -> int | None:
        """The state after several tokens; None if one is not legal."""
        for token in tokens:
            after = self.step(number, token)
            if after is None:
                return None
            number = after
        return number

    def __len__(self) -> int:
        return len(self._states)
