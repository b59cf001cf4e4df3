"""What a model expects to follow, at many places at once: drawn from under a rule, and scored.

Several continuations may draw at one place, each with a uniform number of its own; what depends on the place and its
legal symbols alone is computed once for all of them.

Shapes: N places, V vocabulary, C candidates of all places.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from torch import Tensor

from scilogos.decode.sampling import Ranked, Sampling, draw_asking, settled_by_the_best
from scilogos.tokens.guide import Automaton

_CANDIDATE = 2.0**-12  # probability above which a symbol is looked at one by one; below, the whole row is masked

_FLAT = 0.03  # where the most probable symbol is no more probable, the whole row is masked at once
_MOST_ASKED = 32


class _Candidates(NamedTuple):
    """The symbols that are likely enough to be looked at one by one, the best of each place first."""

    symbols: list[int]
    p: list[float]
    starts: list[int]  # of each place


class _Legal:
    """The legal symbols of a place, the logarithm of what they have together, and the symbols in order if asked for."""

    def __init__(self, logp_V: np.ndarray, mask_V: np.ndarray) -> None:
        self.mask_V, self.total = mask_V, float(np.logaddexp.reduce(logp_V[mask_V]))
        self.ranked: Ranked | None = None


class Outlook:
    """The logits [N, V] of what follows, under one rule."""

    def __init__(self, logits_NV: Tensor, rule: Sampling) -> None:
        self.rule = rule
        self._logp_NV = logits_NV.log_softmax(-1)
        self._legal: dict[int, _Legal] = {}  # the last at each place, of what is drawn from
        self._wider: dict[int, _Legal] = {}  # and of what is only scored

    @cached_property
    def _candidates(self) -> _Candidates:
        p_NV, rule = self._logp_NV.exp(), self.rule
        if rule.temperature not in (0, 1):
            p_NV = ((self._logp_NV - self._logp_NV.amax(-1, keepdim=True)) / rule.temperature).softmax(-1)
        place_C, symbol_C = (p_NV > _CANDIDATE).nonzero(as_tuple=True)
        p_C = p_NV[place_C, symbol_C].cpu().numpy()
        place_C, symbol_C = place_C.cpu().numpy(), symbol_C.cpu().numpy()
        order = np.lexsort((-p_C, place_C))
        starts = np.searchsorted(place_C, np.arange(len(p_NV) + 1))
        return _Candidates(symbol_C[order].tolist(), p_C[order].tolist(), starts.tolist())

    @cached_property
    def _rows(self) -> np.ndarray:
        return self._logp_NV.cpu().numpy()

    def draw(self, place: int, uniform: float, guide: Automaton, state: int, budget: int) -> int:
        """Draw a symbol that fits."""
        symbols, p, starts = self._candidates
        first, last = starts[place], min(starts[place + 1], starts[place] + _MOST_ASKED)
        found, some = None, first < last
        if some and settled_by_the_best(p[first], self.rule, uniform) and guide.fits(state, symbols[first], budget):
            return symbols[first]
        if some and p[first] > _FLAT:
            ranked = zip(symbols[first:last], p[first:last], strict=True)
            found = draw_asking(ranked, lambda s: guide.fits(state, s, budget), self.rule, uniform)
        return self.draw_legal(place, uniform, guide.within(state, budget))[0] if found is None else found

    def draw_legal(self, place: int, uniform: float, legal_V: np.ndarray) -> tuple[int, float]:
        """Draw a symbol, and give its log-likelihood among the legal ones at temperature 1."""
        legal = self._known(self._legal, place, legal_V)
        legal.ranked = legal.ranked or Ranked(self._rows[place], legal_V, self.rule)
        found = legal.ranked.draw(uniform)
        return found, float(self._rows[place, found]) - legal.total

    def among(self, place: int, symbol: int, legal_V: np.ndarray) -> float:
        """The log-likelihood of a symbol among the legal ones at temperature 1."""
        return float(self._rows[place, symbol]) - self._known(self._wider, place, legal_V).total

    def _known(self, kept: dict[int, _Legal], place: int, legal_V: np.ndarray) -> _Legal:
        found = kept.get(place)
        if found is None or found.mask_V is not legal_V:
            found = kept[place] = _Legal(self._rows[place], legal_V)
        return found

    def forget(self) -> None:
        """Let go of what is kept of places, where nobody will draw there again."""
        self._legal.clear()
        self._wider.clear()

    def scores(self, places: Sequence[int], symbols: Sequence[int]) -> list[float]:
        """Log-likelihoods of symbols, each at a place: unmasked, at temperature 1."""
        return self._logp_NV[list(places), list(symbols)].tolist()
