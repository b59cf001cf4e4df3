"""A constraint over the numbers of a vocabulary: interned states, one mask a state, one look-up a transition.

Shapes: V rows of the embedding.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator
from itertools import compress

import numpy as np

from scilogos.grammar.constraints import Constraint, Copying, Spelled
from scilogos.tokens.vocabulary import Vocabulary

_NOTHING, _END = 0, 1  # classes of the rows without a symbol, and of the end symbol


class Automaton(ABC):
    """States that are small integers, and where tokens lead."""

    @abstractmethod
    def step(self, state: int, token: int) -> int | None:
        """The state after a token; None if it is not legal."""

    @abstractmethod
    def fits(self, state: int, token: int, budget: int) -> bool:
        """Whether a token is legal, and `budget` - 1 further ones suffice for an answer, the end not counted."""

    @abstractmethod
    def within(self, state: int, budget: int) -> np.ndarray:
        """The tokens that fit, bool [V]."""

    def follow(self, state: int, tokens: Iterable[int]) -> int | None:
        """The state after several tokens; None if one is not legal."""
        for token in tokens:
            after = self.step(state, token)
            if after is None:
                return None
            state = after
        return state


class Guide(Automaton):
    """Follow a constraint through an answer. States are small integers; the end symbol leads to `done`."""

    def __init__(self, constraint: Constraint, vocabulary: Vocabulary) -> None:
        self.constraint, self.vocabulary = constraint, vocabulary
        self._stretch = constraint.stretch
        self._copying = constraint if isinstance(constraint, Copying) else None
        self._spelled = constraint if isinstance(constraint, Spelled) else None
        self._states: list[Hashable] = []
        self._numbers: dict[Hashable, int] = {}
        self._legal: list[list[int]] = []  # by state: the classes that may follow
        self._masks: list[np.ndarray | None] = []
        self._distances: list[int | None] = []
        self._drafts: list[int | None] = []
        self._after: list[dict[int, int | None]] = []  # by state: class -> state, of the ways that have been tried
        self._class_V = np.full(vocabulary.size, _NOTHING)
        self._class_V[vocabulary.end] = _END
        classes: dict[Hashable, int] = {}
        for token, symbol in enumerate(vocabulary.symbols):
            if symbol is not None:
                self._class_V[token] = classes.setdefault(constraint.classify(symbol), _END + 1 + len(classes))
        self._class_of = self._class_V.tolist()
        firsts = {kind: token for token, kind in reversed(list(enumerate(self._class_of)))}
        self._symbols = {kind: vocabulary.symbols[firsts[kind]] for kind in classes.values()}
        self.done = self._intern("done")
        self.start = self._intern(constraint.start)

    def _intern(self, state: Hashable) -> int:
        number = self._numbers.get(state)
        if number is None:
            number = self._numbers[state] = len(self._states)
            self._states.append(state)
            self._legal.append([])
            self._masks.append(None)
            self._distances.append(None)
            self._drafts.append(None)
            self._after.append({})
        return number

    def mask(self, number: int) -> np.ndarray:
        """The legal symbols in a state, bool [V]; only the end symbol once done."""
        mask = self._masks[number]
        return mask if mask is not None else self._expand(number)

    def _expand(self, number: int) -> np.ndarray:
        state = self._states[number]
        legal = [kind for kind in (_END, *self._symbols) if self._lead(state, kind) is not None]
        mask = self._mask_of(legal)
        self._legal[number], self._masks[number] = legal, mask
        return mask

    def _lead(self, state: Hashable, kind: int) -> Hashable | None:
        """Where a symbol of a class leads, if it may follow."""
        if kind == _END:
            return "done" if state == "done" or self.constraint.complete(state) else None
        symbol = self._symbols.get(kind)
        return None if state == "done" or symbol is None else self.constraint.step(state, symbol)

    def _mask_of(self, classes: list[int]) -> np.ndarray:
        legal = np.zeros(len(self._symbols) + 2, bool)
        legal[classes] = True
        return legal[self._class_V]

    def fits(self, state: int, token: int, budget: int) -> bool:
        """Whether a symbol is legal, and `budget` - 1 further ones suffice for an answer, the end not counted."""
        after = self.step(state, token)
        if after is None or after == self.done:
            return after is not None
        return self.distance(state) + self._stretch < budget or self.distance(after) < budget

    def within(self, number: int, budget: int) -> np.ndarray:
        """The symbols that fit, bool [V]."""
        mask = self.mask(number)
        if self.distance(number) + self._stretch < budget:
            return mask
        state, distance = self._states[number], self.constraint.distance
        fits = (kind == _END or distance(self._lead(state, kind)) < budget for kind in self._legal[number])
        return self._mask_of(list(compress(self._legal[number], fits)))

    def distance(self, number: int) -> int:
        """How many symbols to a whole answer suffice, the end not counted."""
        found = self._distances[number]
        if found is None:
            state = self._states[number]
            found = self._distances[number] = 0 if state == "done" else self.constraint.distance(state)
        return found

    def characters(self, number: int) -> int | None:
        """How many characters to a whole answer suffice, a tag being one, where the constraint knows."""
        if self._spelled is None or number == self.done:
            return None
        return self._spelled.characters(self._states[number])

    def draft(self, number: int) -> int | None:
        """The token that a copy goes on with, None where nothing stands out or the end does."""
        found = self._drafts[number]
        if found is None:
            found = self._drafts[number] = self._expected(number)
        return None if found < 0 else found

    def _expected(self, number: int) -> int:
        copying = self._copying if number != self.done else None
        symbol = copying.draft(self._states[number]) if copying else None
        return -1 if symbol is None else self.vocabulary.ids[symbol]

    def step(self, state: int, token: int) -> int | None:
        """The state after a token; None if it is not legal."""
        kind, after = self._class_of[token], self._after[state]
        if kind not in after:
            reached = self._lead(self._states[state], kind)
            after[kind] = None if reached is None else self._intern(reached)
        return after[kind]

    def masks(self, tokens: Iterable[int]) -> Iterator[np.ndarray]:
        """The legal symbols at each place of an answer with its end, bool [V]; behind an illegal one all are."""
        state: int | None = self.start
        for token in tokens:
            yield np.ones_like(self._class_V, bool) if state is None else self.mask(state)
            state = None if state is None else self.step(state, token)

    def __len__(self) -> int:
        return len(self._states)
