"""From completions to ranked answers: read, merge equal things told by different texts, order by likelihood."""

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from scilogos.decode import Completion
from scilogos.errors import ScilogosError

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Answer(Generic[T]):
    """One answer: the thing, its score (log-sum-exp of the likelihoods of its texts), how often it was drawn.

    `weight` is its share of the draws, each weighed as `rank` was told.
    """

    thing: T
    score: float
    votes: int
    texts: tuple[str, ...]
    weight: float = 0.0


@dataclass(frozen=True)
class Ranking(Generic[T]):
    """Answers, best first, with the counts that an honest report needs."""

    answers: tuple[Answer[T], ...]
    drawn: int
    refused: int  # completions that `read` refused, such as molecules that RDKit does not accept

    def __iter__(self):
        return iter(self.answers)

    def __len__(self) -> int:
        return len(self.answers)

    def __getitem__(self, i: int) -> Answer[T]:
        return self.answers[i]

    def by_agreement(self, likeness: Callable[[T, T], float]) -> "Ranking[T]":
        """Order the answers by their mean likeness to all that was drawn, so that the first has least expected loss.

        Minimum Bayes risk (Kumar and Byrne, HLT-NAACL 2004), the weighed draws standing for the model's distribution.
        """
        return self.by(lambda thing: sum(answer.weight * likeness(thing, answer.thing) for answer in self.answers))

    def by(self, worth: Callable[[T], float]) -> "Ranking[T]":
        """Order the answers by another measure, the best first."""
        return replace(self, answers=tuple(sorted(self.answers, key=lambda answer: -worth(answer.thing))))

    def best(self, most: int) -> "Ranking[T]":
        """The first answers alone."""
        return replace(self, answers=self.answers[:most])


def log_sum_exp(values: Iterable[float]) -> float:
    """The logarithm of a sum of exponentials."""
    values = list(values)
    top = max(values)
    return top + math.log(sum(math.exp(v - top) for v in values))


def _even(_: Completion) -> float:
    return 0.0


def rank(
    groups: Sequence[Sequence[Completion]],
    read: Callable[[str], T],
    *,
    most: int | None = None,
    log_weight: Callable[[Completion], float] = _even,
) -> Ranking[T]:
    """Merge and rank the completions of several writings of one prompt (one group each).

    A text that several draws gave counts once; probabilities are averaged over the writings. `read` raises
    ScilogosError for an answer that is none. `log_weight` says how much a draw counts where draws stand for the model's
    own distribution: importance sampling, for draws under a rule that the model did not know of.
    """
    logs = [log_weight(completion) for completions in groups for completion in completions]
    whole = log_sum_exp(logs) if logs else 0.0
    weights: dict[T, float] = {}
    shares = iter(math.exp(log - whole) for log in logs)
    scores: dict[T, dict[tuple[int, str], float]] = {}
    votes: dict[T, int] = {}
    refused = drawn = 0
    for number, completions in enumerate(groups):
        for completion in completions:
            drawn, share = drawn + 1, next(shares)
            try:
                thing = read(completion.text)
            except ScilogosError:
                refused += 1
                continue
            scores.setdefault(thing, {})[number, completion.text] = completion.score
            votes[thing] = votes.get(thing, 0) + 1
            weights[thing] = weights.get(thing, 0.0) + share
    answers = [
        Answer(
            thing,
            log_sum_exp(texts.values()) - math.log(len(groups)),
            votes[thing],
            tuple(dict.fromkeys(text for _, text in texts)),
            weights[thing],
        )
        for thing, texts in scores.items()
    ]
    answers.sort(key=lambda answer: -answer.score)
    return Ranking(tuple(answers[:most]), drawn, refused)
