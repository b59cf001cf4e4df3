"""How a next symbol is drawn: mask first, then temperature, then truncation, then one uniform number.

Shapes: B rows, V vocabulary.
"""

from dataclasses import dataclass

from torch import Tensor

from scilogos.errors import PromptError

_MOST_IN_NUCLEUS = 48  # symbols looked at before a full sort
_WHOLE = 2.0**40  # the weight of a sure symbol


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """The rule of a draw; temperature 0 takes the most probable symbol."""

    temperature: float = 1.0
    top_p: float = 1.0  # equals of the last symbol that stays, stay: here and in top_k
    top_k: int = 0  # 0: all
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
        p_BV = p_BV.masked_fill(p_BV < _least_in_nucleus(p_BV, rule.top_p), 0.0)
    # Sums of integers are exact on every device: the first one above the aim belongs to a symbol of weight above zero.
    cdf_BV = (p_BV * _WHOLE).long().cumsum(-1)
    aim_B1 = (uniform_B.double()[:, None] * cdf_BV[:, -1:]).long()
    return (cdf_BV <= aim_B1).sum(-1)


def _least_in_nucleus(p_BV: Tensor, top_p: float) -> Tensor:
    """The probability [B, 1] of the last of the most probable symbols that together reach the share `top_p`."""
    aim_B1 = top_p * p_BV.sum(-1, keepdim=True)
    for most in (min(_MOST_IN_NUCLEUS, p_BV.shape[-1]), p_BV.shape[-1]):
        highest_BM = p_BV.topk(most, -1).values
        before_BM = highest_BM.cumsum(-1) - highest_BM
        stays_BM = before_BM < aim_B1
        if not bool(stays_BM[:, -1].any()):
            break
    return highest_BM.gather(1, stays_BM.sum(-1, keepdim=True) - 1)
