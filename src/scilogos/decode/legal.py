"""Likelihoods among the symbols that a rule allows, from the log-probabilities of all.

Shapes: S symbols of an answer, its end among them; V vocabulary.
"""

from collections.abc import Sequence

import numpy as np

from scilogos.tokens import Guide, TextGuide

Rule = Guide | TextGuide


def own_and_legal(rows_SV: np.ndarray, answer: Sequence[int], rule: Rule | None) -> tuple[np.ndarray, np.ndarray]:
    """The log-likelihood of each symbol of an answer, end included, among all and among the legal ones: float [S] each.

    -inf for a symbol that is not legal. Without a rule, or where it knows texts and not symbols, both are the same.
    """
    rows_SV, places = rows_SV.astype(float), np.arange(len(answer))
    own_S = rows_SV[places, answer]
    if not isinstance(rule, Guide):
        return own_S, own_S
    legal_SV = np.where(np.stack(list(rule.masks(answer))), rows_SV, -np.inf)
    return own_S, legal_SV[places, answer] - np.logaddexp.reduce(legal_SV, axis=1)
