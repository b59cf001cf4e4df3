"""How a next symbol is drawn: mask first, then temperature, then truncation, then one uniform number.

Shapes: B rows, V vocabulary.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from scilogos.errors import PromptError

_WHOLE = 2.0**40  # the weight of a sure symbol


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """The rule of a draw; temperature 0 takes the most probable symbol."""

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0  # 0: all; equals of the last one stay
    min_p: float = 0.0  # symbols below this share of the most probable one are left out

    def __post_init__(self) -> None:
        if self.temperature < 0 or not 0 < self.top_p <= 1 or self.top_k < 0 or not 0 <= self.min_p <= 1:
            raise PromptError(f"{self}: expected temperature >= 0, 0 < top_p <= 1, top_k >= 0, 0 <= min_p <= 1")


def draw(logits_BV: Tensor, legal_BV: Tensor, rule: Sampling, uniform_B: Tensor) -> Tensor:
    """Draw one symbol a row, int64 [B], by inverting the distribution function of the masked, truncated softmax."""
    masked_BV = logits_BV.float().masked_fill(~legal_BV, float("-inf"))
    if rule.temperature == 0:
        return masked_BV.argmax(-1)
    p_BV = ((masked_BV - masked_BV.amax(-1, keepdim=True)) / rule.temperature).softmax(-1)
    if rule.min_p:
        p_BV = p_BV.masked_fill(p_BV < rule.min_p * p_BV.amax(-1, keepdim=True), 0.0)
    if rule.top_k and rule.top_k < p_BV.shape[-1]:
        least_B1 = p_BV.topk(rule.top_k, -1).values[:, -1:]
        p_BV = p_BV.masked_fill(p_BV < least_B1, 0.0)
    if rule.top_p < 1:
        sorted_BV, order_BV = p_BV.sort(dim=-1, descending=True, stable=True)
        before_BV = sorted_BV.cumsum(-1) - sorted_BV
        cut_BV = before_BV >= rule.top_p * sorted_BV.sum(-1, keepdim=True)
        p_BV = p_BV.masked_fill(torch.zeros_like(cut_BV).scatter_(1, order_BV, cut_BV), 0.0)
    # Sums of integers are exact on every device: the first one above the aim belongs to a symbol of weight above zero.
    cdf_BV = (p_BV * _WHOLE).long().cumsum(-1)
    aim_B1 = (uniform_B.double()[:, None] * cdf_BV[:, -1:]).long()
    return (cdf_BV <= aim_B1).sum(-1)
