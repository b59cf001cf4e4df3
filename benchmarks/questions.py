"""Compare the runs of recipes/questions: tasks learnt together or alone, from pre-trained weights or from random ones.

Prints a table of losses and scores, and ends with one line RESULT and JSON.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from cyclopts import App

from command import run_app
from ladder.runs import Run, read_run
from ladder.scores import SCORES
from result import Spread, show_result, spread
from scilogos.errors import InputError

TASKS = {"retro": "retrosynthesis", "site": "binding-site", "design": "cdr"}  # modality -> task of `logos bench`

app = App(help=__doc__, help_format="plaintext", version_flags=())


def report_of(run: Run, task: str, results: Path) -> dict[str, float] | None:
    """The task's figure in the one report of a run's final weights, with its interval; None without a report."""
    found = sorted(path for weights in run.fingerprints for path in (results / weights).glob(f"{task}*.json"))
    if not found:
        return None
    if len(found) > 1:
        raise InputError(f"{len(found)} reports of {task}: expected one", path=found[0].parent)
    figure = json.loads(found[0].read_text())["figures"]["model"][SCORES[task]]
    return {key: figure[key] for key in ("value", "low", "high")} | {"items": figure["count"]}


def compare(arms: Mapping[str, Iterable[Run]], results: Path) -> dict[str, dict[str, dict]]:
    """For each task and arm the loss at the end, the tokens of all its tasks, and the score where there is a report."""
    found: dict[str, dict[str, dict]] = {}
    for arm, runs in arms.items():
        for run in runs:
            for modality in run.losses.keys() & TASKS.keys():
                row = found.setdefault(modality, {})
                if arm in row:
                    raise InputError(f"{run.name}: {arm} has another run of {modality}")
                row[arm] = {
                    "run": run.name,
                    "tokens": int(run.tokens[-1]),
                    "loss": float(run.losses[modality][-1]),
                    "score": report_of(run, TASKS[modality], results),
                }
    return {modality: found[modality] for modality in TASKS if modality in found}


def ratios(table: Mapping[str, Mapping[str, Mapping]]) -> dict[str, Spread]:
    """The loss of every other arm over that of the first: median, least and most of the tasks."""
    found: dict[str, list[float]] = {}
    for entries in table.values():
        (first, base), *others = entries.items()
        for arm, entry in others:
            found.setdefault(f"loss, {arm} / {first}", []).append(entry["loss"] / base["loss"])
    return {name: spread(values) for name, values in found.items()}


def row(task: str, arm: str, entry: Mapping) -> str:
    """A row of the table."""
    score = entry["score"]
    told = f"{score['value']:.3f}" if score else ""
    if score and score["low"] is not None:
        told += f" ({score['low']:.3f} to {score['high']:.3f})"
    return f"| {task} | {arm} | {entry['tokens'] / 1e6:.1f} M | {entry['loss']:.4f} | {told} |"


@app.default
def questions(folder: Path = Path("recipes/questions"), results: Path = Path("results")) -> None:
    """Read the runs of the questions' recipes.

    Parameters
    ----------
    folder
        Where joint.toml, from-random.toml and the recipes ending in -alone.toml are; their runs lie in runs/NAME.
    results
        The folder of `logos bench`.
    """
    arms = {
        "together": [read_run(folder / "joint.toml")],
        "alone": [read_run(recipe) for recipe in sorted(folder.glob("*-alone.toml"))],
        "together, from random weights": [read_run(folder / "from-random.toml")],
    }
    table = compare(arms, results)
    print("| task | learnt | tokens | loss | score |\n|---|---|---:|---:|---:|")
    for modality, entries in table.items():
        task = f"{TASKS[modality]}, {SCORES[TASKS[modality]]}"
        for arm, entry in entries.items():
            print(row(task, arm, entry))
    settings = {arm: sorted(run.name for run in runs) for arm, runs in arms.items()}
    show_result("questions", settings=settings, ratios=ratios(table), table=table)


if __name__ == "__main__":
    run_app(app, "questions.py")
