"""What a corpus is made of: sources as a recipe names them, and the records that their readers yield."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from scilogos.data import licences
from scilogos.data.clusters import Clusters, digest
from scilogos.data.ledger import Ledger
from scilogos.data.tables import numbered_rows
from scilogos.errors import RecipeError
from scilogos.grammar.objects import Sentence
from scilogos.grammar.writer import write

Split = Literal["train", "val"]

_SPLITS: dict[str, Split] = {"train": "train", "val": "val", "valid": "val"}


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file to read. `forms` narrows what a reader writes; `exclude` is a file of held-out items, not to recur."""

    reader: str
    path: Path
    modality: str
    writings: int = 1  # texts of one record
    limit: int = 0  # records that are read, 0: all
    forms: tuple[str, ...] = ()
    exclude: Path | None = None
    pairs: Path | None = None  # antibodies: heavy and light ids that belong together
    join: Path | None = None  # reactions: the map-free table whose rows these are
    max_length: int = 0  # residues, 0: any
    per_key: int = 0  # rows per ligand, 0: any
    cluster: float = 0.0  # identity of sequences (H3 loops of antibodies) that a split keeps together, 0: equal ones
    thin: float = 0.0  # identity of sequences of which the first alone is kept, 0: equal ones

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9_-]+", self.modality):
            raise RecipeError(f"modality: found {self.modality!r}; expected small letters, digits, - and _")
        for key, least in (("writings", 1), ("limit", 0), ("max_length", 0), ("per_key", 0)):
            if getattr(self, key) < least:
                raise RecipeError(f"{key}: found {getattr(self, key)}; expected {least} or more")
        for key in ("cluster", "thin"):
            if not 0 <= getattr(self, key) <= 1:
                raise RecipeError(f"{key}: found {getattr(self, key)}; expected an identity from 0 (none) to 1")


@dataclass(frozen=True, kw_only=True)
class CorpusRecipe:
    """A corpus: its sources, and what every sentence must satisfy."""

    name: str
    sources: tuple[Source, ...]
    seed: int = 1
    max_symbols: int = 1536  # of a sentence with its end symbol
    answers: bool = False  # post-training: mark the symbols that the task's constraint leaves free
    val_percent: float = 1.0  # for sources without a split of their own
    val_limit: int = 400  # validation sentences of a modality
    licence: Literal["any", "strict"] = "any"  # strict: only rows of openly licensed sources, see data/licences.py

    def __post_init__(self) -> None:
        if not self.sources:
            raise RecipeError("sources: a corpus needs at least one")
        if not 0 <= self.val_percent < 100:
            raise RecipeError(f"val_percent: found {self.val_percent}; expected 0 or more, and less than 100")
        if self.max_symbols < 1 or self.val_limit < 0:
            raise RecipeError("max_symbols and val_limit: expected a number that leaves room for a sentence")


class Dropped(Exception):
    """A record that cannot be told; the message is the reason."""


@dataclass(frozen=True)
class Record:
    """One thing read from a source: a key that names equal things, its split, and the sentences that tell it.

    Telling is the dear part, done where it is asked for. Without a key, the first sentence names the thing.
    So are a key and a split that only chemistry can tell: they may be given as functions.
    """

    key: str | Callable[[], str] | None
    place: Split | Callable[[], Split]
    tell: Callable[[], tuple[Sentence, ...]] = field(repr=False)

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences; Dropped where there are none to tell."""
        return self.tell()

    @cached_property
    def split(self) -> Split:
        """The split."""
        return self.place if isinstance(self.place, str) else self.place()

    @property
    def name(self) -> str:
        """What equal things share."""
        if self.key is None:
            return write(self.sentences[0])
        return self.key if isinstance(self.key, str) else self.key()


@dataclass(kw_only=True)
class Reading:
    """All that a reader is given: its source, where the files lie, and where to count what it drops."""

    source: Source
    data: Path
    ledger: Ledger
    seed: int
    val_percent: float
    strict: bool = False  # leave out what data/licences.py lists
    clusters: Clusters | None = None  # by which to split
    twins: Clusters | None = None  # of which to keep the first alone
    line: int = 0  # of the source, read last
    _kept: dict[tuple[str, ...], int] = field(default_factory=dict, init=False)  # the sequence of each cluster

    @property
    def path(self) -> Path:
        """The file to read."""
        return self.data / self.source.path

    def rows(self, *columns: str) -> Iterator[dict[str, Any]]:
        """The rows of the file, counted, with at least these columns; of a strict corpus those it may use."""
        more = licences.columns(self.path) if self.strict else ()
        for line, row in numbered_rows(self.path, (*columns, *more)):
            self.line = line
            self.ledger.count("rows")
            reason = licences.reason(self.path, row) if self.strict else None
            if reason is None:
                yield row
            else:
                self.ledger.drop(f"licence: {reason}")

    def rng(self, key: str) -> random.Random:
        """Randomness that depends on the record alone, not on what was read before it."""
        return random.Random(f"{self.seed}/{self.source.reader}/{key}")

    def split(self, key: str) -> Split:
        """A split by hash, for sources that have none."""
        share = int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) / 2**64
        return "val" if share * 100 < self.val_percent else "train"

    def split_of(self, row: dict[str, Any], key: str, column: str = "split") -> Split | None:
        """The split a row names, by hash where the table has none; None, and dropped, for any but train and val."""
        if column not in row:
            return self.split(key)
        split = _SPLITS.get(row[column])
        if split is None:
            self.ledger.drop(f"split {row[column]}")
        return split

    def cluster(self, sequence: str) -> str:
        """What a split by hash goes by: the cluster where clusters are known, or the sequence itself."""
        return sequence if self.clusters is None else self.clusters.of(sequence)

    def thins(self, sequence: str, *more: str) -> bool:
        """Whether an earlier sequence, with the same `more`, is a near twin of this one, which is dropped then."""
        if self.twins is None:
            return False
        name = digest(sequence)
        if self._kept.setdefault((self.twins.of(sequence), *more), name) == name:
            return False
        self.ledger.drop(f"near duplicate ({self.source.thin:.0%} identity)")
        return True

    def wants(self, form: str) -> bool:
        """Whether the recipe asks for this form; without a list, all."""
        return not self.source.forms or form in self.source.forms
