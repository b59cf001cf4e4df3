"""Pictures of losses and scores over size or tokens."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator

from ladder.runs import Over, Run
from ladder.scores import SCORES, points
from result import spread_of
from scilogos.bench.figures import Figure

X_LABELS: dict[Over, str] = {"size": "million parameters", "tokens": "million tokens"}


def draw_scores(runs: Sequence[Run], over: Over, found: Mapping[str, Mapping[str, Figure]], out: Path) -> None:
    """Each task's score over size or tokens, with its 95% interval and its line."""
    columns = min(3, len(found))
    rows = -(-len(found) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(3.0 * columns, 2.5 * rows), squeeze=False, layout="constrained")
    for axis in axes.flat[len(found) :]:
        axis.axis("off")
    for axis, (task, row) in zip(axes.flat, found.items(), strict=False):
        known = [run for run in runs if run.name in row]
        log_x, y = points(known, over, row)
        spreads = [spread_of(row[run.name]) for run in known]
        ends = [[one.least for one in spreads], [one.most for one in spreads]]
        axis.plot(10**log_x, np.polyval(np.polyfit(log_x, y, 1), log_x), color="0.6", linewidth=1)
        axis.errorbar(10**log_x, y, np.abs(ends - y), fmt="o", markersize=4, linewidth=1, capsize=2)
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
    millions = [run.head(over).removesuffix(" tokens").removesuffix(" M") for run in runs]
    axis.set_xticks([run.x(over) for run in runs], millions)
    axis.set_xticks([], minor=True)
    axis.margins(x=0.15)
    _plain(axis)


def _plain(axis: Axes) -> None:
    axis.yaxis.set_major_locator(MaxNLocator(4))
    axis.yaxis.set_major_formatter("{x:.4g}")
    axis.yaxis.set_minor_locator(NullLocator())
    axis.tick_params(labelsize=7)
