"""Power laws of losses over size or tokens."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from ladder.runs import Over, Run
from scilogos.errors import InputError


def exponent(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> float:
    """The slope of log y over log x, least squares: y is proportional to x to this power."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def common_tokens(runs: Sequence[Run]) -> int:
    """The most tokens after which every run has been validated."""
    shared = set.intersection(*(set(run.tokens.tolist()) for run in runs))
    if not shared:
        raise InputError("the runs were never validated after equal tokens")
    return max(shared)


def fits(runs: Sequence[Run], over: Over, tokens: int | None = None) -> dict[str, dict[str, float]]:
    """For each modality the loss of each run at its end, or after so many tokens, and the exponent of x."""
    found, x = {}, [run.x(over) for run in runs]
    for name in runs[0].losses:
        losses = [float(run.losses[name][-1 if tokens is None else list(run.tokens).index(tokens)]) for run in runs]
        by_run = {run.name: loss for run, loss in zip(runs, losses, strict=True)}
        found[name] = {**by_run, "exponent": exponent(x, losses)}
    return found


def spreads(runs: Sequence[Run], over: Over, table: Mapping[str, Mapping[str, float]]) -> dict[str, list[float]]:
    """For each modality the least and the largest exponent between one run and the next."""
    found = {}
    for name, row in table.items():
        steps = [exponent([a.x(over), b.x(over)], [row[a.name], row[b.name]]) for a, b in pairwise(runs)]
        found[name] = [min(steps), max(steps)]
    return found
