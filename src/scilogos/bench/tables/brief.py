"""A model's figures in brief, as a page that is written by hand holds them: between two marks, and never typed."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scilogos.bench.tables.runs import Run, least_changed, published, usual
from scilogos.errors import InputError, MissingError
from scilogos.model import fingerprint
from scilogos.tasks import installed

_MARKED = re.compile(r"(<!-- figures of (?P<name>\S+) -->\n).*?(<!-- end of figures -->)", re.DOTALL)


def brief(results: Path, name: str) -> str:
    """One row a figure: the model, and the baselines beside it; MissingError where the model has no report.

    Of an installed model those of its weights count alone; else InputError where reports of several have the name.
    """
    runs = [run for run in usual(results) if run.name == name]
    if folder := dict(installed()).get(name):
        runs = [run for run in runs if run.checkpoint == f"{name}, {fingerprint(folder)}"]
    if not runs:
        raise MissingError(f"{results}: no report of `logos bench` for {name}; expected <fingerprint>/<task>.json")
    checkpoints = sorted({run.checkpoint for run in runs})
    if len(checkpoints) > 1:
        raise InputError(f"{results}: reports of {'; '.join(checkpoints)}; expected one checkpoint of that name")
    lines = [f"| | {checkpoints[0]} | beside it |", "|---|---:|---|"]
    for table in published().values():
        mine = [run for run in runs if run.task == table["task"]]
        if mine:
            lines += _rows(table, *sorted(mine, key=least_changed))
    return "\n".join(lines) + "\n"


def renewed(text: str, results: Path) -> str:
    """A page with every marked place written anew; InputError for a page without one."""
    found, count = _MARKED.subn(lambda m: f"{m[1]}{brief(results, m['name'])}{m[3]}", text)
    if not count:
        raise InputError(
            "no place for figures; expected <!-- figures of MODEL --> and below it <!-- end of figures -->"
        )
    return found


def _rows(table: Mapping[str, Any], run: Run, *others: Run) -> Sequence[str]:
    """The figures of a run; where it met no baseline, those of the next run that did stand beside, with its items."""
    compared = next((one for one in (run, *others) if len(one.report["figures"]) > 1), run)
    arms = [arm for arm in compared.report["figures"] if arm != "model"]
    apart = "" if compared is run else f", of {compared.counted}"
    rows, columns = [], table.get("brief", [])
    for column, own in zip(columns, run.cells("model", columns), strict=True):
        beside = "; ".join(f"{arm} {value}{apart}" for arm in arms if (value := compared.cells(arm, [column])[0]))
        if own:
            counted = ", ".join((run.counted_for(column), *run.otherwise))
            rows.append(f"| {table['title']}, {column} ({counted}) | {own} | {beside} |")
    return rows
