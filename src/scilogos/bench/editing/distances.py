"""Levenshtein distances, and what GGS makes of them: diversity and novelty.

Source: ggs/evaluate.py of kirjner/GGS. There as in the paper's tables, diversity is the mean over pairs.
"""

from collections.abc import Sequence

import numpy as np

from scilogos.model.compiled import compiled


def levenshtein(one: str, other: str) -> int:
    """Count the substitutions, insertions and deletions that lead from one text to another, the fewest."""
    return int(_within(_codes(one), _codes(other), max(len(one), len(other))))


def diversity(sequences: Sequence[str]) -> float:
    """The mean Levenshtein distance of all pairs; 0 for fewer than two sequences."""
    codes = [_codes(sequence) for sequence in sequences]
    distances = [_within(a, b, max(len(a), len(b))) for i, a in enumerate(codes) for b in codes[:i]]
    return float(np.mean(distances)) if distances else 0.0


def novelty(sequences: Sequence[str], known: Sequence[str]) -> list[int]:
    """The distance of each sequence to the nearest of the known ones."""
    codes = [_codes(sequence) for sequence in known]
    return [_nearest(_codes(sequence), codes) for sequence in sequences]


def _nearest(code: np.ndarray, known: Sequence[np.ndarray]) -> int:
    """Bounds first: as many substitutions as places differ; then only what is nearer is looked for."""
    differing = [int(np.count_nonzero(code != other)) for other in known if len(other) == len(code)]
    best = min(differing, default=max(len(code), *map(len, known)))
    for other in known:
        if best == 0:
            break
        best = min(best, int(_within(code, other, best)))
    return best


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


@compiled(error_model="numpy")
def _within(a, b, most):
    """The distance, or `most` where it is larger: the rows of the usual table, near its diagonal (Ukkonen 1985)."""
    if abs(a.size - b.size) >= most:
        return most
    row = np.empty(b.size + 1, np.int64)
    for j in range(b.size + 1):
        row[j] = min(j, most)
    for i in range(1, a.size + 1):
        first, last = max(1, i - most), min(b.size, i + most)
        corner = row[first - 1]
        row[first - 1] = min(i, most) if first == 1 else most
        least = row[first - 1]
        for j in range(first, last + 1):
            above = row[j] if j < i + most else most
            here = min(corner + (a[i - 1] != b[j - 1]), above + 1, row[j - 1] + 1)
            corner, row[j] = row[j], min(here, most)
            least = min(least, row[j])
        if least >= most:
            return most
    return row[b.size]
