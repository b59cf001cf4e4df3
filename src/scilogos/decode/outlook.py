"""What a model expects to follow, at many places at once: drawn from under a rule, and scored.

Shapes: N places, V vocabulary, C candidates of all places.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from torch import Tensor

from scilogos.decode.sampling import Sampling, draw, draw_asking, settled_by_the_best
from scilogos.tokens.guide import Automaton

_CANDIDATE = 2.0**-12  # probability above which a symbol is looked at one by one; below, the whole row is masked

_FLAT = 0.03  # where the most probable symbol is no more probable, the whole row is masked at once
_MOST_ASKED = 32


class _Candidates(NamedTuple):
    """The symbols that are likely enough to be looked at one by one, the best of each place first."""

    symbols: list[int]
    p: list[float]
    starts: list[int]  # of each place
    settled: list[bool]  # whether the best of a place would be drawn if it is legal


class Outlook:
    """The logits [N, V] of what follows, under one rule, and a uniform number for each place."""

    def __init__(self, logits_NV: Tensor, rule: Sampling, uniform_N: np.ndarray) -> None:
        self.rule, self._uniform_N, self._uniforms = rule, uniform_N, uniform_N.tolist()
        self._logp_NV = logits_NV.log_softmax(-1)

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
        best_N = np.append(p_C[order], 0.0)[starts[:-1]] * (starts[1:] > starts[:-1])
        settled = settled_by_the_best(best_N, rule, self._uniform_N).tolist()
        return _Candidates(symbol_C[order].tolist(), p_C[order].tolist(), starts.tolist(), settled)

    @cached_property
    def _rows(self) -> np.ndarray:
        return self._logp_NV.cpu().numpy()

    def draw(self, place: int, guide: Automaton, state: int, budget: int) -> int:
        """Draw a symbol that fits."""
        symbols, p, starts, settled = self._candidates
        first, last = starts[place], min(starts[place + 1], starts[place] + _MOST_ASKED)
        if settled[place] and guide.fits(state, symbols[first], budget):
            return symbols[first]
        found = None
        if first < last and p[first] > _FLAT:
            ranked = zip(symbols[first:last], p[first:last], strict=True)
            found = draw_asking(ranked, lambda s: guide.fits(state, s, budget), self.rule, self._uniforms[place])
        return self.draw_legal(place, guide.within(state, budget))[0] if found is None else found

    def draw_legal(self, place: int, legal_V: np.ndarray) -> tuple[int, float]:
        """Draw a symbol, and give its log-likelihood among the legal ones at temperature 1."""
        found = draw(self._rows[place], legal_V, self.rule, self._uniforms[place])
        return found, self.among(place, found, legal_V)

    def among(self, place: int, symbol: int, legal_V: np.ndarray) -> float:
        """The log-likelihood of a symbol among the legal ones at temperature 1."""
        logp_V = self._rows[place]
        return float(logp_V[symbol] - np.logaddexp.reduce(logp_V[legal_V]))

    def scores(self, places: Sequence[int], symbols: Sequence[int]) -> list[float]:
        """Log-likelihoods of symbols, each at a place: unmasked, at temperature 1."""
        return self._logp_NV[list(places), list(symbols)].tolist()
