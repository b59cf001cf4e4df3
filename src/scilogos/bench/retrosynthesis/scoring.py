"""From ranked sets of reactants to figures: top-k, the largest reactant, orders of the same answers, round trips."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from scilogos.bench.figures import Figure, mean, ratio
from scilogos.bench.held_out import Answer, HeldOut, Item
from scilogos.bench.scores import rank_of, top_k
from scilogos.science import largest_fragment

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KEPT, TRIPS = 50, 10  # answers of a product that are kept, and that are asked for the product


def score(held: HeldOut, answers: Sequence[Answer]) -> dict[str, Figure]:
    """Top-k exact match and MaxFrag, all and clean and by class; a product that the model refused has no answer.

    Whole sets of canonical isomeric molecules must be equal, maps cleared, as in R-SMILES' score.py; MaxFrag (Tetko et
    al., Nat. Commun. 11, 5575, 2020) asks for the first answer whose largest reactant is right. Orders of the same
    answers: likelihood of either kind alone, votes, R-SMILES' sum of reciprocal ranks, and those first that give the
    product back.
    """
    truths = [".".join(item.truth) for item in held.items]
    rows = [answer.get("answers", ()) for answer in answers]
    ranks = [rank_of(truth, [text for text, *_ in some]) for truth, some in zip(truths, rows, strict=True)]
    counts = {name: [answer.get(name, 0) for answer in answers] for name in ("drawn", "parsed", "sound")}
    returned = [answer.get("returned", ()) for answer in answers]
    figures = {f"top-{k}": mean(top_k(ranks, k)) for k in (1, 3, 5, 10, 50)}
    largest = [_largest_rank(item.truth[0], some) for item, some in zip(held.items, rows, strict=True)]
    figures |= {f"MaxFrag top-{k}": mean(top_k(largest, k)) for k in (1, 3, 5, 10)}
    groups = {"clean": lambda item: item.group == "clean"}
    groups |= {name: lambda item, name=name: name in item.labels for name in _classes(held.items)}
    for name, member in groups.items():
        mine = [rank for item, rank in zip(held.items, ranks, strict=True) if member(item)]
        figures |= {f"top-{k}, {name}": mean(top_k(mine, k)) for k in (1, 10)}
    if any("drawn" in answer for answer in answers):
        figures |= _orders(truths, answers)
        figures["truth among all draws"] = mean([answer.get("truth drawn", False) for answer in answers])
        figures["completions that parse"] = ratio(counts["parsed"], counts["drawn"])
        figures["reactant sets RDKit accepts"] = ratio(counts["sound"], counts["parsed"])
    if refused := sum("error" in answer for answer in answers):
        told = f"products refused, in no share of draws nor in the round trip of the first {TRIPS}"
        figures[told] = Figure(refused, count=len(answers), percent=False)
    if any(returned):
        figures["round trip, first answer"] = mean([bool(some) and some[0] for some in returned])
        back, asked = [sum(some) for some in returned], [len(some) for some in returned]
        figures[f"round trip, first {TRIPS}"] = ratio(back, asked)
    return figures


# of a row: text, log-likelihood, votes, reciprocal ranks, log-likelihood among legal symbols, whether it gives the
# product back
ORDERS: Mapping[str, Callable[[Sequence[Any]], Any]] = {
    "likelihood": lambda row: -row[1],
    "likelihood among legal symbols": lambda row: -row[4],
    "votes": lambda row: (-row[2], -row[4]),
    "reciprocal ranks (R-SMILES)": lambda row: -row[3],
    "round trip, then legal likelihood": lambda row: (-row[5], -row[4]),
}


def _orders(truths: Sequence[str], answers: Sequence[Answer]) -> dict[str, Figure]:
    figures = {}
    for name, worth in ORDERS.items():
        ranks = []
        for truth, answer in zip(truths, answers, strict=True):
            back = [*answer.get("returned", ()), *[False] * KEPT]
            rows = [(*row, made) for row, made in zip(answer.get("answers", ()), back, strict=False)]
            ranks.append(rank_of(truth, [text for text, *_ in sorted(rows, key=worth)]))
        figures[f"top-1 by {name}"] = mean(top_k(ranks, 1))
    return figures


def _classes(items: Sequence[Item]) -> list[str]:
    return sorted({name for item in items for name in item.labels}, key=lambda name: int(name.split()[1].rstrip(",")))


def _largest_rank(truth: str, rows: Sequence[Sequence[Any]]) -> int | None:
    """The place of the first answer whose largest reactant is this one's; None where there is none."""
    wanted = largest_fragment(truth)
    places = enumerate((largest_fragment(text.split(".")[0]) for text, *_ in rows), 1)
    return next((place for place, largest in places if largest == wanted), None)


def plots(held: HeldOut, arms: Mapping[str, Sequence[Answer]]) -> dict[str, Callable[["Axes"], None]]:
    """Top-k over k of every arm, and the likelihood of the model's first answers that are right and wrong."""
    truths = [".".join(item.truth) for item in held.items]

    def ranks(answers: Sequence[Answer]) -> list[int | None]:
        rows = [answer.get("answers", ()) for answer in answers]
        return [rank_of(truth, [text for text, *_ in some]) for truth, some in zip(truths, rows, strict=True)]

    def curve(axes: "Axes") -> None:
        places, clean = np.arange(1, KEPT + 1), [item.group == "clean" for item in held.items]
        drawn = {name: ranks(answers) for name, answers in arms.items()}
        drawn["model, clean products"] = [rank for rank, kept in zip(drawn["model"], clean, strict=True) if kept]
        for name, mine in drawn.items():
            if mine:
                label = f"{name}, {len(mine):,} products"
                axes.plot(places, [100 * top_k(mine, k).mean() for k in places], label=label)
        axes.set(xlabel="k", ylabel="recorded reactants among the first k, %", ylim=(0, 100), xscale="log")
        axes.set_xticks([1, 3, 5, 10, 50], ["1", "3", "5", "10", "50"])
        axes.legend(frameon=False, fontsize=8)

    def likelihoods(axes: "Axes") -> None:
        found = zip(ranks(arms["model"]), [answer.get("answers") for answer in arms["model"]], strict=True)
        first = [(rank == 1, some[0][4]) for rank, some in found if some]
        bins = np.linspace(min((s for _, s in first), default=-1), 0, 30)
        for name, wanted in (("right", True), ("wrong", False)):
            axes.hist([s for right, s in first if right == wanted], bins=bins, alpha=0.6, label=name)
        axes.set(xlabel="log-likelihood of the first answer among legal symbols", ylabel="products")
        axes.legend(frameon=False)

    return {"top-k": curve, "likelihood of first answers": likelihoods}
