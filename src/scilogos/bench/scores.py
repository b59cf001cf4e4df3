"""Scores as plain functions of arrays and lists. Knows nothing about models or files."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T", bound=Hashable)
_A_PLACE = 1e6  # what a better best place is worth: more than any sum of reciprocals


def confusion(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Count true positives, false positives, false negatives and true negatives, int64 [4], of two bool arrays."""
    predicted, truth = np.asarray(predicted, bool), np.asarray(truth, bool)
    counts = (predicted & truth, predicted & ~truth, ~predicted & truth, ~predicted & ~truth)
    return np.asarray([part.sum() for part in counts], np.int64)


def mcc(counts: np.ndarray) -> float:
    """Matthews correlation of confusion counts; 0 where a margin is empty.

    Source: Matthews, Biochim. Biophys. Acta 405, 442 (1975).
    """
    tp, fp, fn, tn = (float(count) for count in counts)
    margins = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return (tp * tn - fp * fn) / margins**0.5 if margins else 0.0


def f1(counts: np.ndarray) -> float:
    """Harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN); 0 where nothing is positive.

    Source: van Rijsbergen, Information Retrieval (1979), chapter 7.
    """
    tp, fp, fn, _ = (float(count) for count in counts)
    return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0


def average_precision(scores: np.ndarray, truth: np.ndarray) -> float:
    """Area under the precision-recall curve as the sum of (R_n - R_n-1) P_n over distinct scores.

    NaN without a positive. Not interpolated (Davis and Goadrich, ICML 2006): scikit-learn's average_precision_score.
    """
    scores, truth = np.asarray(scores, float), np.asarray(truth, bool)
    if not truth.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    hits = truth[order].cumsum()
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)  # the last place of each distinct score
    precision = hits[last] / (last + 1)
    recall = hits[last] / hits[-1]
    return float((np.diff(recall, prepend=0.0) * precision).sum())


def spearman(one: Sequence[float] | np.ndarray, other: Sequence[float] | np.ndarray) -> float:
    """The rank correlation of two rows of values, equal ones sharing their mean rank; NaN where a row is constant.

    Source: Spearman, Am. J. Psychol. 15, 72 (1904).
    """
    ranks = []
    for values in (one, other):
        _, which, counts = np.unique(np.asarray(values, float), return_inverse=True, return_counts=True)
        rank = (counts.cumsum() - (counts - 1) / 2)[which]
        ranks.append(rank - rank.mean())
    spread = float(np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum()))
    return float((ranks[0] * ranks[1]).sum()) / spread if spread else float("nan")


def auroc(scores: Sequence[float] | np.ndarray, truth: Sequence[bool] | np.ndarray) -> float:
    """The chance that a positive scores above a negative, equal scores counting half; NaN where one of them lacks.

    Source: Hanley and McNeil, Radiology 143, 29 (1982): Mann and Whitney's U over all pairs.
    """
    scores, truth = np.asarray(scores, float), np.asarray(truth, bool)
    positives, negatives = scores[truth], np.sort(scores[~truth])
    if not len(positives) or not len(negatives):
        return float("nan")
    below, reached = (np.searchsorted(negatives, positives, side=side).sum() for side in ("left", "right"))
    return float(below + reached) / (2 * len(positives) * len(negatives))


def best_threshold(scores: np.ndarray, truth: np.ndarray) -> float:
    """The score above 0 from which calling positive gives the largest MCC; the highest of equals, 1 if all are 0.

    Ours: every score is tried, in one pass over the sorted scores.
    """
    scores, truth = np.asarray(scores, float), np.asarray(truth, bool)
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    hits, called, positives = truth[order].cumsum()[last], last + 1, int(truth.sum())
    counts = np.stack((hits, called - hits, positives - hits, len(truth) - called - positives + hits), -1)
    above = scores[order][last] > 0
    values = np.where(above, [mcc(row) for row in counts], -np.inf)
    return float(scores[order][last[int(np.argmax(values))]]) if above.any() else 1.0


def rank_of(target: Hashable, answers: Iterable[Hashable]) -> int | None:
    """The rank of a target among distinct answers, 1 the best; None where it is missing. Equal answers count once.

    Source: R-SMILES (Zhong et al., Chem. Sci. 13, 9023, 2022), score.py: duplicates keep their best rank.
    """
    distinct = list(dict.fromkeys(answers))
    return distinct.index(target) + 1 if target in distinct else None


def reciprocal_ranks(lists: Iterable[Sequence[T]]) -> dict[T, float]:
    """The score of each answer over ranked lists: by its best place, among equals by the sum of 1 / (1 + place).

    Places count from 0, and an answer that a list repeats keeps its best there. Source: R-SMILES (Zhong et al., Chem.
    Sci. 13, 9023, 2022), score.py, how it merges the beams of several writings of one product.
    """
    best: dict[T, int] = {}
    total: dict[T, float] = {}
    for answers in lists:
        for place, answer in enumerate(dict.fromkeys(answers)):
            best[answer] = min(place, best.get(answer, place))
            total[answer] = total.get(answer, 0.0) + 1 / (1 + place)
    return {answer: total[answer] - _A_PLACE * best[answer] for answer in best}


def top_k(ranks: Sequence[int | None], k: int) -> np.ndarray:
    """Whether each rank is k or better, bool [len(ranks)]."""
    return np.asarray([rank is not None and rank <= k for rank in ranks], bool)


def recovery(designed: str, native: str) -> float:
    """Amino-acid recovery: the share of the native's residues that stand at their place in the design.

    Source: DiffAb (Luo et al., NeurIPS 2022), RADAb. Without alignment: what a design lacks in length is not recovered.
    """
    return sum(a == b for a, b in zip(designed, native, strict=False)) / len(native)


def first_seen(keys: Iterable[Hashable]) -> list[bool]:
    """Whether each key comes for the first time; None never does."""
    seen: set[Hashable] = {None}
    return [not (key in seen or seen.add(key)) for key in keys]
