"""Post-training marks: for every symbol of an answer, which symbols its task's constraint would have allowed there.

The sets of allowed symbols are few and come again, so a corpus keeps one table of them and a row number a symbol.
Parts of a corpus number the sets that they meet, and the corpus numbers them anew, in its own order.
"""

from collections.abc import Callable

import numpy as np

from scilogos.data.shards import FREE
from scilogos.grammar.constraints import answer_constraint
from scilogos.grammar.objects import Sentence
from scilogos.tokens import Codec, Guides

_MOST_SETS = 1 << 16  # in a corpus, where rows are numbered in 16 bits


class LegalSets:
    """Distinct sets of allowed symbols, numbered as they come; set 0 allows all."""

    def __init__(self, vocabulary_size: int, most: int = _MOST_SETS) -> None:
        self._most = most
        self._sets: list[np.ndarray] = [np.ones(vocabulary_size, bool)]
        self._numbers: dict[bytes, int] = {np.packbits(self._sets[0]).tobytes(): FREE}

    def number(self, mask: np.ndarray) -> int:
        """The number of a set, bool [vocabulary]; FREE for a new one where no number is left."""
        key = np.packbits(mask).tobytes()
        number = self._numbers.get(key)
        if number is None and len(self._sets) < self._most:
            number = self._numbers[key] = len(self._sets)
            self._sets.append(mask)
        return FREE if number is None else number

    def renumbering(self, table: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        """From numbers in another table, bool [sets, vocabulary], to numbers here, given as they are asked for."""
        known: dict[int, int] = {}

        def renumber(numbers: np.ndarray) -> np.ndarray:
            for number in dict.fromkeys(numbers.tolist()):
                if number not in known:
                    known[number] = self.number(table[number])
            return np.fromiter(map(known.__getitem__, numbers.tolist()), "<u2", len(numbers))

        return renumber

    def table(self) -> np.ndarray:
        """The allowed symbols of each set, bool [sets, vocabulary]."""
        return np.stack(self._sets)


class LegalTable:
    """The sets that the answers of a part meet."""

    def __init__(self, codec: Codec) -> None:
        self.codec, self._sets = codec, LegalSets(codec.vocabulary.size, 1 << 32)
        self._guides = Guides(codec.vocabulary)

    def rows(self, sentence: Sentence, tokens: list[int], prompt: int) -> tuple[list[int], bool]:
        """The set of every symbol, FREE in the prompt; and whether the constraint allowed the whole answer.

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
            rows[place] = self._sets.number(guide.mask(state))
            state = after
        return rows, guide.step(state, self.codec.vocabulary.end) is not None

    def table(self) -> np.ndarray:
        """The allowed symbols of each set, bool [sets, vocabulary]."""
        return self._sets.table()
