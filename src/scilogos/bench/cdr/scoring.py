"""From loops to figures: recovery in several orders of the same draws, lengths, flags, plausibility."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from scilogos.bench.cdr.flags import has_glycosylation, has_unpaired_cysteine
from scilogos.bench.figures import Figure, mean
from scilogos.bench.held_out import Answer, HeldOut, Item
from scilogos.bench.scores import recovery
from scilogos.tasks.agreement import Agreement

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = Sequence  # a loop, its votes (0 for one that nobody drew), log p, weight among the draws
_NONE = [["", 1, 0.0, 1.0]]  # of an antibody that was refused


def _agreement(rows: Sequence[Row]) -> Agreement:
    return Agreement(((loop,), weight) for loop, _, _, weight in rows)


def _agreed(rows: Sequence[Row]) -> str:
    agreement = _agreement(rows)
    return max((loop for loop, *_ in rows), key=lambda loop: agreement.expected((loop,)))


# the first loop of each, from the rows that were drawn
ORDERS: Mapping[str, Callable[[Sequence[Row]], str]] = {
    "likelihood": lambda rows: max(rows, key=lambda row: row[2])[0],
    "votes": lambda rows: max(rows, key=lambda row: (row[1], row[2]))[0],
    "agreement of the drawn": _agreed,
    "consensus of the draws": lambda rows: _agreement(rows).best()[0],
}


def score(held: HeldOut, answers: Sequence[Answer]) -> dict[str, Figure]:
    """Recovery of the first loop and of the draws, by loop name; 0 where the model refused; lengths; flags.

    Flags and plausibility are of the loops that there are; how many are lacking is said.
    """
    figures = {}
    for name in dict.fromkeys(item.group for item in held.items):
        mine = [(i, a) for i, a in zip(held.items, answers, strict=True) if i.group == name]
        figures |= {f"{name}: {label}": figure for label, figure in _of_loop(mine).items()}
    return figures


def _of_loop(pairs: Sequence[tuple[Item, Answer]]) -> dict[str, Figure]:
    rows = [answer.get("loops") or _NONE for _, answer in pairs]
    truths, votes = [item.truth for item, _ in pairs], [[count for _, count, *_ in some] for some in rows]
    shares = [[recovery(loop, truth) for loop, *_ in some] for some, truth in zip(rows, truths, strict=True)]
    figures = {"AAR of the first": mean([some[0] for some in shares])}
    if any(len(some) > 1 for some in rows):
        averages = [np.average(some, weights=count) for some, count in zip(shares, votes, strict=True)]
        figures["AAR, mean of draws"] = mean(averages)
        weights = [[row[3] for row in some] for some in rows]
        weighed = [np.average(some, weights=weight) for some, weight in zip(shares, weights, strict=True)]
        figures["AAR, mean of weighed draws"] = mean(weighed)
        drawn = [[row for row in some if row[1]] for some in rows]
        for name, first in ORDERS.items():
            firsts = [first(some) if some[0][0] else "" for some in drawn]
            recovered = [recovery(loop, truth) for loop, truth in zip(firsts, truths, strict=True)]
            figures[f"AAR of the first by {name}"] = mean(recovered)
        best = [max(recovery(row[0], truth) for row in some) for some, truth in zip(drawn, truths, strict=True)]
        figures["AAR of the best of the draws"] = mean(best)
    if any("right length" in answer for _, answer in pairs):
        figures["native length where length is free"] = mean([answer.get("right length", 0) for _, answer in pairs])
    made = [(item, answer["loops"][0][0]) for item, answer in pairs if answer.get("loops")]
    figures["loops that lack"] = Figure(len(pairs) - len(made), count=len(pairs), percent=False)
    figures["unpaired cysteine"] = mean([has_unpaired_cysteine(loop) for _, loop in made])
    figures["N-glycosylation motif"] = mean([has_glycosylation(*item.given.filled(loop)) for item, loop in made])
    judged = [answer["plausibility"] for _, answer in pairs if "plausibility" in answer]
    if 0 < len(judged) < len(pairs):
        figures["loops without plausibility"] = Figure(len(pairs) - len(judged), count=len(pairs), percent=False)
    for label, column in (("plausibility, whole chain", 0), ("plausibility, loop alone", 1)) if judged else ():
        figures[label] = mean([values[column] for values in judged], percent=False)
    return figures


def plots(held: HeldOut, arms: Mapping[str, Sequence[Answer]]) -> dict[str, Callable[["Axes"], None]]:
    """Recovery of the first loop, every arm but the native, as shares of antibodies that reach it."""

    def reached(name: str, axes: "Axes") -> None:
        for arm, answers in arms.items():
            mine = [(i, a) for i, a in zip(held.items, answers, strict=True) if i.group == name]
            shares = sorted(recovery((a.get("loops") or _NONE)[0][0], i.truth) for i, a in mine)
            if arm != "native":
                axes.step(shares, 1 - np.arange(len(shares)) / len(shares), where="post", label=arm)
        axes.set(xlabel="residues recovered", ylabel="share of antibodies", xlim=(0, 1), ylim=(0, 1))
        axes.legend(frameon=False, fontsize=8)

    return {f"{name} recovery": partial(reached, name) for name in dict.fromkeys(i.group for i in held.items)}
