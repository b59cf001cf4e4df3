"""What a task's `items` gives: the held-out items, what was left out and why, and facts of the training data."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from scilogos.data.ledger import Ledger
from scilogos.data.source import CorpusRecipe, Reading, Source

T = TypeVar("T")
Answer = dict[str, Any]  # what is written of one item; `error` instead of an answer where the model refused
Predict = Callable[[Sequence["Item"]], list[Answer]]


@dataclass(frozen=True)
class Item:
    """One held-out thing: its name in the results, what the model is given, the truth, the group it is scored in.

    `labels` name further subsets, such as the class of a reaction.
    """

    key: str
    given: Any
    truth: Any = None
    group: str = "test"
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class HeldOut:
    """All that a task reads: items, the keys of the unusable ones by reason, and facts of the training data.

    `notes` are said in the report. The loop adds the task's `settings`, a `folder` for files of this model, and a
    `shared` one for what does not depend on the model.
    """

    items: tuple[Item, ...]
    skipped: Mapping[str, Sequence[str]] = field(default_factory=dict)
    training: Any = None
    notes: tuple[str, ...] = ()
    settings: Any = None
    folder: Path = Path()
    shared: Path = Path()


def subset(items: Sequence[T], limit: int | None, seed: int) -> list[T]:
    """The first `limit` items of the random order that the seed names: a larger subset begins with the smaller."""
    chosen = list(items)
    random.Random(seed).shuffle(chosen)
    return chosen[:limit]


def reading(data: Path, reader: str, path: str, **options: Any) -> Reading:
    """Read a table as the corpus recipes do, so that train and validation fall as they fell in training."""
    source = Source(reader=reader, path=Path(path), modality=reader, **options)
    return Reading(source=source, data=data, ledger=Ledger(), seed=0, val_percent=CorpusRecipe.val_percent)
