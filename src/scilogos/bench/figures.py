"""A figure with its 95% interval, by resampling the items it was measured on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

ROUNDS = 1000
LEAST = 5  # units to draw from
_SEED = 20  # of the resampling: the same answers give the same interval


@dataclass(frozen=True)
class Figure:
    """A value, its 95% interval and the number of units resampled; None: nothing was measured. Shares in 0 to 1."""

    value: float | None  # an int is a mere number, printed as one
    low: float | None = None
    high: float | None = None
    count: int = 0
    percent: bool = True

    def __str__(self) -> str:
        if self.value is None:
            return "–"
        factor, digits, sign = (100, 1, "%") if self.percent else (1, 3, "")
        text = f"{self.value * factor:.{digits}f}{sign}"
        if self.low is None or self.high is None:
            return f"{self.value:,}" if isinstance(self.value, int) else text
        return f"{text} ({self.low * factor:.{digits}f}–{self.high * factor:.{digits}f})"


def bootstrap(statistic: Callable[[np.ndarray], float], count: int, *, percent: bool = True) -> Figure:
    """The statistic of `count` units and the 2.5% and 97.5% quantiles of it over units drawn with replacement.

    No interval of fewer than LEAST units, nor where no draw changes the statistic: resampling cannot tell what others
    would be like. `statistic` takes the numbers of units, int64 [count]. Source: Efron, Ann. Stat. 7, 1 (1979),
    percentile interval.
    """
    if not count:
        return Figure(None, percent=percent)
    value, rng = float(statistic(np.arange(count))), np.random.default_rng(_SEED)
    if np.isnan(value):
        return Figure(None, count=count, percent=percent)
    if count < LEAST:
        return Figure(value, count=count, percent=percent)
    drawn = [statistic(rng.integers(count, size=count)) for _ in range(ROUNDS)]
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    if low == high:
        return Figure(value, count=count, percent=percent)
    return Figure(value, float(low), float(high), count, percent)


def mean(values: Sequence[float] | np.ndarray, *, percent: bool = True) -> Figure:
    """The mean of one value a unit."""
    array = np.asarray(values, float)
    return bootstrap(lambda units: float(array[units].mean()), len(array), percent=percent)


def ratio(parts: Sequence[float], wholes: Sequence[float]) -> Figure:
    """The sum of parts over the sum of wholes, a part and a whole a unit; units without a whole are left out."""
    pairs = np.asarray([(p, w) for p, w in zip(parts, wholes, strict=True) if w], float).reshape(-1, 2)
    return bootstrap(lambda units: float(pairs[units, 0].sum() / pairs[units, 1].sum()), len(pairs))
