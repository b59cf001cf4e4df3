"""Post-training marks: for every symbol of an answer, which symbols its task's constraint would have allowed there.

The sets of allowed symbols are few and come again, so a corpus keeps one table of them and a row number a symbol.
"""

import numpy as np

from scilogos.data.shards import FREE
from scilogos.grammar.constraints import answer_constraint
from scilogos.grammar.objects import Sentence
from scilogos.tokens import Codec, Guides

_MOST_ROWS = 1 << 16  # rows are numbered in 16 bits


class LegalTable:
    """The distinct sets of allowed symbols; row 0 allows all."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        size = codec.vocabulary.size
        self._rows: list[np.ndarray] = [np.ones(size, bool)]
        self._numbers: dict[bytes, int] = {np.packbits(self._rows[0]).tobytes(): FREE}
        self._guides = Guides(codec.vocabulary)

    def rows(self, sentence: Sentence, tokens: list[int], prompt: int) -> tuple[list[int], bool]:
        """The row of every symbol, FREE in the prompt; and whether the constraint allowed the whole answer.

        From a symbol on that the constraint would not have allowed, everything is FREE: real data is never refused.
        """
        rows = [FREE] * len(tokens)
        constraint = answer_constraint(sentence, self.codec.vocabulary.whole)
        if constraint is None:
            return rows, True
        guide = self._guides(constraint)
        state = guide.start
        for place in range(prompt, len(tokens)):
            after = guide.step(state, tokens[place])
            if after is None:
                return rows, False
            rows[place] = self._number(guide.mask(state))
            state = after
        return rows, guide.step(state, self.codec.vocabulary.end) is not None

    def _number(self, mask: np.ndarray) -> int:
        key = np.packbits(mask).tobytes()
        number = self._numbers.get(key)
        if number is None and len(self._rows) < _MOST_ROWS:
            number = self._numbers[key] = len(self._rows)
            self._rows.append(mask)
        return FREE if number is None else number

    def table(self) -> np.ndarray:
        """The allowed symbols of each row, bool [rows, vocabulary]."""
        return np.stack(self._rows)
