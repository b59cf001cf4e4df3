"""Loops of antibodies that training sees, and what they tell without a model."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from scilogos.bench.held_out import reading
from scilogos.bench.neighbours import Neighbours
from scilogos.data.readers import READERS
from scilogos.data.tables import read_rows
from scilogos.grammar.objects import RESIDUES

TABLE = "antibody/ab_natural.csv.zst"
NAMES = ("H1", "H2", "H3", "L1", "L2", "L3")
UNUSUAL = 0.01  # share of training loops shorter, and longer, than the lengths that a free design may have


@dataclass(frozen=True)
class Loop:
    """One loop and the domain around it, the loop cut out."""

    residues: str
    framework: str


class Loops:
    """The loops of one name in the domains that the corpus reader trains on."""

    def __init__(self, loops: Sequence[Loop]) -> None:
        self.by_length: dict[int, list[Loop]] = defaultdict(list)
        for loop in loops:
            self.by_length[len(loop.residues)].append(loop)
        self.consensus, self._index = cache(self._consensus), cache(self._neighbours)

    def lengths(self) -> tuple[int, int]:
        """The shortest and the longest that is not unusual."""
        every = np.repeat(sorted(self.by_length), [len(self.by_length[n]) for n in sorted(self.by_length)])
        low, high = np.quantile(every, (UNUSUAL, 1 - UNUSUAL), method="nearest")
        return int(low), int(high)

    def share(self, length: int) -> float:
        """The share of loops of this length: how often a length drawn as in training is right."""
        return len(self.by_length.get(length, ())) / sum(map(len, self.by_length.values()))

    def _consensus(self, length: int) -> str:
        """The most frequent residue at each place of loops of this length; of all loops where none has it."""
        alike = [loop.residues for loop in self.by_length.get(length, ())]
        every = [residue for some in self.by_length.values() for loop in some for residue in loop.residues]
        columns = zip(*alike, strict=True) if alike else [every] * length
        counts = (Counter(column) for column in columns)
        return "".join(max(RESIDUES, key=lambda letter: (count[letter], letter)) for count in counts)

    def nearest(self, framework: str, length: int) -> str:
        """The loop of this length in the framework most like this one; the consensus where none is alike."""
        found = self._index(length).nearest(framework)
        return self.by_length[length][found[0][0]].residues if found else self.consensus(length)

    def _neighbours(self, length: int) -> Neighbours:
        return Neighbours([loop.framework for loop in self.by_length.get(length, ())])


def training_loops(data: Path, names: Sequence[str]) -> dict[str, Loops]:
    """The loops of training domains by name."""
    records = READERS["antibodies"](reading(data, "antibodies", TABLE))
    trained = {record.key for record in records if record.split == "train"}
    rows = [row for row in read_rows(data / TABLE, columns(names)) if row["seq"] in trained]
    return {name: Loops([cut(row, name) for row in rows if belongs(row, name)]) for name in names}


def columns(names: Sequence[str]) -> tuple[str, ...]:
    """The columns of the table that hold these loops."""
    return ("seq", "chain", *(f"imgt{name[1]}{end}" for name in names for end in "se"))


def belongs(row: dict, name: str) -> bool:
    """Whether a domain of the table has the loop: heavy or light."""
    return (row["chain"] == "H") == (name[0] == "H")


def cut(row: dict, name: str) -> Loop:
    """Cut a loop out of a domain of the table, by IMGT's numbers."""
    start, end = int(row[f"imgt{name[1]}s"]), int(row[f"imgt{name[1]}e"])
    return Loop(row["seq"][start:end], row["seq"][:start] + row["seq"][end:])
