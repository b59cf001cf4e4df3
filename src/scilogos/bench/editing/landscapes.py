"""The two measured landscapes of the GGS benchmark, and the start sets that a method may look at.

Source: Kirjner et al., ICLR 2024 (arXiv 2307.00494); the flags of the tables are the published start sets.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scilogos.data.tables import read_rows
from scilogos.errors import InputError

TABLES = {"AAV": "protein/aav_ggs.csv.zst", "GFP": "protein/gfp_sarkisyan_aa.csv.zst"}
PAIRS = "protein/ggs_oracle_pairs.csv.zst"  # sequences with the values of GGS's own oracle
DIFFICULTIES = {"medium": "ggs_medium", "hard": "ggs_hard"}


class Labelled(NamedTuple):
    """Sequences with their fitness, which is 0 at the least and 1 at the largest measured score of the landscape."""

    sequences: tuple[str, ...]
    fitness: np.ndarray

    def best(self, number: int) -> tuple[str, ...]:
        """Give the fittest sequences, best first."""
        return tuple(self.sequences[i] for i in np.argsort(-self.fitness, kind="stable")[:number])


@dataclass(frozen=True)
class Landscape:
    """All measured rows of a protein; a sequence may have several, as it has in GGS."""

    name: str
    rows: Labelled
    flags: dict[str, np.ndarray]  # difficulty -> bool [rows]

    def start(self, difficulty: str) -> Labelled:
        """Give a start set, each of its rows."""
        (chosen,) = np.nonzero(self.flags[difficulty])
        return Labelled(tuple(self.rows.sequences[i] for i in chosen), self.rows.fitness[chosen])

    @cached_property
    def merged(self) -> Labelled:
        """All sequences, each once with the mean of its rows."""
        return merged(self.rows)


def merged(rows: Labelled) -> Labelled:
    """Give each sequence once, with the mean of its fitness."""
    values = defaultdict(list)
    for sequence, fitness in zip(*rows, strict=True):
        values[sequence].append(float(fitness))
    return Labelled(tuple(values), np.array([np.mean(some) for some in values.values()]))


def read_landscape(data: Path, name: str) -> Landscape:
    """Read the table of a landscape; InputError where it holds sequences of several lengths or no start set."""
    path = data / TABLES[name]
    rows = list(read_rows(path, ("sequence", "norm", *DIFFICULTIES.values())))
    sequences = tuple(row["sequence"] for row in rows)
    if len({len(sequence) for sequence in sequences}) != 1:
        raise InputError("expected sequences of one length", path=path)
    flags = {key: np.array([row[flag] == "1" for row in rows]) for key, flag in DIFFICULTIES.items()}
    if lacking := [key for key, flag in flags.items() if not flag.any()]:
        raise InputError(f"no row of the start set {lacking[0]}", path=path)
    return Landscape(name, Labelled(sequences, np.array([float(row["norm"]) for row in rows])), flags)


def read_pairs(data: Path, name: str) -> Labelled:
    """Read sequences with the normalised values that GGS's own oracle gave them."""
    rows = [row for row in read_rows(data / PAIRS, ("task", "sequence", "normalized_score")) if row["task"] == name]
    return Labelled(tuple(row["sequence"] for row in rows), np.array([float(row["normalized_score"]) for row in rows]))
