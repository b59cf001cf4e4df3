"""Scores of the runs' final weights, from the reports of `logos bench`."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ladder.runs import Over, Run
from scilogos.bench.figures import Figure
from scilogos.bench.material.text import LEAST_GROUPS
from scilogos.errors import InputError

SCORES = {  # the figure of each task's report that a larger model should raise; an affinity it should lower
    "retrosynthesis": "top-1",
    "binding-site": "COACH420, AUPRC",
    "ligand": "Vina dock, mean",
    "material": f"novel linkers with {LEAST_GROUPS} or more coordinating groups",
    "editing": "AAV hard: fitness",
    "cdr": "H3: AAR of the first",
}


def scores(runs: Sequence[Run], results: Path) -> dict[str, dict[str, Figure]]:
    """For each task the score of each run's final weights, from reports of one name and as many draws.

    Of several such reports that which most of the runs have; InputError for a task whose reports all lack its figure.
    """
    found: dict[str, dict[str, Figure]] = {}
    folders = [(run.name, results / weights) for run in runs for weights in run.fingerprints]
    for task, figure in SCORES.items():
        asked, lacking = defaultdict[tuple[str, int], dict[str, Figure]](dict), list[Path]()
        for run, folder in folders:
            for path in sorted(folder.glob(f"{task}*.json")):
                report = json.loads(path.read_text())
                figures = report["figures"]["model"]
                if report.get("apart"):  # another question than the task's
                    continue
                if figure not in figures:  # other loops, say
                    lacking.append(path)
                elif figures[figure]["value"] is not None:
                    asked[path.name, report["settings"]["samples"]][run] = Figure(**figures[figure])
        if lacking and not asked:
            raise InputError(f"expected the figure {figure!r}, as in no report of {task}", path=lacking[0])
        if asked:
            found[task] = max(asked.values(), key=len)
    return found


def slope(runs: Sequence[Run], over: Over, row: Mapping[str, Figure]) -> float:
    """What a task's score gains by ten times the size or tokens: least squares over the logarithm."""
    return float(np.polyfit(*points(runs, over, row), 1)[0])


def points(runs: Sequence[Run], over: Over, row: Mapping[str, Figure]) -> tuple[np.ndarray, np.ndarray]:
    """The logarithm of size or tokens, and the scores."""
    known = [(run.x(over), row[run.name].value) for run in runs if run.name in row]
    x, y = np.array(known, float).T
    return np.log10(x), y
