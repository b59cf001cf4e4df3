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

    Of several such reports that which most of the runs have.
    """
    found: dict[str, dict[str, Figure]] = {}
    folders = [(run.name, results / weights) for run in runs for weights in run.fingerprints]
    for task, figure in SCORES.items():
        asked = defaultdict[tuple[str, int], dict[str, Figure]](dict)
        for run, folder in folders:
            for path in sorted(folder.glob(f"{task}*.json")):
                samples, score = _score(path, figure)
                if score is not None:
                    asked[path.name, samples][run] = score
        if asked:
            found[task] = max(asked.values(), key=len)
    return found


def _score(path: Path, figure: str) -> tuple[int, Figure | None]:
    """Draws, and the model's figure; None where nothing was measured, or of another question than the task's."""
    report = json.loads(path.read_text())
    figures, samples = report["figures"]["model"], report["settings"]["samples"]
    if report.get("apart"):
        return samples, None
    if figure not in figures:
        raise InputError(f"found {', '.join(figures)}; expected {figure}", path=path)
    return samples, Figure(**figures[figure]) if figures[figure]["value"] is not None else None


def slope(runs: Sequence[Run], over: Over, row: Mapping[str, Figure]) -> float:
    """What a task's score gains by ten times the size or tokens: least squares over the logarithm."""
    return float(np.polyfit(*points(runs, over, row), 1)[0])


def points(runs: Sequence[Run], over: Over, row: Mapping[str, Figure]) -> tuple[np.ndarray, np.ndarray]:
    """The logarithm of size or tokens, and the scores."""
    known = [(run.x(over), row[run.name].value) for run in runs if run.name in row]
    x, y = np.array(known, float).T
    return np.log10(x), y
