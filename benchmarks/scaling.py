"""Fit validation loss of finished runs against size and tokens, and task scores against size.

Writes three pictures and two tables, and ends with one line RESULT and JSON.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from cyclopts import App
from matplotlib.axes import Axes

from command import run_app
from scilogos.bench.material.text import LEAST_GROUPS
from scilogos.errors import InputError, MissingError
from scilogos.model import ModelConfig, Transformer, fingerprint
from scilogos.train import read_recipe, recorded

SCORES = {  # the figure of each task's report that a larger model should raise; an affinity it should lower
    "retrosynthesis": "top-1",
    "binding-site": "COACH420, AUPRC",
    "ligand": "Vina dock, mean",
    "material": f"novel linkers with {LEAST_GROUPS} or more coordinating groups",
    "editing": "AAV hard: fitness",
    "cdr": "H3: AAR of the first",
}

app = App(help=__doc__, help_format="plaintext", version_flags=())


@dataclass(frozen=True)
class Run:
    """A run: its size, and the validation loss of every modality after so many tokens."""

    name: str
    parameters: int
    tokens: np.ndarray  # [evaluations]
    losses: Mapping[str, np.ndarray]  # modality -> nats a place [evaluations]
    fingerprint: str | None  # of its final weights


def read_run(recipe: Path) -> Run:
    """Read the run of a recipe from runs/NAME, or from where the recipe's name says it is."""
    settings = read_recipe(recipe)
    folder = Path("runs") / settings.name
    settings = recorded(folder) or settings
    try:
        config = ModelConfig.from_hf(json.loads((folder / "config.json").read_text()))
        lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    except FileNotFoundError as error:
        raise MissingError(f"{error.filename}: not there; train {recipe} first") from None
    told = [line for line in lines if "validation" in line]
    if not told:
        raise InputError("no validation yet", path=folder / "metrics.jsonl")
    losses = {name: np.array([line["validation"][name] for line in told]) for name in told[-1]["validation"]}
    with torch.device("meta"):
        parameters = sum(parameter.numel() for parameter in Transformer(config, device="meta").parameters())
    final = folder / "final"
    tokens = np.array([(line["step"] + 1) * settings.step_tokens for line in told])
    return Run(settings.name, parameters, tokens, losses, fingerprint(final) if final.is_dir() else None)


def exponent(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> float:
    """The slope of log y over log x, least squares: y is proportional to x to this power."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def common_tokens(runs: Sequence[Run]) -> int:
    """The most tokens after which every run has been validated."""
    shared = set.intersection(*(set(run.tokens.tolist()) for run in runs))
    if not shared:
        raise InputError("the runs were never validated after equal tokens")
    return max(shared)


def growth(run: Run) -> dict[str, float]:
    """For each modality the exponent of tokens, over the validations of a run from a tenth of its tokens on."""
    late = run.tokens >= 0.1 * run.tokens.max()
    return {name: exponent(run.tokens[late], losses[late]) for name, losses in run.losses.items()}


def sizes(runs: Sequence[Run], tokens: int) -> dict[str, dict[str, float]]:
    """For each modality the loss of each run after so many tokens, and the exponent of size."""
    found = {}
    for name in runs[0].losses:
        losses = [float(run.losses[name][run.tokens == tokens][0]) for run in runs]
        by_run = {run.name: loss for run, loss in zip(runs, losses, strict=True)}
        found[name] = {**by_run, "exponent": exponent([run.parameters for run in runs], losses)}
    return found


def scores(runs: Sequence[Run], results: Path) -> dict[str, dict[str, float]]:
    """For each task the score of each run's final weights, from reports of one name that most of the runs have."""
    found: dict[str, dict[str, float]] = {}
    folders = {run.name: results / (run.fingerprint or "-") for run in runs}
    for task, figure in SCORES.items():
        names = Counter(path.name for folder in folders.values() for path in folder.glob(f"{task}*.json"))
        reports = [
            {run: _score(folder / name, figure) for run, folder in folders.items() if (folder / name).is_file()}
            for name, _ in names.most_common()
        ]
        reports = [{run: value for run, value in report.items() if value is not None} for report in reports]
        if best := max(reports, key=len, default={}):
            found[task] = best
    return found


def _score(path: Path, figure: str) -> float | None:
    """The model's figure in a report; None where nothing was measured, or of another question than the task's."""
    report = json.loads(path.read_text())
    figures = report["figures"]["model"]
    if report.get("apart"):
        return None
    if figure not in figures:
        raise InputError(f"found {', '.join(figures)}; expected {figure}", path=path)
    return figures[figure]["value"]


def slope(runs: Sequence[Run], row: Mapping[str, float]) -> float:
    """What a task's score gains when a model is ten times as large: least squares over the logarithm of size."""
    known = [run for run in runs if run.name in row]
    sizes = np.log10([run.parameters for run in known])
    return float(np.polyfit(sizes, [row[run.name] for run in known], 1)[0])


def draw_scores(runs: Sequence[Run], found: Mapping[str, Mapping[str, float]], out: Path) -> None:
    """Each task's score over size, with its line."""
    figure, axes = plt.subplots(1, len(found), figsize=(2.6 * len(found), 2.5), squeeze=False, layout="constrained")
    for axis, (task, row) in zip(axes.flat, found.items(), strict=True):
        known = [run for run in runs if run.name in row]
        x, y = np.array([run.parameters for run in known]), np.array([row[run.name] for run in known])
        line = np.polyfit(np.log10(x), y, 1)
        axis.plot(x, np.polyval(line, np.log10(x)), color="0.6", linewidth=1)
        axis.plot(x, y, "o", markersize=4)
        axis.set_xscale("log")
        axis.set_title(task, fontsize=9)
        axis.set_ylabel(SCORES[task], fontsize=6)
        axis.tick_params(labelsize=7, which="both")
    figure.supxlabel("parameters", fontsize=9)
    figure.savefig(out.with_name(f"{out.name}-scores.png"), dpi=130)
    plt.close(figure)


def draw(runs: Sequence[Run], table: Mapping[str, Mapping[str, float]], out: Path) -> None:
    """Loss over tokens, a line a size; and loss over size at equal tokens with its power law."""
    names = list(table)
    for kind, one in (("tokens", _over_tokens), ("size", _over_size)):
        columns = min(5, len(names))
        rows = -(-len(names) // columns)
        figure, axes = plt.subplots(
            rows, columns, figsize=(2.6 * columns, 2.3 * rows), squeeze=False, layout="constrained"
        )
        for place, axis in enumerate(axes.flat):
            if place >= len(names):
                axis.axis("off")
                continue
            one(axis, runs, names[place], table[names[place]])
            axis.set_title(names[place], fontsize=9)
            axis.tick_params(labelsize=7, which="both")
        axes[0][0].legend(fontsize=7, frameon=False)
        figure.supxlabel("tokens" if kind == "tokens" else "parameters", fontsize=9)
        figure.supylabel("validation loss, nats a symbol", fontsize=9)
        out.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(out.with_name(f"{out.name}-{kind}.png"), dpi=130)
        plt.close(figure)


def _over_tokens(axis: Axes, runs: Sequence[Run], name: str, _: Mapping[str, float]) -> None:
    for run in runs:
        axis.plot(run.tokens, run.losses[name], linewidth=1.2, label=f"{run.parameters / 1e6:.1f} M")
    axis.set_xscale("log")
    axis.set_yscale("log")


def _over_size(axis: Axes, runs: Sequence[Run], name: str, row: Mapping[str, float]) -> None:
    x, y = np.array([run.parameters for run in runs]), np.array([row[run.name] for run in runs])
    line = np.polyfit(np.log(x), np.log(y), 1)
    axis.plot(x, np.exp(np.polyval(line, np.log(x))), color="0.6", linewidth=1)
    axis.plot(x, y, "o", markersize=4, label="measured")
    axis.annotate(f"N^{row['exponent']:.3f}", (0.5, 0.85), xycoords="axes fraction", fontsize=7)
    axis.set_xscale("log")
    axis.set_yscale("log")


@app.default
def scaling(*recipes: Path, out: Path = Path("docs/scaling"), results: Path = Path("results")) -> None:
    """Read the runs of recipes that differ in size, smallest first.

    Parameters
    ----------
    recipes
        Recipes whose runs lie in runs/NAME.
    out
        Where the pictures go, without their endings.
    results
        The folder of `logos bench`.
    """
    if len(recipes) < 2:
        raise InputError("give the recipes of at least two sizes")
    runs = sorted(map(read_run, recipes), key=lambda run: run.parameters)
    tokens = common_tokens(runs)
    table = sizes(runs, tokens)
    draw(runs, table, out)
    over_tokens = {run.name: growth(run) for run in runs}
    largest = over_tokens[runs[-1].name]
    heads = [f"{run.parameters / 1e6:.1f} M" for run in runs]
    print(f"| {tokens / 1e6:.1f} M tokens | {' | '.join(heads)} | exponent of size | of tokens, {heads[-1]} |")
    print("|---|" + "---:|" * (len(runs) + 2))
    for name, row in table.items():
        losses = " | ".join(f"{row[run.name]:.3f}" for run in runs)
        print(f"| {name} | {losses} | {row['exponent']:+.3f} | {largest[name]:+.3f} |")
    found = {task: row for task, row in scores(runs, results).items() if len(row) > 1}
    slopes = {task: slope(runs, row) for task, row in found.items()}
    if found:
        draw_scores(runs, found, out)
        print(f"\n| score | {' | '.join(heads)} | more for ten times the size |")
        print("|---|" + "---:|" * (len(runs) + 1))
    for task, row in found.items():
        cells = " | ".join(f"{row[run.name]:.3f}" if run.name in row else "" for run in runs)
        print(f"| {task}, {SCORES[task]} | {cells} | {slopes[task]:+.3f} |")
    settings = {run.name: {"parameters": run.parameters, "fingerprint": run.fingerprint} for run in runs}
    result = {
        "benchmark": "scaling",
        "tokens": tokens,
        "settings": settings,
        "losses": table,
        "over tokens": over_tokens,
    }
    result |= {"scores": found, "score of ten times the size": slopes}
    print("RESULT " + json.dumps(result))


if __name__ == "__main__":
    run_app(app, "scaling.py")
