"""Reports of `logos bench` as the tables read them, and the published systems beside."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scilogos.bench.figures import Figure
from scilogos.errors import InputError

PUBLISHED = Path(__file__).with_name("published.toml")


@dataclass(frozen=True)
class Run:
    """The report of one checkpoint on one task."""

    task: str
    checkpoint: str
    report: Mapping[str, Any]

    @property
    def title(self) -> str:
        """The checkpoint, and what of the run is not as usual."""
        return ", ".join((self.checkpoint, *self.report.get("differs", ())))

    @property
    def name(self) -> str:
        """The checkpoint without its fingerprint."""
        return self.checkpoint.partition(",")[0]

    @property
    def otherwise(self) -> tuple[str, ...]:
        """All that differs from the usual, apart from how many items."""
        return self._differing("limit")

    @property
    def set(self) -> tuple[str, ...]:
        """What of the task's own settings differs, apart from how many items and draws there are and their seed."""
        return self._differing("limit", "samples", "seed")

    @property
    def limit(self) -> tuple[str, ...]:
        """How many items were asked for, where that is not all."""
        return tuple(d for d in self.report.get("differs", ()) if d not in self.otherwise)

    def _differing(self, *but: str) -> tuple[str, ...]:
        return tuple(d for d in self.report.get("differs", ()) if d.split(" ")[0] not in but)

    @property
    def counted(self) -> str:
        """How many items of which group."""
        return ", ".join(f"{number:,} {group}" for group, number in self.report["items"].items())

    def counted_for(self, figure: str) -> str:
        """The same of the one group that a figure is named after, as in "COACH420, MCC"; else of all."""
        own = [f"{number:,} {group}" for group, number in self.report["items"].items() if figure.startswith(group)]
        return own[0] if own else self.counted

    def cells(self, arm: str, columns: Sequence[str]) -> list[str]:
        """The figures of an arm, a column each."""
        figures, apart = self.report["figures"].get(arm, {}), self.report.get("apart", "")
        names = [name if name in figures else name.replace(":", f", {apart}:", 1) for name in columns]
        return [str(Figure(**figures[name])) if name in figures else "" for name in names]


def published() -> dict[str, Any]:
    """The tables by name, which is their task's where they name no other."""
    tables = tomllib.loads(PUBLISHED.read_text(encoding="utf-8"))
    return {name: {"task": name, **table} for name, table in tables.items()}


def usual(results: Path) -> list[Run]:
    """The reports of a folder that ask the usual question, by title."""
    return sorted((run for run in _runs(results) if not run.report.get("apart")), key=lambda run: run.title)


def least_changed(run: Run) -> tuple[int, int]:
    """A key by which the run of most items at the usual settings, draws and seed comes first."""
    return len(run.otherwise), -sum(run.report["items"].values())


def asked_otherwise(results: Path) -> list[Run]:
    """Those that ask another, such as a validation split or an oracle in the loop, by title."""
    return sorted((run for run in _runs(results) if run.report.get("apart")), key=lambda run: run.title)


def _runs(results: Path) -> Iterator[Run]:
    for path in sorted(results.glob("*/*.json")):
        try:
            report = json.loads(path.read_text(encoding="utf-8"))
            yield Run(report["task"], report["settings"]["checkpoint"], report)
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"not a report of `logos bench` ({error})", path=path) from None
