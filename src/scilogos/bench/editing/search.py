"""Searches that a predictor guides: AdaLead, a genetic algorithm, random substitutions; and the consensus, unguided.

Each looks at the start set alone, asks the predictor so often, and proposes the best that is not in the start set.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from scilogos.bench.editing.landscapes import Labelled
from scilogos.grammar.objects import RESIDUES

Value = Callable[[Sequence[str]], np.ndarray]  # of sequences, the larger the fitter

_LETTERS = np.frombuffer(RESIDUES.encode(), np.uint8)
_LONGEST = 1000  # steps of a rollout


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How many sequences to propose, and how often the predictor may be asked, the start set's own values included."""

    number: int = 128
    calls: int = 10_000


class Asked:
    """A predictor's values of all that was asked, each sequence once, within a budget of calls."""

    def __init__(self, value: Value, start: Sequence[str], budget: Budget) -> None:
        self.budget, self._value = budget, value
        self.values: dict[str, float] = {}
        self.ask(start)
        self.start = frozenset(start)

    @property
    def left(self) -> int:
        """Calls that are left."""
        return self.budget.calls - len(self.values)

    def ask(self, sequences: Iterable[str]) -> list[float]:
        """Give the values of sequences, known ones at no cost; -inf where no call was left."""
        wanted = list(sequences)
        new = [sequence for sequence in dict.fromkeys(wanted) if sequence not in self.values][: self.left]
        self.values.update(zip(new, map(float, self._value(new)), strict=True) if new else ())
        return [self.values.get(sequence, -np.inf) for sequence in wanted]

    def best(self, number: int) -> list[str]:
        """Give the best of all that was asked."""
        return sorted(self.values, key=lambda sequence: -self.values[sequence])[:number]

    def proposals(self) -> list[str]:
        """Give the best that is not in the start set."""
        ranked = self.best(len(self.values))
        return [sequence for sequence in ranked if sequence not in self.start][: self.budget.number]


def adalead(asked: Asked, rng: np.random.Generator, *, threshold=0.05, recombination=0.2, rounds=10) -> list[str]:
    """AdaLead: climb from recombined parents whose value is near the best, round after round.

    Source: Sinai et al. 2020 (arXiv 2010.02141), algorithm 1, with one substitution a sequence on average, as FLEXS
    0.2.8 has it. What a round found is the next round's data, with the predictor's values in place of measured
    ones. The rollouts of a generation go on in step, so that the predictor reads them together.
    """
    for later in reversed(range(rounds)):
        end = asked.left * later // (later + 1)  # calls that later rounds get
        parents = leaders(asked.values, threshold, asked.budget.number)
        while (before := asked.left) > end:
            parents = recombined(parents, recombination, rng)
            roll_out(asked, parents, end, rng)
            if asked.left == before:  # everything near is known
                break
    return asked.proposals()


def leaders(values: dict[str, float], threshold: float, number: int) -> list[str]:
    """Give the sequences within a share `threshold` of the best value, repeated or cut to a number."""
    top = max(values.values())
    near = [sequence for sequence, value in values.items() if value >= top * (1 - np.sign(top) * threshold)]
    return [near[i % len(near)] for i in range(number)]


def recombined(parents: Sequence[str], rate: float, rng: np.random.Generator) -> list[str]:
    """Pair the parents at random and let each pair cross over behind each residue with a probability of `rate`."""
    order = [parents[i] for i in rng.permutation(len(parents))]
    children = order[len(order) // 2 * 2 :]  # one without a partner stays
    for one, other in zip(order[0::2], order[1::2], strict=False):
        children += _exchanged(one, other, np.cumsum(rng.random(len(one)) < rate) % 2 == 1)
    return children


def roll_out(asked: Asked, roots: Sequence[str], end: int, rng: np.random.Generator) -> None:
    """Mutate from each root for as long as the value does not fall below the root's; known children are passed over."""
    walks = list(zip(roots, asked.ask(roots), strict=True))
    for _ in range(_LONGEST):
        if not walks or asked.left <= end:
            break
        children = mutated([node for node, _ in walks], rng)
        known = [child in asked.values for child in children]
        values = asked.ask(children)
        walks = [
            (node if seen else child, floor)
            for (node, floor), child, seen, value in zip(walks, children, known, values, strict=True)
            if seen or value >= floor
        ]


def genetic_algorithm(asked: Asked, rng: np.random.Generator, *, population=128) -> list[str]:
    """The best ever asked are the population; children of two of its better half cross over once and mutate."""
    while (before := asked.left) > 0:
        better = asked.best(population)[: max(2, population // 2)]
        pairs = rng.integers(len(better), size=(population, 2))
        places = rng.integers(1, len(better[0]), size=population)
        children = [better[i][:at] + better[j][at:] for (i, j), at in zip(pairs, places, strict=True)]
        asked.ask(mutated(children, rng))
        if asked.left == before:
            break
    return asked.proposals()


def random_substitutions(asked: Asked, rng: np.random.Generator, *, most=5) -> list[str]:
    """One to `most` random substitutions in the best of the start set, for as many calls as there are."""
    parents = asked.best(asked.budget.number)
    for _ in range(_LONGEST):
        if asked.left <= 0:
            break
        chosen = [parents[i] for i in rng.integers(len(parents), size=asked.left)]
        asked.ask(substituted(chosen, rng.integers(1, most + 1, size=len(chosen)), rng))
    return asked.proposals()


def consensus(start: Labelled, number: int, rng: np.random.Generator) -> list[str]:
    """The most frequent residue at each place of the start set; and that sequence with one random substitution each."""
    letters, length = _codes(start.sequences), len(start.sequences[0])
    counts = np.stack([np.bincount(column, minlength=256) for column in letters.T])
    found = dict.fromkeys(_texts(counts.argmax(1)[None].astype(np.uint8)))
    (first,) = found
    while len(found) < min(number, 1 + length):
        found.update(dict.fromkeys(substituted([first], [1], rng)))
    return list(found)


def mutated(sequences: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Draw each residue anew with a probability of one over the length."""
    codes = _codes(sequences).copy()
    chosen = rng.random(codes.shape) < 1 / codes.shape[1]
    codes[chosen] = rng.choice(_LETTERS, int(chosen.sum()))
    return _texts(codes)


def substituted(sequences: Sequence[str], counts: Sequence[int], rng: np.random.Generator) -> list[str]:
    """Substitute so many residues of each sequence, each by another one."""
    codes = _codes(sequences).copy()
    for row, count in zip(codes, counts, strict=True):
        for place in rng.choice(len(row), min(count, len(row)), replace=False):
            row[place] = rng.choice(_LETTERS[row[place] != _LETTERS])
    return _texts(codes)


def _exchanged(one: str, other: str, swap: np.ndarray) -> list[str]:
    pair = _codes([one, other])
    return _texts(np.where(swap, pair[::-1], pair))


def _codes(sequences: Sequence[str]) -> np.ndarray:
    return np.frombuffer("".join(sequences).encode(), np.uint8).reshape(len(sequences), -1)


def _texts(codes: np.ndarray) -> list[str]:
    return [row.tobytes().decode() for row in np.ascontiguousarray(codes)]
