"""From completions to ranked answers: read, merge equal things told by different texts, order by likelihood.

The order is by likelihood among legal symbols: post-training takes its loss over these, and does not care how much the
model would give to others, so that a plain likelihood drifts from what was learnt. A task may take another. Measured in
docs/log.md.
"""

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from scilogos.decode import Completion
from scilogos.errors import PromptError, ScilogosError

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Answer(Generic[T]):
    """One answer: the thing, its score (log-sum-exp of the likelihoods of its texts), how often it was drawn.

    `weight` is its share of the draws, each weighed as `rank` was told; `legal_score` the log-sum-exp of likelihoods
    among the symbols that the constraint or a wider rule left, as post-training learns them; the score where unknown.
    """

    thing: T
    score: float
    votes: int
    texts: tuple[str, ...]
    legal_score: float
    weight: float = 0.0

    @property
    def scores(self) -> dict[str, float]:
        """Both, by name, that of the order first."""
        return {"legal_score": self.legal_score, "score": self.score}


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

    def by(self, worth: Callable[[T], float]) -> "Ranking[T]":
        """Order the answers by another measure, the best first."""
        return replace(self, answers=tuple(sorted(self.answers, key=lambda answer: -worth(answer.thing))))

    def best(self, most: int) -> "Ranking[T]":
        """The first answers alone."""
        return replace(self, answers=self.answers[:most])


def check_counts(n: int, samples: int | None) -> None:
    """Raise PromptError for less than one answer or draw."""
    if n < 1 or (samples is not None and samples < 1):
        draws = "" if samples is None else f" of {samples} draws"
        raise PromptError(f"{n} answers{draws}: expected 1 or more of each")


def log_sum_exp(values: Iterable[float]) -> float:
    """The logarithm of a sum of exponentials; -inf where all values are."""
    values = list(values)
    top = max(values)
    return top if top == -math.inf else top + math.log(sum(math.exp(v - top) for v in values))


def _even(_: Completion) -> float:
    return 0.0


def by_likelihood(answer: Answer) -> float:
    """The usual order: the likelihood among legal symbols."""
    return answer.legal_score


def by_character(answer: Answer) -> float:
    """The same for each character, so that a short answer is not the better for it."""
    return per_character(answer.legal_score, answer.texts[0])


def per_character(likelihood: float, text: str) -> float:
    """A log-likelihood for each character of its text and for the end."""
    return likelihood / (1 + len(text))


def rank(
    groups: Sequence[Sequence[Completion]],
    read: Callable[[str], T],
    *,
    most: int | None = None,
    log_weight: Callable[[Completion], float] = _even,
    worth: Callable[[Answer[T]], float] = by_likelihood,
) -> Ranking[T]:
    """Merge the completions of several writings of one prompt (one group each), and order them by what each is worth.

    A text that several draws gave counts once; probabilities are averaged over the writings. `read` raises
    ScilogosError for an answer that is none. `log_weight` says how much a draw counts where draws stand for the model's
    own distribution: importance sampling, for draws under a rule that the model did not know of.
    """
    logs = [log_weight(completion) for completions in groups for completion in completions]
    whole = log_sum_exp(logs) if logs else 0.0
    weights: dict[T, float] = {}
    shares = iter(math.exp(log - whole) for log in logs)
    scores: dict[T, dict[tuple[int, str], tuple[float, float]]] = {}
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
            scores.setdefault(thing, {})[number, completion.text] = completion.score, completion.legal_score
            votes[thing] = votes.get(thing, 0) + 1
            weights[thing] = weights.get(thing, 0.0) + share
    answers = []
    for thing, texts in scores.items():
        score, legal = (log_sum_exp(each) - math.log(len(groups)) for each in zip(*texts.values(), strict=True))
        written = tuple(dict.fromkeys(text for _, text in texts))
        answers.append(Answer(thing, score, votes[thing], written, legal, weights[thing]))
    answers.sort(key=lambda answer: -worth(answer))
    return Ranking(tuple(answers[:most]), drawn, refused)
