"""Pictures of docked ligands."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from scilogos.bench.held_out import Answer, HeldOut

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_AFFINITY = "Vina dock, kcal/mol"


def plots(held: HeldOut, arms: Mapping[str, Sequence[Answer]]) -> dict[str, Callable[["Axes"], None]]:
    """Affinities of each arm, alone and over the number of heavy atoms; ligands that did not dock are not shown."""
    del held
    docked = {
        arm: [(ligand["heavy_atoms"], ligand["affinity"]) for ligand in ligands if "affinity" in ligand]
        for arm, answers in arms.items()
        if (ligands := [ligand for answer in answers for ligand in answer.get("docked", ())])
    }
    shown = {arm: points for arm, points in docked.items() if points}
    return {"Affinity": partial(_affinities, shown), "Affinity and size": partial(_sizes, shown)} if shown else {}


def _affinities(docked: Mapping[str, Sequence[tuple[int, float]]], axes: "Axes") -> None:
    axes.boxplot([[affinity for _, affinity in points] for points in docked.values()], tick_labels=list(docked))
    axes.set_ylabel(_AFFINITY)


def _sizes(docked: Mapping[str, Sequence[tuple[int, float]]], axes: "Axes") -> None:
    for arm, points in docked.items():
        axes.plot(*zip(*points, strict=True), "o", markersize=4, alpha=0.6, label=arm)
    axes.set_xlabel("heavy atoms")
    axes.set_ylabel(_AFFINITY)
    axes.legend(frameon=False)
