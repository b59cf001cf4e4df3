"""A Llama or Qwen checkpoint made ready to learn our language: its tokenizer and embedding grow by the tags."""

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from scilogos.errors import CheckpointError, StorageError
from scilogos.model import load_checkpoint, save_checkpoint
from scilogos.model.files import read_json
from scilogos.tokens import grow_folder
from scilogos.train.optimiser import TABLES


@dataclass(frozen=True, kw_only=True)
class Grown:
    """What growing has added: the rows from `first` on, of `rows` in all."""

    first: int
    rows: int


@torch.no_grad()
def grow_checkpoint(base: Path, out: Path) -> Grown:
    """Write a checkpoint whose new rows are the mean of the old ones, with its grown tokenizer, in the dtype it had.

    Rows of no token, as Qwen's embedding has at its end, count as new: training has never moved them.
    """
    if out.exists() and out.resolve() == base.resolve():
        raise CheckpointError(f"{out}: this is the base; name another folder")
    codec, first = grow_folder(base)
    values = read_json(base / "config.json")
    dtype = torch.bfloat16 if "bfloat16" in (values.get("dtype"), values.get("torch_dtype")) else torch.float32
    model, config = load_checkpoint(base, dtype=dtype)
    rows = codec.vocabulary.size
    for name in TABLES:
        table_VD = getattr(model, name)
        if table_VD is not None:
            setattr(model, name, nn.Parameter(with_mean_rows(table_VD, first, rows)))
    save_checkpoint(out, model, replace(config, vocab_size=rows), dtype=dtype)
    try:
        codec.save(out)
    except OSError as error:
        raise StorageError(f"{out}: the tokenizer cannot be written: {error.strerror}") from error
    return Grown(first=first, rows=rows)


def with_mean_rows(table_VD: Tensor, first: int, rows: int) -> Tensor:
    """Keep the rows before `first`; all behind, up to `rows`, become their mean."""
    mean_D = table_VD[:first].float().mean(0).to(table_VD.dtype)
    return torch.cat((table_VD[:first], mean_D.expand(rows - first, -1)))
