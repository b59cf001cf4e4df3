"""What a source asks of clusters: by which to split, by which to thin; found once, in a file beside the parts.

The file is named by all that it depends on: the table, what is compared and how, the version of MMseqs2. So whoever
makes parts, at whatever time, takes the same clusters; two that find them at once write the same bytes.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scilogos.data import clusters
from scilogos.data.clusters import Clusters
from scilogos.data.readers import LOOPS
from scilogos.data.source import Source
from scilogos.data.tables import digest, numbered_rows
from scilogos.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """Near twins among the sequences of a source's table; `loops`: among its CDR-H3 loops, which needs no MMseqs2."""

    source: Source
    data: Path
    identity: float
    loops: bool
    without: str  # what is not done where MMseqs2 is not installed

    @property
    def path(self) -> Path:
        """The table."""
        return self.data / self.source.path

    @property
    def possible(self) -> bool:
        """Whether what it needs is installed."""
        return self.loops or clusters.version() is not None

    @property
    def name(self) -> str | None:
        """The name of its file; None where it is not possible."""
        if not self.possible:
            return None
        facts = [digest(self.path), self.identity, self.loops]
        text = json.dumps([*facts, None if self.loops else clusters.version()])
        return f"clusters.{hashlib.sha256(text.encode()).hexdigest()[:12]}.npy"

    def make(self, folder: Path) -> Clusters | None:
        """Find the clusters and keep them in a folder, unless they are there; None where that is not possible."""
        if self.name is None:
            return None
        done = folder / self.name
        if not done.is_file():
            with tempfile.TemporaryDirectory(dir=folder, prefix=self.name, suffix=".partial") as name:
                partial = Path(name) / "pairs.npy"
                clusters.save(self._pairs(Path(name)), partial)
                with partial.open("rb") as file:
                    os.fsync(file.fileno())
                partial.rename(done)
        return Clusters(done)

    def _pairs(self, folder: Path) -> Iterator[tuple[int, int]]:
        if self.loops:
            return clusters.linked(self._texts(), self.identity)
        return clusters.aligned(self._texts(), self.identity, folder)

    def _texts(self) -> Iterator[str]:
        columns, text = LOOPS[self.source.reader] if self.loops else (("seq",), lambda row: row["seq"])
        for line, row in numbered_rows(self.path, columns):
            try:
                yield text(row)
            except (ValueError, TypeError) as error:
                raise InputError(f"this row cannot be clustered: {error!r}", path=self.path, line=line) from error


def splitting(source: Source, data: Path) -> Grouping | None:
    """By which clusters a source without a split is split, if it asks for them."""
    if not source.cluster:
        return None
    without = f"split by sequence, not by clusters at {source.cluster:.0%}"
    loops = source.reader in LOOPS
    return Grouping(source=source, data=data, identity=source.cluster, loops=loops, without=without)


def thinning(source: Source, data: Path) -> Grouping | None:
    """By which clusters a source is thinned to one record each, if it asks for it."""
    if not source.thin:
        return None
    without = f"near duplicates at {source.thin:.0%} stay"
    return Grouping(source=source, data=data, identity=source.thin, loops=False, without=without)
