"""The loss of weights on what a corpus holds out."""

from pathlib import Path

import torch

from scilogos.data.batches import Mixture
from scilogos.model import load_checkpoint
from scilogos.train.loss import Batch, summed_loss


@torch.no_grad()
def held_out_loss(
    weights: Path,
    corpus: Path,
    modality: str,
    *,
    row_length: int,
    answers_only: bool = True,
    most: int | None = None,
    device: str = "cpu",
) -> float:
    """Mean loss in fp32 over the answers of the held-out records, each told about once, in nats a free choice.

    With `answers_only` false over every symbol; of `most` rows at most. The last row is filled with records that were
    told before.
    """
    model, _ = load_checkpoint(weights, device=device)
    shares = {modality: 1.0}
    rows = Mixture(corpus, split="val", shares=shares, row_length=row_length, seed=0, answers_only=answers_only)
    legal_table_NV = None if rows.legal_table is None else torch.from_numpy(rows.legal_table).to(device)
    total, count, told = 0.0, 0, 0
    while rows.draws.taken[modality] < len(rows.shards[modality]) and (most is None or told < most):
        loss, n = summed_loss(model, Batch.of(rows.next(), device), legal_table_NV)
        total, count, told = total + float(loss), count + n, told + 1
    return total / max(1, count)
