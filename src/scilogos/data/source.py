"""What a corpus is made of: sources as a recipe names them, and the records that their readers yield."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scilogos.data.ledger import Ledger
from scilogos.data.order import mix
from scilogos.errors import RecipeError
from scilogos.grammar.objects import Sentence

Split = Literal["train", "val", "test"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file to read. `forms` narrows what a reader writes; `exclude` is a file of test items that must not recur."""

    reader: str
    path: Path
    modality: str
    writings: int = 1  # texts of one record
    limit: int = 0  # records, 0: all
    forms: tuple[str, ...] = ()
    exclude: Path | None = None
    pairs: Path | None = None  # antibodies: heavy and light ids that belong together
    join: Path | None = None  # reactions: the map-free table whose rows these are
    max_length: int = 0  # residues, 0: any
    per_key: int = 0  # rows per ligand, 0: any


@dataclass(frozen=True, kw_only=True)
class CorpusRecipe:
    """A corpus: its sources, and what every sentence must satisfy."""

    name: str
    sources: tuple[Source, ...]
    seed: int = 1
    max_symbols: int = 1536
    answers: bool = False  # post-training: mark the symbols that the task's constraint leaves free
    val_percent: float = 1.0  # for sources without a split of their own
    val_limit: int = 400  # validation sentences of a modality

    def __post_init__(self) -> None:
        if not self.sources:
            raise RecipeError(f"{self.name}: a corpus needs at least one source")


@dataclass(frozen=True)
class Record:
    """One thing read from a source: a key that names equal things, its split, and the sentences that tell it."""

    key: str
    split: Split
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Reading:
    """All that a reader is given: its source, where the files lie, and where to count what it drops."""

    source: Source
    data: Path
    ledger: Ledger
    seed: int
    val_percent: float

    @property
    def path(self) -> Path:
        """The file to read."""
        return self.data / self.source.path

    def rng(self, key: str) -> random.Random:
        """Randomness that depends on the record alone, not on what was read before it."""
        return random.Random(f"{self.seed}/{self.source.reader}/{key}")

    def split(self, key: str) -> Split:
        """A split by hash, for sources that have none."""
        share = mix(int.from_bytes(key.encode()[-64:], "little") & ((1 << 64) - 1), len(key)) / 2**64
        return "val" if share * 100 < self.val_percent else "train"

    def wants(self, form: str) -> bool:
        """Whether the recipe asks for this form; without a list, all."""
        return not self.source.forms or form in self.source.forms
