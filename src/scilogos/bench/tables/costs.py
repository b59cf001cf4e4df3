"""What scoring costs beside sampling, from the reports: both by the clock of one run, on one machine."""

from collections.abc import Sequence
from dataclasses import dataclass

from scilogos.bench.figures import Figure
from scilogos.bench.tables.runs import Run, least_changed

_PACE = "tried a minute and core, by the clock"  # how docking and assembly report theirs


@dataclass(frozen=True)
class Cost:
    """Seconds of a run's model, and of all that scores its answers but docking and assembly, which have a pace."""

    items: int
    sampling: float
    scoring: float
    pace: Figure | None


def cost_of(run: Run) -> Cost:
    """What the report says; no pace where nothing is docked or assembled."""
    figures = run.report["figures"].get("model", {})
    paces = [Figure(**figure) for name, figure in figures.items() if name.endswith(_PACE)]
    items = sum(run.report["items"].values())
    judging = 0.0 if paces else run.report.get("judging", 0.0)
    scoring = items * (judging + run.report.get("scoring", 0.0))
    return Cost(items, items * run.report["seconds"], scoring, next(iter(paces), None))


def costs(runs: Sequence[Run]) -> list[str]:
    """A row for each task of each checkpoint, its largest run at the usual settings, and one for all of them."""
    lines = []
    for checkpoint in dict.fromkeys(run.checkpoint for run in runs):
        mine = [run for run in runs if run.checkpoint == checkpoint]
        tasks = dict.fromkeys(run.task for run in mine)
        found = {task: cost_of(min((r for r in mine if r.task == task), key=least_changed)) for task in tasks}
        lines += [_row(f"{checkpoint}, {task}", cost) for task, cost in found.items()]
        some = found.values()
        both = Cost(sum(c.items for c in some), sum(c.sampling for c in some), sum(c.scoring for c in some), None)
        lines.append(_row(f"**{checkpoint}, together**", both))
    return lines


def _row(title: str, cost: Cost) -> str:
    each = [f"{seconds / max(1, cost.items):.3f}" for seconds in (cost.sampling, cost.scoring)]
    share = f"{cost.scoring / cost.sampling:.0%}" if cost.sampling else ""
    return f"| {title} | {cost.items:,} | {' | '.join(each)} | {share} | {cost.pace or ''} |"
