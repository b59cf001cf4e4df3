"""The loss of a row: cross-entropy where its weights look, with the softmax over the symbols that decoding would allow.

Shapes: T places, M cells of the row as attention wants it laid out, S places that count, D hidden size, V vocabulary,
N rows of the legal table.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from scilogos.data.batches import Row
from scilogos.data.shards import FREE
from scilogos.model import RectangleAttention, Transformer, plan_rectangles

_CELLS = 64  # a row has a multiple of them: products over other numbers of cells are a fifth slower


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A row as tensors, laid out once for all layers."""

    inputs_M: Tensor
    positions_M: Tensor
    attention: RectangleAttention
    places_S: Tensor  # the cells where the loss looks
    targets_S: Tensor
    legal_S: Tensor

    @classmethod
    def of(cls, row: Row, device: torch.device | str = "cpu") -> "Batch":
        """Move a row to tensors on a device."""
        places_S = torch.from_numpy(row.weights).nonzero().squeeze(1)
        plan = plan_rectangles(row.lengths, len(row.inputs), "cpu")
        token_M = F.pad(plan.token_M, (0, -len(plan.token_M) % _CELLS))
        return cls(
            inputs_M=torch.from_numpy(row.inputs)[token_M].to(device),
            positions_M=torch.from_numpy(row.positions)[token_M].to(device),
            attention=RectangleAttention(plan.rectangles),
            places_S=plan.cell_S[places_S].to(device),
            targets_S=torch.from_numpy(row.targets)[places_S].to(device),
            legal_S=torch.from_numpy(row.legal)[places_S].to(device),
        )


def summed_loss(model: Transformer, batch: Batch, legal_table_NV: Tensor | None) -> tuple[Tensor, int]:
    """Return the cross-entropy in nats summed over the places that count, and how many they are."""
    hidden_MD = model(batch.inputs_M, batch.positions_M, batch.attention)
    logits_SV = model.logits(hidden_MD[batch.places_S]).float()
    if legal_table_NV is not None:
        bound = (batch.legal_S != FREE).nonzero().squeeze(1)
        if len(bound):
            allowed = legal_table_NV[batch.legal_S[bound]]
            mask_SV = torch.ones_like(logits_SV, dtype=torch.bool).index_copy_(0, bound, allowed)
            logits_SV = logits_SV.masked_fill(~mask_SV, float("-inf"))
    return F.cross_entropy(logits_SV, batch.targets_S, reduction="sum"), len(batch.places_S)
