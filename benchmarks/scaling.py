"""Fit validation losses and task scores of finished runs against their size, or against their tokens.

Writes pictures and two tables, and ends with one line RESULT and JSON.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
import torch
from cyclopts import App
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator

from command import run_app
from result import Spread, show_result
from scilogos.bench.material.text import LEAST_GROUPS
from scilogos.errors import InputError, MissingError
from scilogos.model import ModelConfig, Transformer, fingerprint, load_checkpoint, save_checkpoint
from scilogos.train import TrainRecipe, read_recipe, recorded

SCORES = {  # the figure of each task's report that a larger model should raise; an affinity it should lower
    "retrosynthesis": "top-1",
    "binding-site": "COACH420, AUPRC",
    "ligand": "Vina dock, mean",
    "material": f"novel linkers with {LEAST_GROUPS} or more coordinating groups",
    "editing": "AAV hard: fitness",
    "cdr": "H3: AAR of the first",
}

METRICS = "metrics.jsonl"  # of a run
Over = Literal["size", "tokens"]
X_LABELS: dict[Over, str] = {"size": "parameters", "tokens": "tokens"}

app = App(help=__doc__, help_format="plaintext", version_flags=())


@dataclass(frozen=True)
class Run:
    """A run: its size, and the validation loss of every modality after so many tokens, from the first weights on."""

    name: str
    parameters: int
    tokens: np.ndarray  # [evaluations]
    losses: Mapping[str, np.ndarray]  # modality -> nats a place [evaluations]
    fingerprints: tuple[str, ...] = ()  # of its final weights as they lie there, and as they are shipped, in bf16

    def x(self, over: Over) -> float:
        """Its size, or the tokens it has read."""
        return self.parameters if over == "size" else float(self.tokens[-1])

    def head(self, over: Over) -> str:
        """The same in words."""
        return f"{self.parameters / 1e6:.1f} M" if over == "size" else f"{self.tokens[-1] / 1e6:.1f} M tokens"


def read_run(recipe: Path) -> Run:
    """Read the run of a recipe from runs/NAME, with the runs whose weights it started from.

    Their tokens count as read; their validations too as long as they were of the same modalities.
    """
    settings = read_recipe(recipe)
    folder = Path("runs") / settings.name
    if not (folder / METRICS).is_file():
        raise MissingError(f"{folder / METRICS}: not there; train {recipe} first")
    stages = [_stage(folder, settings)]
    while (start := stages[0].start) and (start.parent / METRICS).is_file():
        stages.insert(0, _stage(start.parent))
    config = ModelConfig.from_hf(json.loads((folder / "config.json").read_text()))
    with torch.device("meta"):
        parameters = sum(parameter.numel() for parameter in Transformer(config, device="meta").parameters())
    before = np.cumsum([0, *(stage.tokens for stage in stages)])
    alike = [(n, stage) for n, stage in enumerate(stages) if stage.losses.keys() == stages[-1].losses.keys()]
    tokens = np.concatenate([before[n] + stage.validated for n, stage in alike])
    losses = {name: np.concatenate([stage.losses[name] for _, stage in alike]) for name in stages[-1].losses}
    return Run(settings.name, parameters, tokens, losses, _fingerprints(folder / "final"))


@dataclass(frozen=True)
class _Stage:
    tokens: int
    validated: np.ndarray  # tokens of the stage at each validation
    losses: Mapping[str, np.ndarray]
    start: Path | None


def _stage(folder: Path, recipe: TrainRecipe | None = None) -> _Stage:
    settings = recorded(folder) or recipe
    if settings is None:
        raise InputError("the run has no record of its recipe", path=folder)
    lines = [json.loads(line) for line in (folder / METRICS).read_text().splitlines()]
    told = [line for line in lines if "validation" in line]
    if not told:
        raise InputError("no validation yet", path=folder / METRICS)
    validated = np.array([(line["step"] + 1) * settings.step_tokens for line in told])
    losses = {name: np.array([line["validation"][name] for line in told]) for name in told[-1]["validation"]}
    return _Stage(settings.steps * settings.step_tokens, validated, losses, settings.start)


def _fingerprints(final: Path) -> tuple[str, ...]:
    if not final.is_dir():
        return ()
    with TemporaryDirectory() as shipped:
        save_checkpoint(shipped, *load_checkpoint(final, dtype=torch.bfloat16))
        return (fingerprint(final), fingerprint(shipped))


def exponent(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> float:
    """The slope of log y over log x, least squares: y is proportional to x to this power."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def common_tokens(runs: Sequence[Run]) -> int:
    """The most tokens after which every run has been validated."""
    shared = set.intersection(*(set(run.tokens.tolist()) for run in runs))
    if not shared:
        raise InputError("the runs were never validated after equal tokens")
    return max(shared)


def fits(runs: Sequence[Run], over: Over, tokens: int | None = None) -> dict[str, dict[str, float]]:
    """For each modality the loss of each run at its end, or after so many tokens, and the exponent of x."""
    found, x = {}, [run.x(over) for run in runs]
    for name in runs[0].losses:
        losses = [float(run.losses[name][-1 if tokens is None else list(run.tokens).index(tokens)]) for run in runs]
        by_run = {run.name: loss for run, loss in zip(runs, losses, strict=True)}
        found[name] = {**by_run, "exponent": exponent(x, losses)}
    return found


def spreads(runs: Sequence[Run], over: Over, table: Mapping[str, Mapping[str, float]]) -> dict[str, list[float]]:
    """For each modality the least and the largest exponent between one run and the next."""
    found = {}
    for name, row in table.items():
        steps = [exponent([a.x(over), b.x(over)], [row[a.name], row[b.name]]) for a, b in pairwise(runs)]
        found[name] = [min(steps), max(steps)]
    return found


def scores(runs: Sequence[Run], results: Path) -> dict[str, dict[str, float]]:
    """For each task the score of each run's final weights, from reports of one name that most of the runs have."""
    found: dict[str, dict[str, float]] = {}
    folders = [(run.name, results / weights) for run in runs for weights in run.fingerprints]
    for task, figure in SCORES.items():
        names = Counter(path.name for _, folder in folders for path in folder.glob(f"{task}*.json"))
        reports = [
            {run: _score(folder / name, figure) for run, folder in folders if (folder / name).is_file()}
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


def slope(runs: Sequence[Run], over: Over, row: Mapping[str, float]) -> float:
    """What a task's score gains by ten times the size or tokens: least squares over the logarithm."""
    known = [run for run in runs if run.name in row]
    return float(np.polyfit(np.log10([run.x(over) for run in known]), [row[run.name] for run in known], 1)[0])


def draw_scores(runs: Sequence[Run], over: Over, found: Mapping[str, Mapping[str, float]], out: Path) -> None:
    """Each task's score over size or tokens, with its line."""
    columns = min(3, len(found))
    rows = -(-len(found) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(3.0 * columns, 2.5 * rows), squeeze=False, layout="constrained")
    for axis in axes.flat[len(found) :]:
        axis.axis("off")
    for axis, (task, row) in zip(axes.flat, found.items(), strict=False):
        known = [run for run in runs if run.name in row]
        x, y = np.array([run.x(over) for run in known]), np.array([row[run.name] for run in known])
        line = np.polyfit(np.log10(x), y, 1)
        axis.plot(x, np.polyval(line, np.log10(x)), color="0.6", linewidth=1)
        axis.plot(x, y, "o", markersize=4)
        _ticks(axis, known, over)
        axis.set_title(task, fontsize=9)
        axis.set_ylabel(SCORES[task], fontsize=6)
    figure.supxlabel(X_LABELS[over], fontsize=9)
    figure.savefig(out.with_name(f"{out.name}-{over}-scores.png"), dpi=130)
    plt.close(figure)


def draw(runs: Sequence[Run], over: Over, table: Mapping[str, Mapping[str, float]], out: Path) -> None:
    """Loss in the course of each run, a line a run; and loss over size or tokens with its power law."""
    names = list(table)
    for kind, one in (("course", _course), ("law", _law)):
        columns = min(5, len(names))
        rows = -(-len(names) // columns)
        figure, axes = plt.subplots(
            rows, columns, figsize=(2.6 * columns, 2.3 * rows), squeeze=False, layout="constrained"
        )
        for axis in axes.flat[len(names) :]:
            axis.axis("off")
        for axis, name in zip(axes.flat, names, strict=False):
            one(axis, runs, over, name, table[name])
        if kind == "course":
            axes[0][0].legend(fontsize=7, frameon=False)
        figure.supxlabel(X_LABELS["tokens" if kind == "course" else over], fontsize=9)
        figure.supylabel("validation loss, nats a symbol", fontsize=9)
        out.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(out.with_name(f"{out.name}-{over}-{kind}.png"), dpi=130)
        plt.close(figure)


def _course(axis: Axes, runs: Sequence[Run], over: Over, name: str, _: Mapping[str, float]) -> None:
    for run in runs:
        axis.plot(run.tokens / 1e6, run.losses[name], linewidth=1.2, label=run.head(over))
    axis.set_xlabel("million", fontsize=7)
    axis.set_yscale("log")
    _plain(axis)
    axis.set_title(name, fontsize=9)


def _law(axis: Axes, runs: Sequence[Run], over: Over, name: str, row: Mapping[str, float]) -> None:
    x, y = np.array([run.x(over) for run in runs]), np.array([row[run.name] for run in runs])
    line = np.polyfit(np.log(x), np.log(y), 1)
    axis.plot(x, np.exp(np.polyval(line, np.log(x))), color="0.6", linewidth=1)
    axis.plot(x, y, "o", markersize=4)
    axis.set_yscale("log")
    _ticks(axis, runs, over)
    letter = "N" if over == "size" else "D"
    axis.set_title(f"{name}, ${letter}^{{{row['exponent']:.3f}}}$", fontsize=9)


def _ticks(axis: Axes, runs: Sequence[Run], over: Over) -> None:
    """A tick for every run, and few plain numbers at the side."""
    axis.set_xscale("log")
    axis.set_xticks([run.x(over) for run in runs], [run.head(over).removesuffix(" tokens") for run in runs])
    axis.set_xticks([], minor=True)
    axis.margins(x=0.15)
    _plain(axis)


def _plain(axis: Axes) -> None:
    axis.yaxis.set_major_locator(MaxNLocator(4))
    axis.yaxis.set_major_formatter("{x:.4g}")
    axis.yaxis.set_minor_locator(NullLocator())
    axis.tick_params(labelsize=7)


@app.default
def scaling(
    *recipes: Path, over: Over = "size", out: Path = Path("docs/scaling"), results: Path = Path("results")
) -> None:
    """Read the runs of recipes that differ in size, or of one size in tokens.

    Parameters
    ----------
    recipes
        Recipes whose runs lie in runs/NAME.
    over
        What they differ in. Sizes are compared after the most tokens that all have read, tokens at the end of each run.
    out
        Where the pictures go; their names begin so.
    results
        The folder of `logos bench`.
    """
    if len(recipes) < 2:
        raise InputError("give at least two recipes")
    runs = sorted(map(read_run, recipes), key=lambda run: run.x(over))
    if len({run.x(over) for run in runs}) < 2:
        raise InputError(f"the runs do not differ in {over}: found {', '.join(run.head(over) for run in runs)}")
    tokens = common_tokens(runs) if over == "size" else None
    table = fits(runs, over, tokens)
    draw(runs, over, table, out)
    heads = [run.head(over) for run in runs]
    where = f"after {tokens / 1e6:.1f} M tokens" if tokens else "at the end"
    between = spreads(runs, over, table)
    print(f"| {where} | {' | '.join(heads)} | exponent | from run to run |")
    print("|---|" + "---:|" * (len(runs) + 2))
    for name, row in table.items():
        losses = " | ".join(f"{row[run.name]:.3f}" for run in runs)
        least, most = between[name]
        print(f"| {name} | {losses} | {row['exponent']:+.3f} | {least:+.3f} to {most:+.3f} |")
    found = {task: row for task, row in scores(runs, results).items() if len(row) > 1}
    slopes = {task: slope(runs, over, row) for task, row in found.items()}
    if found:
        draw_scores(runs, over, found, out)
        print(f"\n| score | {' | '.join(heads)} | more for ten times the {over} |")
        print("|---|" + "---:|" * (len(runs) + 1))
    for task, row in found.items():
        cells = " | ".join(f"{row[run.name]:.3f}" if run.name in row else "" for run in runs)
        print(f"| {task}, {SCORES[task]} | {cells} | {slopes[task]:+.3f} |")
    settings = {run.name: {"parameters": run.parameters, "weights": run.fingerprints} for run in runs}
    exponents = {f"exponent of {name}": Spread(row["exponent"], *between[name]) for name, row in table.items()}
    told = {"tokens": tokens, "losses": table, "scores": found, "score of ten times as much": slopes}
    show_result("scaling", settings={"over": over, **settings}, ratios=exponents, **told)


if __name__ == "__main__":
    run_app(app, "scaling.py")
