"""The training chains most like a chain, found by shared words of three residues and aligned."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scilogos.grammar.objects import RESIDUES, UNKNOWN_RESIDUE
from scilogos.science import Alignment, align

WORD = 3
NEAREST = 5
LEAST_ALIGNED = 30  # residues, enough for an identity to say that chains are alike
_LETTERS = RESIDUES + UNKNOWN_RESIDUE
_NUMBERS = {letter: number for number, letter in enumerate(_LETTERS)}


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Chains to search among."""

    chains: Sequence[str]

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """Chain numbers sorted by word, and where each word begins among them."""
        words = [_words(chain) for chain in self.chains]
        owners = np.repeat(np.arange(len(words)), [len(some) for some in words])
        every = np.concatenate(words) if words else np.zeros(0, np.int64)
        order = np.argsort(every, kind="stable")
        return owners[order], np.searchsorted(every[order], np.arange(len(_LETTERS) ** WORD + 1))

    def nearest(self, chain: str, most: int = NEAREST) -> list[tuple[int, Alignment]]:
        """The chains that share most words with this one for their length, aligned to it, the most identical first."""
        owners, begins = self._places
        words = _words(chain)
        hits = [owners[begins[word] : begins[word + 1]] for word in words]
        shared = np.bincount(np.concatenate(hits) if hits else [], minlength=len(self.chains))
        lengths = np.asarray([max(len(chain), len(other)) for other in self.chains])
        best = np.argsort(-shared / lengths, kind="stable")[:most]
        found = [(int(number), align(chain, self.chains[number])) for number in best if shared[number]]
        return sorted(found, key=lambda pair: -pair[1].identity)

    def identity(self, chain: str) -> float:
        """The largest identity to the chains found, over alignments of half the chain or LEAST_ALIGNED residues."""
        found = [a.identity for _, a in self.nearest(chain) if len(a.pairs) >= min(LEAST_ALIGNED, len(chain) / 2)]
        return max(found, default=0.0)


def _words(chain: str) -> np.ndarray:
    """The distinct words of a chain as numbers, int64."""
    numbers = np.asarray([_NUMBERS[letter] for letter in chain], np.int64)
    if len(numbers) < WORD:
        return np.zeros(0, np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(numbers, WORD)
    return np.unique(windows @ len(_LETTERS) ** np.arange(WORD))
