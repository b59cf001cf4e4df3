"""Antibodies with one loop opened: RAbD's, or the validation split of the training table."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scilogos.bench.cdr.loops import TABLE as TRAINING
from scilogos.bench.cdr.loops import belongs, columns, cut
from scilogos.bench.held_out import Item
from scilogos.data.tables import read_rows
from scilogos.errors import InputError
from scilogos.science import variable_domain

TABLE = "antibody/rabd_benchmark.jsonl"
Reasons = Mapping[str, list[str]]  # keys that cannot be used, by reason


@dataclass(frozen=True)
class Opened:
    """The chains of an antibody, which of them has the loop, and where the loop lies there."""

    chains: tuple[str, ...]
    number: int
    loop: tuple[int, int]

    def filled(self, residues: str) -> tuple[str, tuple[int, int]]:
        """The chain with another loop, and where that lies."""
        chain, (start, end) = self.chains[self.number], self.loop
        return chain[:start] + residues + chain[end:], (start, start + len(residues))

    @property
    def framework(self) -> str:
        """The chain without the loop."""
        return self.filled("")[0]


def benchmark(data: Path, name: str, skipped: Reasons) -> list[Item]:
    """RAbD's antibodies; the other chain is given where the table has it."""
    kinds, found = ("heavy", "light"), []
    kind, place = kinds[name[0] == "L"], 2 * (int(name[1]) - 1)
    for row in read_rows(data / TABLE, ("pdb", "heavy_chain")):
        if not row.get(kind):
            skipped[f"no {kind} chain in the table"].append(row["pdb"])
            continue
        start, end = row[f"{kind}_imgt"][place : place + 2]
        chains = tuple(row[k] for k in kinds if row.get(k))
        opened = Opened(chains, chains.index(row[kind]), (start, end))
        found.append(Item(f"{row['pdb']}/{name}", opened, row[kind][start:end], name))
    return found


def validation(data: Path, name: str, skipped: Reasons) -> list[Item]:
    """Single domains of the training table's val split."""
    del skipped
    found = []
    for row in read_rows(data / TRAINING, ("id", "split", *columns([name]))):
        if row["split"] == "val" and belongs(row, name):
            start = int(row[f"imgt{name[1]}s"])
            native = cut(row, name).residues
            opened = Opened((row["seq"],), 0, (start, start + len(native)))
            found.append(Item(f"{row['id']}/{name}", opened, native, name))
    return found


def is_numbered(item: Item, name: str, skipped: Reasons) -> bool:
    """Whether our own numbering finds the table's loop."""
    try:
        domains = [variable_domain(chain) for chain in item.given.chains]
    except InputError as error:
        skipped[f"not numbered: {error}"].append(item.key)
        return False
    domain = domains[item.given.number]
    if domain.residues[slice(*domain.loops.get(name, (0, 0)))] != item.truth:
        skipped[f"our numbering finds another {name} than the table"].append(item.key)
        return False
    return True
