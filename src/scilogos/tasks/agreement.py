"""What weighed draws of loops agree on, residue by residue: the loops whose residues may be expected to be right.

Minimum Bayes risk (Kumar and Byrne, HLT-NAACL 2004) under recovery, the draws standing for the model's distribution.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

Loops = tuple[str, ...]  # residues of each loop


class Agreement:
    """The residues of draws at each place of each loop, loops of one length by themselves."""

    def __init__(self, draws: Iterable[tuple[Loops, float]]) -> None:
        self._weights: dict[tuple[int, int, int], Counter[str]] = defaultdict(Counter)  # number, length, place
        self._lengths: set[tuple[int, ...]] = set()
        for loops, weight in draws:
            self._lengths.add(tuple(map(len, loops)))
            for number, loop in enumerate(loops):
                for place, residue in enumerate(loop):
                    self._weights[number, len(loop), place][residue] += weight

    def expected(self, loops: Loops) -> float:
        """The share of residues that stand at their place in draws of these lengths, times the weight of such draws."""
        right = sum(
            self._weights[number, len(loop), place][residue]
            for number, loop in enumerate(loops)
            for place, residue in enumerate(loop)
        )
        return right / sum(map(len, loops))

    def best(self) -> Loops:
        """The loops of which most is expected: of some drawn lengths, the heaviest residue at each place."""
        written = [
            tuple("".join(self._heaviest(number, length, place) for place in range(length)) for number, length in some)
            for some in (list(enumerate(lengths)) for lengths in sorted(self._lengths))
        ]
        return max(written, key=self.expected)

    def _heaviest(self, number: int, length: int, place: int) -> str:
        weights = self._weights[number, length, place]
        return max(sorted(weights), key=weights.__getitem__)
