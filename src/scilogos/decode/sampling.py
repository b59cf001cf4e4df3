"""How a next symbol is drawn: mask first, then temperature, then truncation, then one uniform number.

The legal symbols stand in a row from the most probable down, of equals the lower number first. Truncation keeps the
beginning of that row, and the uniform number is a place in what is kept. Whether a symbol is legal may be dear to know:
it is asked from the most probable down, and only until the symbols not yet asked can change nothing, whether they are
legal or not. So the result is exactly that of masking everything first.

Shapes: V vocabulary.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from scilogos.errors import PromptError

_ROUNDING = 1e-5  # by which probabilities may miss to add up to one


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """The rule of a draw; temperature 0 takes the most probable symbol."""

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0  # 0: all
    min_p: float = 0.0  # symbols below this share of the most probable one are left out

    def __post_init__(self) -> None:
        if self.temperature < 0 or not 0 < self.top_p <= 1 or self.top_k < 0 or not 0 <= self.min_p <= 1:
            raise PromptError(f"{self}: expected temperature >= 0, 0 < top_p <= 1, top_k >= 0, 0 <= min_p <= 1")


class Ranked:
    """The legal symbols in a row, to draw from as often as wanted."""

    def __init__(self, logits_V: np.ndarray, legal_V: np.ndarray, rule: Sampling) -> None:
        symbols = np.flatnonzero(legal_V)
        logits = logits_V[symbols].astype(np.float64)
        order = np.argsort(-logits, kind="stable")
        self._symbols = symbols[order] if rule.temperature else symbols[order[:1]]
        weights = np.exp((logits[order] - logits[order[0]]) / (rule.temperature or 1.0))
        self._sums = weights[: len(self._symbols)].cumsum().tolist()
        self._kept = _kept(self._sums, self._sums[-1], rule)

    def draw(self, uniform: float) -> int:
        """Draw one of them."""
        return int(self._symbols[_place(self._sums, self._kept, uniform)])


def draw(logits_V: np.ndarray, legal_V: np.ndarray, rule: Sampling, uniform: float) -> int:
    """Draw one of the legal symbols."""
    return Ranked(logits_V, legal_V, rule).draw(uniform)


def draw_asking(
    ranked: Iterable[tuple[int, float]], allowed: Callable[[int], bool], rule: Sampling, uniform: float
) -> int | None:
    """Draw one of the allowed symbols, asking for few of them; None if `ranked` ends before the draw is sure.

    `ranked` gives symbols from the most probable down, with their probabilities at the temperature of the rule; it may
    leave out the least probable ones.
    """
    symbols: list[int] = []
    sums: list[float] = []
    legal, unasked = 0.0, 1 + _ROUNDING
    for symbol, p in ranked:
        unasked -= p
        if allowed(symbol):
            if not rule.temperature:
                return symbol
            legal += p
            symbols.append(symbol)
            sums.append(legal)
        if symbols:
            place = _sure_place(sums, unasked, rule, uniform)
            if place is not None:
                return symbols[place]
    return None


def settled_by_the_best(p: float, rule: Sampling, uniform: float) -> bool:
    """Whether the most probable symbol, of probability p, is drawn if it is legal, whatever else is."""
    alone = not rule.temperature or rule.top_k == 1 or p >= rule.top_p * (1 + _ROUNDING)
    return alone or uniform * (1 + _ROUNDING) < p


def _sure_place(sums: Sequence[float], unasked: float, rule: Sampling, uniform: float) -> int | None:
    """The place that is drawn if none of the symbols that were not asked is legal, and also if all are; else None."""
    legal = sums[-1]
    most = legal + unasked
    low = _place(sums, _kept(sums, legal, rule), uniform)
    kept = _kept(sums, most, rule)
    ends_here = kept < len(sums) or kept == rule.top_k or legal >= rule.top_p * most
    high = _place(sums, kept, uniform) if ends_here else bisect_right(sums, uniform * most)
    return low if low == high else None


def _kept(sums: Sequence[float], total: float, rule: Sampling) -> int:
    """How many of the symbols stay, of which `sums` are the running sums, where all legal ones have `total`."""
    count = len(sums) if rule.top_p == 1 else min(len(sums), bisect_left(sums, rule.top_p * total) + 1)
    if rule.top_k:
        count = min(count, rule.top_k)
    if rule.min_p:
        while count > 1 and sums[count - 1] - sums[count - 2] < rule.min_p * sums[0]:
            count -= 1
    return count


def _place(sums: Sequence[float], kept: int, uniform: float) -> int:
    """The place of a uniform number among the symbols that stay."""
    return min(bisect_right(sums, uniform * sums[kept - 1]), kept - 1)
