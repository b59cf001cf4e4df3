"""Attention over one packed row: every document sees itself only, each token its past.

Documents of similar length are gathered into rectangles, attended there, and the results collected back.

Shapes: T tokens of the row, S <= T tokens in documents, N documents of a rectangle, L its length, M cells of all
rectangles, H query heads, G key-value heads, K head dimension.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

MAX_RECTANGLES = 6
LONGEST_BY_PRODUCTS = 384  # in bf16 training on a CPU the fused kernel's gradient is 2 to 7 times slower up to here
ENOUGH_WASTE = 0.05  # share of padding cells under which no further rectangle is opened


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Where the tokens of a row lie in the rectangles, one cell after the other."""

    num_tokens: int
    rectangles: tuple[tuple[int, int], ...]  # (N, L) each
    token_M: Tensor  # the token of a cell; any token where the cell is padding
    padding: Tensor  # the cells that are padding
    cell_S: Tensor  # the cell of a token


class PackedAttention:
    """Attend within the documents of one row; tokens after the last document are padding and receive zeros."""

    def __init__(
        self, lengths: Sequence[int], num_tokens: int | None = None, *, device: torch.device | str = "cpu"
    ) -> None:
        self.plan = plan_rectangles(lengths, sum(lengths) if num_tokens is None else num_tokens, device)

    def attend(self, layer: int, q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
        """Return the attended values [T, H, K]; the same in all layers."""
        sizes = [n * length for n, length in self.plan.rectangles]
        if not sizes:
            return torch.zeros_like(q_THK)
        parts = [_Spread.apply(x, self.plan).split(sizes) for x in (q_THK, k_TGK, v_TGK)]
        outs = []
        for (n, length), *qkv in zip(self.plan.rectangles, *parts, strict=True):
            out_NLHK = attend_rectangle(*(x.view(n, length, *x.shape[1:]) for x in qkv))
            outs.append(out_NLHK.reshape(n * length, *q_THK.shape[1:]))
        return _Collect.apply(torch.cat(outs), self.plan)


def attend_rectangle(q_NLHK: Tensor, k_NLGK: Tensor, v_NLGK: Tensor) -> Tensor:
    """Attend each document [L] causally, by the fused kernel or, where it is slow, by matrix products."""
    (N, L, H, K), G = q_NLHK.shape, k_NLGK.shape[2]
    trained_on_cpu = q_NLHK.requires_grad and q_NLHK.device.type == "cpu" and q_NLHK.dtype == torch.bfloat16
    if not trained_on_cpu or L > LONGEST_BY_PRODUCTS:
        q, k, v = (x.transpose(1, 2) for x in (q_NLHK, k_NLGK, v_NLGK))
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=H != G).transpose(1, 2)
    r = H // G  # the query heads of a key head are read as further rows of one matrix
    q = (q_NLHK * K**-0.5).view(N, L, G, r, K).permute(0, 2, 3, 1, 4).reshape(N * G, r * L, K)
    k, v = (x.transpose(1, 2).reshape(N * G, L, K) for x in (k_NLGK, v_NLGK))
    future_LL = torch.full((L, L), float("-inf"), dtype=q.dtype).triu(1)
    weights = torch.baddbmm(future_LL.repeat(r, 1), q, k.transpose(1, 2)).softmax(dim=-1)
    return torch.bmm(weights, v).view(N, G, r, L, K).permute(0, 3, 1, 2, 4).reshape(N, L, H, K)


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


def _spread(x_T: Tensor, plan: Plan) -> Tensor:
    return x_T.index_select(0, plan.token_M).index_fill_(0, plan.padding, 0)


def _collect(x_M: Tensor, plan: Plan) -> Tensor:
    x_S = x_M.index_select(0, plan.cell_S)
    num_padding = plan.num_tokens - x_S.shape[0]
    return torch.cat((x_S, x_S.new_zeros(num_padding, *x_S.shape[1:]))) if num_padding else x_S


class _Spread(torch.autograd.Function):
    """Copy tokens to their cells; the gradient is the collection, a plain copy where autograd would add atomically."""

    @staticmethod
    def forward(ctx, x_T: Tensor, plan: Plan) -> Tensor:
        ctx.plan = plan
        return _spread(x_T, plan)

    @staticmethod
    def backward(ctx, grad_M: Tensor) -> tuple[Tensor, None]:
        return _collect(grad_M, ctx.plan), None


class _Collect(torch.autograd.Function):
    """Copy cells back to their tokens; the gradient is the spread."""

    @staticmethod
    def forward(ctx, x_M: Tensor, plan: Plan) -> Tensor:
        ctx.plan = plan
        return _collect(x_M, plan)

    @staticmethod
    def backward(ctx, grad_T: Tensor) -> tuple[Tensor, None]:
        return _spread(grad_T, ctx.plan), None
