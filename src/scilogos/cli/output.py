"""Answers out: a table on a terminal, JSON lines in a pipe, or a file by its ending. Nothing is left half-written."""

import csv
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scilogos.errors import InputError
from scilogos.science import NamedMolecule, replacing, write_fasta, write_sdf, write_smi

Row = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """Rows to show, and what of them is a molecule or a sequence; `files` writes the endings that rows cannot."""

    rows: Sequence[Row]
    title: str = ""
    molecule: str = ""  # the column that holds a SMILES
    sequence: str = ""  # the column that holds residues
    footnote: str = ""
    columns: Sequence[str] = ("rank",)  # of a table without rows
    names: Sequence[str] = ()  # of the molecules or sequences of a file, one a row; by default their numbers
    files: dict[str, Callable[[Path], object]] = field(default_factory=dict)

    def show(self, out: Path | None) -> None:
        """Write to `out`, or print."""
        if out is not None:
            self._write(out)
            print(f"wrote {len(self.rows)} rows to {out}", file=sys.stderr)
        elif sys.stdout.isatty():
            self._table()
        else:
            for row in self.rows:
                print(json.dumps(row))

    def _table(self) -> None:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        # Text, not str: rich takes the brackets of a SMILES for markup.
        table = Table(header_style="bold", box=None, pad_edge=False)
        for name in self.rows[0] if self.rows else ():
            number = isinstance(self.rows[0][name], (int, float))
            table.add_column(Text(name), justify="right" if number else "left", overflow="fold")
        for row in self.rows:
            table.add_row(*(Text(f"{v:.2f}" if isinstance(v, float) else _text(v)) for v in row.values()))
        console = Console()
        if self.title:
            console.print(Text(self.title, style="italic"))
        console.print(table if self.rows else "no answers")
        if self.footnote:
            console.print(Text(self.footnote, style="dim"))

    def _write(self, out: Path) -> None:
        writers = {".csv": self._csv, ".jsonl": self._jsonl, **self.files}
        names = self.names or [str(i) for i in range(1, len(self.rows) + 1)]
        if self.sequence:
            writers[".fasta"] = lambda path: write_fasta(
                path,
                [
                    (f"{name} legal_score={row['legal_score']:.3f}", row[self.sequence])
                    for name, row in zip(names, self.rows, strict=True)
                ],
            )
        if self.molecule:
            molecules = [
                NamedMolecule(row[self.molecule], name, _texts(row)) for name, row in zip(names, self.rows, strict=True)
            ]
            writers[".smi"] = lambda path: write_smi(path, molecules)
            writers[".sdf"] = lambda path: write_sdf(path, molecules)
        check_out(out, *writers)
        writers[out.suffix](out)

    def _csv(self, path: Path) -> None:
        with replacing(path) as stream:
            writer = csv.DictWriter(stream, list(self.rows[0] if self.rows else self.columns), lineterminator="\n")
            writer.writeheader()
            writer.writerows({k: _text(v) for k, v in row.items()} for row in self.rows)

    def _jsonl(self, path: Path) -> None:
        with replacing(path) as stream:
            stream.writelines(json.dumps(row) + "\n" for row in self.rows)


def check_out(out: Path | None, *known: str) -> None:
    """Raise InputError for a file that cannot be written, by its ending or for want of a folder."""
    if out is not None:
        check_ending(out, known)
        if not out.parent.is_dir():
            raise InputError("the folder does not exist; make it first", path=out)


def check_ending(out: Path, known: Sequence[str]) -> None:
    """Raise InputError for a file ending that cannot be written."""
    if out.suffix not in known:
        raise InputError(f"cannot write {out.suffix or 'a file without ending'}; expected {', '.join(known)}", path=out)


def _texts(row: Row) -> dict[str, str]:
    return {name: _text(value) for name, value in row.items()}


def _text(value: Any) -> str:
    return " + ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
