"""A constraint over the tokens of a Llama or Qwen vocabulary, exact: legal is what the constraint allows as text.

The tokens' texts stand in a trie; it is walked together with the constraint, once for each state. The interface is
that of `Guide`.
Shapes: V rows of the embedding.
"""

from collections.abc import Iterable

import numpy as np

from scilogos.grammar.constraints import Constraint
from scilogos.tokens.grown import GrownVocabulary
from scilogos.tokens.guide import Automaton, Guide
from scilogos.tokens.spelling import Spelling

_LOOK_AHEAD = 32  # characters of a copy from which its next token is guessed


class TextGuide(Automaton):
    """Follow a constraint through an answer. States are small integers; the end token leads to `done`."""

    def __init__(self, constraint: Constraint, vocabulary: GrownVocabulary) -> None:
        self.constraint, self.vocabulary = constraint, vocabulary
        self._spelling = Spelling(Guide(constraint, vocabulary.alphabet))
        self._after: dict[int, dict[int, int]] = {}  # by state: legal token -> state, once all have been asked
        self._asked: dict[tuple[int, int], int | None] = {}  # state and token -> state, of those asked one by one
        self._farthest: dict[int, int] = {}  # by state: a bound of the distance behind any legal token
        self._drafts: dict[int, int | None] = {}
        self.start, self.done = self._spelling.start, self._spelling.done

    def _legal(self, state: int) -> dict[int, int]:
        """The tokens that may follow, and where each leads."""
        after = self._after.get(state)
        if after is None:
            after = self._after[state] = self._expand(state)
            self._farthest[state] = max(map(self._spelling.bound, set(after.values())), default=0)
        return after

    def _expand(self, state: int) -> dict[int, int]:
        found: dict[int, int] = {}
        step, waiting = self._spelling.step, [(state, self.vocabulary.trie)]
        while waiting:
            at, node = waiting.pop()
            if node.token is not None:
                found[node.token] = at
            for character, child in node.children.items():
                after = step(at, character)
                if after is not None:
                    waiting.append((after, child))
        for token, symbol in self.vocabulary.wholes.items():
            after = self._spelling.read(state, symbol)
            if after is not None:
                found[token] = after
        return found

    def mask(self, state: int) -> np.ndarray:
        """The legal tokens in a state, bool [V]; only the end token once done."""
        return self._mask_of(self._legal(state))

    def _mask_of(self, tokens: Iterable[int]) -> np.ndarray:
        mask = np.zeros(self.vocabulary.size, bool)
        mask[list(tokens)] = True
        return mask

    def within(self, state: int, budget: int) -> np.ndarray:
        """The tokens that fit, bool [V]."""
        legal = self._legal(state)
        if self._farthest[state] < budget:
            return self._mask_of(legal)
        fits = {after: self._spelling.reaches(after, budget - 1) for after in set(legal.values())}
        end = self.vocabulary.end
        return self._mask_of(token for token, after in legal.items() if token == end or fits[after])

    def distance(self, state: int) -> int:
        """How many tokens to a whole answer suffice, the end not counted."""
        return self._spelling.distance(state)

    def draft(self, state: int) -> int | None:
        """The token that is expected next, None where nothing stands out or the end does."""
        if state not in self._drafts:
            self._drafts[state] = self._expected(state)
        return self._drafts[state]

    def _expected(self, state: int) -> int | None:
        text = self._spelling.expected(state, _LOOK_AHEAD)
        tokens = self.vocabulary.tokenizer.encode(text, add_special_tokens=False).ids if text else ()
        if tokens and self.step(state, tokens[0]) is not None:
            return tokens[0]
        return None

    def step(self, state: int, token: int) -> int | None:
        """The state after a token; None if it is not legal."""
        after = self._after.get(state)
        if after is not None:
            return after.get(token)
        key = (state, token)
        if key not in self._asked:
            self._asked[key] = self._read(state, token)
        return self._asked[key]

    def _read(self, state: int, token: int) -> int | None:
        whole = self.vocabulary.wholes.get(token)
        if whole is not None:
            return self._spelling.read(state, whole)
        text, at = self.vocabulary.texts.get(token), state
        for character in text or ():
            after = self._spelling.step(at, character)
            if after is None:
                return None
            at = after
        return at if text else None

    def fits(self, state: int, token: int, budget: int) -> bool:
        """Whether a token is legal, and `budget` - 1 further ones suffice for an answer, the end not counted."""
        after = self.step(state, token)
        return after is not None and (token == self.vocabulary.end or self._spelling.reaches(after, budget - 1))

    def __len__(self) -> int:
        return len(self._spelling)
