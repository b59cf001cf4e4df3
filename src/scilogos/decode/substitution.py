"""Substitutions drawn over a whole chain at once: which places, then which letters, by the odds of a first-order model.

A set of places is as probable as the product of its odds, among all sets of an allowed size: the conditional Bernoulli
design (Chen, Dempster and Liu, Biometrika 81, 1994), drawn exactly, place by place.

Shapes: L places, A letters, n draws, M places that were drawn, of all draws together.
"""

import numpy as np

from scilogos.decode.randomness import uniforms
from scilogos.decode.sampling import Sampling, draw

_COLDEST = 1e-30  # stands for temperature 0: the best set outweighs all others


def draw_substitutions(
    log_odds_LA: np.ndarray, least: int, most: int, rule: Sampling, keys_n: np.ndarray
) -> np.ndarray:
    """Draw for each key the column of the letter that is put at each place, int64 [n, L]; -1 where the parent's stays.

    Odds are those of a letter against the parent's own, -inf where it may not stand. The temperature acts on both
    choices; top_p, top_k and min_p truncate the letters of a place once it is drawn.
    """
    length = len(log_odds_LA)
    log_odds_L = np.logaddexp.reduce(log_odds_LA / (rule.temperature or _COLDEST), axis=1)
    at_nL, put_nL = (np.stack([uniforms(keys_n, i + first) for i in range(length)], 1) for first in (0, length))
    drawn_nL = draw_places(log_odds_L, least, most, at_nL)
    odds_MA = log_odds_LA[np.nonzero(drawn_nL)[1]]
    columns_nL = np.full(drawn_nL.shape, -1)
    columns_nL[drawn_nL] = [
        draw(odds_A, np.isfinite(odds_A), rule, uniform)
        for odds_A, uniform in zip(odds_MA, put_nL[drawn_nL].tolist(), strict=True)
    ]
    return columns_nL


def draw_places(log_odds_L: np.ndarray, least: int, most: int, uniforms_nL: np.ndarray) -> np.ndarray:
    """Draw sets of `least` to `most` places, bool [n, L], each as probable as the product of its places' odds."""
    ahead = log_weights_ahead(log_odds_L, least, most)
    assert ahead[0, 0] > -np.inf, "no set of places is of an allowed size"
    drawn_nL = np.zeros(uniforms_nL.shape, bool)
    count_n = np.zeros(len(uniforms_nL), np.int64)
    for place, log_odds in enumerate(log_odds_L):
        log_p_n = log_odds + ahead[place + 1, count_n + 1] - ahead[place, count_n]
        drawn_nL[:, place] = uniforms_nL[:, place] < np.exp(log_p_n)
        count_n += drawn_nL[:, place]
    return drawn_nL


def log_weights_ahead(log_odds_L: np.ndarray, least: int, most: int) -> np.ndarray:
    """Sum the weights of all ways to go on, float [L + 1, most + 2], in logarithms.

    Entry [i, c]: from place i, when c places before it are drawn already; -inf where no way leads to an allowed size.
    """
    counts = np.arange(most + 2)
    ahead = np.full((len(log_odds_L) + 1, most + 2), -np.inf)
    ahead[-1, (least <= counts) & (counts <= most)] = 0.0
    for place in reversed(range(len(log_odds_L))):
        left, taken = ahead[place + 1, :-1], log_odds_L[place] + ahead[place + 1, 1:]
        ahead[place, :-1] = np.logaddexp(left, taken)
    return ahead
