"""What a side wrote in what time, and the ratio of our speed to a peer's over several pairs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean


@dataclass(frozen=True)
class Work:
    """The answers of one prompt: how many symbols each has, its end included, and the seconds that all took."""

    lengths: tuple[int, ...]
    seconds: float

    @property
    def mean_length(self) -> float:
        """Symbols of an answer."""
        return fmean(self.lengths)

    @property
    def symbols_per_second(self) -> float:
        """Speed in symbols, which are the peers' tokens."""
        return sum(self.lengths) / self.seconds

    @property
    def answers_per_second(self) -> float:
        """Speed in answers."""
        return len(self.lengths) / self.seconds


Pair = tuple[Work, Work]


def alternate(ours: Callable[[], Work], peer: Callable[[tuple[int, ...]], Work], num_pairs: int) -> list[Pair]:
    """Measure ours, peer, ours, peer and so on; the peer is given the lengths that ours had just before it."""
    found = []
    for _ in range(num_pairs):
        mine = ours()
        found.append((mine, peer(mine.lengths)))
    return found


def symbol_ratios(pairs: Sequence[Pair]) -> list[float]:
    """How many times as many symbols per second ours writes."""
    return [mine.symbols_per_second / other.symbols_per_second for mine, other in pairs]


def answer_ratios(pairs: Sequence[Pair]) -> list[float]:
    """How many times as many answers per second ours writes."""
    return [mine.answers_per_second / other.answers_per_second for mine, other in pairs]


def costs(pairs: Sequence[Pair]) -> list[float]:
    """The share by which ours takes longer for a symbol than the other; below zero where it is faster."""
    return [1 / ratio - 1 for ratio in symbol_ratios(pairs)]
