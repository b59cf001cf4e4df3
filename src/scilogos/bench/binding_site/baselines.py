"""What needs no model: how often a letter is a site, alone and among neighbours, and the sites of chains alike."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scilogos.bench.neighbours import Neighbours
from scilogos.grammar.objects import RESIDUES, UNKNOWN_RESIDUE

Labelled = tuple[str, tuple[int, ...]]  # residues and the indices of its sites
LETTERS = RESIDUES + UNKNOWN_RESIDUE
WINDOW = 3  # residues on each side that the window baseline looks at
FAINT = 0.1  # identity that letters' frequency counts for beside the nearest chains


@dataclass(frozen=True)
class Frequencies:
    """How letters around sites differ from letters around other residues: log-odds, float [2 window + 1, 22]."""

    prior: float  # log-odds of any residue
    odds: np.ndarray

    @classmethod
    def fit(cls, chains: Sequence[Labelled], window: int) -> "Frequencies":
        """Count letters by offset, one added to each count."""
        counts, numbers = np.ones((2, 2 * window + 1, len(LETTERS) + 1)), np.zeros(2)
        for residues, sites in chains:
            marked, around = np.zeros(len(residues), int), _windows(residues, window)
            marked[list(sites)] = 1
            for label in (0, 1):
                numbers[label] += (marked == label).sum()
                for offset, column in enumerate(around[marked == label].T):
                    counts[label, offset] += np.bincount(column, minlength=len(LETTERS) + 1)
        shares = counts / counts.sum(-1, keepdims=True)
        prior = np.log((numbers[1] + 1) / (numbers[0] + 1))
        return cls(float(prior), np.log(shares[1] / shares[0]))

    def probabilities(self, residues: str) -> np.ndarray:
        """The probability of each residue to be a site, offsets taken as independent (naive Bayes)."""
        around = _windows(residues, len(self.odds) // 2)
        log_odds = self.prior + self.odds[np.arange(len(self.odds)), around].sum(1)
        return 1 / (1 + np.exp(-log_odds))


def _windows(residues: str, window: int) -> np.ndarray:
    """Letter numbers around each residue, int [len, 2 window + 1]; beyond the ends a letter of its own."""
    numbers = np.pad([LETTERS.index(letter) for letter in residues], window, constant_values=len(LETTERS))
    return np.lib.stride_tricks.sliding_window_view(numbers, 2 * window + 1)


@dataclass(frozen=True, eq=False)
class Nearest:
    """Labels of the nearest training chains, weighted by identity; where they are silent, letters' frequency."""

    chains: Sequence[Labelled]
    among: Neighbours
    letters: Frequencies

    @classmethod
    def fit(cls, chains: Sequence[Labelled]) -> "Nearest":
        """Index the chains; training rows of one sequence are joined."""
        return cls(chains, Neighbours([residues for residues, _ in chains]), Frequencies.fit(chains, 0))

    def probabilities(self, residues: str) -> np.ndarray:
        """The weighted share of nearest chains whose aligned residue is a site, float [len]."""
        total, weight = FAINT * self.letters.probabilities(residues), np.full(len(residues), FAINT)
        for number, alignment in self.among.nearest(residues):
            here, there = alignment.pairs.T
            total[here] += alignment.identity * np.isin(there, self.chains[number][1])
            weight[here] += alignment.identity
        return total / weight
