"""One table a task: published systems with their source, the baselines run here, and our models; from results alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scilogos.bench.tables.brief import brief, renewed
from scilogos.bench.tables.costs import costs
from scilogos.bench.tables.runs import Run, asked_otherwise, published, usual
from scilogos.errors import MissingError

__all__ = ["brief", "columns_of", "page", "renewed"]

_HEAD = """# Benchmarks

Figures of held-out data, from the reports of `logos bench`; none is typed by hand. Regenerate this page with
`logos bench tables {results}`. In brackets are 95% intervals, 1,000 bootstrap draws of the items. Figures of published
systems stand as their papers print them, and what is comparable is said below each table. How each task is scored, and
its settings, is said in [scoring.md](scoring.md).
"""

_COSTS = """
## What scoring costs

Seconds an item by the clock, of the model and of what scores its answers: taken on one machine in one run, so that
their ratio tells something and they themselves do not. Docking (ligand) and assembly (material) are apart: their pace
is what one core tries in a minute.

| | items | sampling | scoring | scoring of sampling | docked or assembled |
|---|---:|---:|---:|---:|---:|"""


def columns_of(task: str) -> list[str]:
    """The figures of a task that its tables show; none of a task without a table."""
    return [column for table in published().values() if table["task"] == task for column in table["columns"]]


def page(results: Path) -> str:
    """The page as Markdown; MissingError where the folder holds no report."""
    runs = usual(results)
    if not runs:
        raise MissingError(f"{results}: no report of `logos bench` in it; expected <fingerprint>/<task>.json")
    lines = [_HEAD.format(results=results)]
    for name, table in published().items():
        mine = [run for run in runs if run.task == table["task"]]
        if name == table["task"]:
            made_by = _made_by(mine)
        else:  # the first table of the task has told how they were made
            made_by = [] if any(any(run.cells("model", table["columns"])) for run in mine) else _made_by([])
        lines += [f"\n## {table['title']}\n", *_table(table, mine), "", table["note"], *made_by]
        others = [run for run in asked_otherwise(results) if run.task == name]
        for question in dict.fromkeys(run.report["apart"] for run in others):
            some = [run for run in others if run.report["apart"] == question]
            ours = {key: value for key, value in table.items() if key != "published"}
            lines += [f"\n### {table['title']}, another question: {question}\n", *_table(ours, some), *_made_by(some)]
    return "\n".join([*lines, _COSTS, *costs(runs)]) + "\n"


def _table(table: Mapping[str, Any], runs: Sequence[Run]) -> list[str]:
    """Rows of published systems, of the baselines, of our models.

    A baseline stands once for all runs of the same settings, from that with most items; one that depends on the model
    stands before each of ours. What has no figure here has no row, nor has what says what another row says.
    """
    columns = table["columns"]
    lines = [f"| | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    for row in table.get("published", ()):
        cells = [str(row.get(column, "")) for column in columns]
        lines.append(f"| {row['system']} [{_number(table, row['source'])}] | {' | '.join(cells)} |")
    of_model = table.get("of_model", ())
    by_items = sorted(runs, key=lambda run: (sum(run.report["items"].values()), -len(run.report.get("differs", ()))))
    shared = {
        (f"{arm}, run here", run.set): (run, arm)
        for run in by_items
        for arm in run.report["figures"]
        if arm not in ("model", *of_model)
    }
    ordered = sorted(shared.items())
    rows = [(", ".join((title, *run.limit, *settings)), run, arm) for (title, settings), (run, arm) in ordered]
    for run in runs:
        rows += [(f"{arm}, {run.title}", run, arm) for arm in of_model if arm in run.report["figures"]]
        rows.append((f"**{run.title}**", run, "model"))
    told = dict[tuple[str, ...], str]()
    for title, run, arm in rows:
        name = title if arm in ("model", *of_model) else arm
        told.setdefault((name, *run.cells(arm, columns)), title)
    lines += [f"| {title} | {' | '.join(cells)} |" for (_, *cells), title in told.items() if any(cells)]
    sources = [f"[{number}] {source}" for number, source in enumerate(_sources(table), 1)]
    return [*lines, *(["", "; ".join(sources) + "."] if sources else [])]


def _sources(table: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(row["source"] for row in table.get("published", ())))


def _number(table: Mapping[str, Any], source: str) -> int:
    return _sources(table).index(source) + 1


def _made_by(runs: Sequence[Run]) -> list[str]:
    if not runs:
        return ["\nNo result of ours is in the folder."]
    return ["", *(f"- {run.title}: `{run.report['settings']['command']}`{_items(run)}" for run in runs)]


def _items(run: Run) -> str:
    settings = run.report["settings"]
    draws = settings.get("drawn") or (f"{settings['samples']} draws an item" if settings["samples"] > 1 else "")
    return "; ".join(("", *filter(None, (draws, f"seed {settings['seed']}", run.counted))))
