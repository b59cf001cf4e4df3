"""Documents of similar length gathered into rectangles: a layout of a row in which attention needs no gathering.

Shapes: T tokens of the row, S <= T tokens in documents, N documents of a rectangle, L its length, M cells of all
rectangles.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

MAX_RECTANGLES = 8
ENOUGH_WASTE = 0.03  # share of padding cells under which no further rectangle is opened


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Where the tokens of a row lie in the rectangles, one cell after the other."""

    num_tokens: int
    rectangles: tuple[tuple[int, int], ...]  # (N, L) each
    token_M: Tensor  # the token of a cell; any token where the cell is padding
    padding: Tensor  # the cells that are padding
    cell_S: Tensor  # the cell of a token


def plan_rectangles(lengths: Sequence[int], num_tokens: int, device: torch.device | str) -> Plan:
    """Lay the documents out in few rectangles with little padding."""
    lengths_N = np.asarray(lengths, dtype=np.int64)
    assert (lengths_N > 0).all(), f"documents must have tokens, lengths are {list(lengths)}"
    assert lengths_N.sum() <= num_tokens, f"documents of {lengths_N.sum()} tokens do not fit in {num_tokens}"
    starts_N = np.cumsum(lengths_N) - lengths_N
    cell_S = np.empty(lengths_N.sum(), dtype=np.int64)
    rectangles, tokens, paddings, offset = [], [], [], 0
    for members in _group(lengths_N):
        length = int(lengths_N[members].max())
        column_NL = np.arange(length)[None].repeat(len(members), axis=0)
        real_NL = column_NL < lengths_N[members, None]
        token_NL = np.where(real_NL, starts_N[members, None] + column_NL, 0)
        cells_NL = offset + np.arange(real_NL.size).reshape(real_NL.shape)
        cell_S[token_NL[real_NL]] = cells_NL[real_NL]
        rectangles.append((len(members), length))
        tokens.append(token_NL.ravel())
        paddings.append(cells_NL[~real_NL])
        offset += real_NL.size
    empty = np.empty(0, dtype=np.int64)
    return Plan(
        num_tokens=num_tokens,
        rectangles=tuple(rectangles),
        token_M=torch.from_numpy(np.concatenate([empty, *tokens])).to(device),
        padding=torch.from_numpy(np.concatenate([empty, *paddings])).to(device),
        cell_S=torch.from_numpy(cell_S).to(device),
    )


def _group(lengths_N: np.ndarray) -> list[np.ndarray]:
    """Split the documents by length into at most MAX_RECTANGLES groups with the fewest cells, by dynamic programming.

    `fewest[j]` are the cells of the shortest documents up to the j-th distinct length in the groups opened so far.
    """
    if not len(lengths_N):
        return []
    distinct_U, which_N, counts_U = np.unique(lengths_N, return_inverse=True, return_counts=True)
    before = np.concatenate(([0], counts_U.cumsum()))
    cells_UU = (before[None, 1:] - before[:-1, None]) * distinct_U[None].astype(float)
    cells_UU[np.tril_indices(len(distinct_U), -1)] = np.inf  # a group from i to j needs i <= j
    fewest, choices = cells_UU[0], [np.zeros(len(distinct_U), dtype=np.int64)]
    while len(choices) < MAX_RECTANGLES and fewest[-1] > (1 + ENOUGH_WASTE) * lengths_N.sum():
        totals_UU = np.concatenate(([np.inf], fewest[:-1]))[:, None] + cells_UU
        choices.append(totals_UU.argmin(axis=0))
        fewest = totals_UU.min(axis=0)
    groups, last = [], len(distinct_U) - 1
    for choice in reversed(choices):
        first = int(choice[last])
        groups.append(np.flatnonzero((which_N >= first) & (which_N <= last)))
        last = first - 1
    return groups
