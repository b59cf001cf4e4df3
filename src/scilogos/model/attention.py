"""Attention over one packed row: every document sees itself only, each token its past.

Shapes: T tokens of the row, N documents of a rectangle, L its length, M cells of all rectangles, H query heads, G
key-value heads, K head dimension.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from scilogos.model.rectangles import Plan, plan_rectangles


class RectangleAttention:
    """Attend within documents that a plan has laid out, one rectangle after the other; cells behind receive zeros."""

    def __init__(self, rectangles: Sequence[tuple[int, int]]) -> None:
        self.rectangles = tuple(rectangles)

    def attend(self, layer: int, q_MHK: Tensor, k_MGK: Tensor, v_MGK: Tensor) -> Tensor:
        """Return the attended values [M, H, K]; the same in all layers."""
        if q_MHK.requires_grad and q_MHK.device.type == "cpu" and q_MHK.dtype == torch.bfloat16:
            from scilogos.model.trained_attention import TrainedAttention  # needs numba, which a GPU's machine may lack

            return TrainedAttention.apply(q_MHK, k_MGK, v_MGK, self.rectangles)
        sizes = [n * length for n, length in self.rectangles]
        tail = len(q_MHK) - sum(sizes)
        parts = (x.split([*sizes, tail]) for x in (q_MHK, k_MGK, v_MGK))
        outs = [
            _attend(*(x.unflatten(0, shape) for x in qkv)).flatten(0, 1)
            for shape, *qkv in zip(self.rectangles, *parts, strict=False)
        ]
        return torch.cat((*outs, q_MHK.new_zeros(tail, *q_MHK.shape[1:])))


class PackedAttention:
    """Attend within the documents of one row as it is; tokens after the last document are padding and receive zeros."""

    def __init__(
        self, lengths: Sequence[int], num_tokens: int | None = None, *, device: torch.device | str = "cpu"
    ) -> None:
        self.plan = plan_rectangles(lengths, sum(lengths) if num_tokens is None else num_tokens, device)
        self._rectangles = RectangleAttention(self.plan.rectangles)

    def attend(self, layer: int, q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
        """Return the attended values [T, H, K]; the same in all layers."""
        laid = (_Spread.apply(x, self.plan) for x in (q_THK, k_TGK, v_TGK))
        return _Collect.apply(self._rectangles.attend(layer, *laid), self.plan)


def _attend(q_NLHK: Tensor, k_NLGK: Tensor, v_NLGK: Tensor) -> Tensor:
    q, k, v = (x.transpose(1, 2) for x in (q_NLHK, k_NLGK, v_NLGK))
    grouped = q.shape[1] != k.shape[1]
    return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=grouped).transpose(1, 2)


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
