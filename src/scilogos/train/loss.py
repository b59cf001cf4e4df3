"""The loss of a row: cross-entropy where its weights look, with the softmax over the symbols that decoding would allow.

Shapes: T places, S places that count, D hidden size, V vocabulary, N rows of the legal table.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from scilogos.data.batches import Row
from scilogos.data.shards import FREE
from scilogos.model import PackedAttention, Transformer


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A row as tensors."""

    inputs_T: Tensor
    positions_T: Tensor
    attention: PackedAttention
    places_S: Tensor  # where the loss looks
    targets_S: Tensor
    legal_S: Tensor

    @classmethod
    def of(cls, row: Row, device: torch.device | str = "cpu") -> "Batch":
        """Move a row to tensors on a device."""
        places_S = torch.from_numpy(row.weights).nonzero().squeeze(1)
        return cls(
            inputs_T=torch.from_numpy(row.inputs).to(device),
            positions_T=torch.from_numpy(row.positions).to(device),
            attention=PackedAttention(row.lengths, len(row.inputs), device=device),
            places_S=places_S.to(device),
            targets_S=torch.from_numpy(row.targets)[places_S].to(device),
            legal_S=torch.from_numpy(row.legal)[places_S].to(device),
        )


def summed_loss(model: Transformer, batch: Batch, legal_table_NV: Tensor | None) -> tuple[Tensor, int]:
    """Return the cross-entropy in nats summed over the places that count, and how many they are."""
    hidden_TD = model(batch.inputs_T, batch.positions_T, batch.attention)
    logits_SV = model.logits(hidden_TD[batch.places_S]).float()
    if legal_table_NV is not None:
        bound = (batch.legal_S != FREE).nonzero().squeeze(1)
        if len(bound):
            allowed = legal_table_NV[batch.legal_S[bound]]
            mask_SV = torch.ones_like(logits_SV, dtype=torch.bool).index_copy_(0, bound, allowed)
            logits_SV = logits_SV.masked_fill(~mask_SV, float("-inf"))
    return F.cross_entropy(logits_SV, batch.targets_S, reduction="sum"), len(batch.places_S)
