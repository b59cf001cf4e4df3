"""From probabilities of residues to figures: by residue, and by pocket where coordinates and ligands are known."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scilogos.bench.binding_site.criteria import dca, dcc, found
from scilogos.bench.figures import Figure, bootstrap, ratio
from scilogos.bench.held_out import Answer, HeldOut, Item
from scilogos.bench.report import Report
from scilogos.bench.scores import average_precision, best_threshold, confusion, f1, mcc
from scilogos.errors import InputError
from scilogos.grammar import Protein
from scilogos.model import fingerprint
from scilogos.tasks import binding_site
from scilogos.tasks.calibration import Calibration

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VALIDATION = "validation"
THRESHOLD = "validation threshold"
_KEPT = ("COACH420", "HOLO4K", "LIGYSIS", "CrossDocked")  # sets whose residues are scored, and any of a user's own

_ORDERS: Mapping[str, Callable[[np.ndarray, np.ndarray], float]] = {  # of a pocket's probabilities and votes
    "summed probability": lambda probabilities, _: probabilities.sum(),
    "mean probability": lambda probabilities, _: probabilities.mean(),
    "highest probability": lambda probabilities, _: probabilities.max(),
    "number of residues": lambda probabilities, _: len(probabilities),
    "votes": lambda _, votes: votes.sum(),
}
_USUAL, *_OTHERS = _ORDERS

Pair = tuple[np.ndarray, np.ndarray]  # scores and truth of residues, all chains of an item


def score(held: HeldOut, answers: Sequence[Answer]) -> dict[str, Figure]:
    """Residue MCC, F1 and AUPRC at the threshold of best MCC on validation chains; DCA and DCC at n and n + 2.

    A chain that the model refused has no site. Items that an arm is not asked are left out of its figures; one that is
    not asked for validation chains, as fpocket, has no threshold, so neither MCC nor F1.
    """
    asked = [(item, answer) for item, answer in zip(held.items, answers, strict=True) if "not asked" not in answer]
    groups = {item.group: [pair for pair in asked if pair[0].group == item.group] for item, _ in asked}
    chosen_on = groups.pop(VALIDATION, [])
    validation = [_pair(*pair, "probabilities") for pair in chosen_on]
    seen = _by_residue(chosen_on, None) if chosen_on else {}
    figures = {f"{VALIDATION}, {name}": figure for name, figure in seen.items()}
    threshold, calibrated = binding_site.THRESHOLD, bool(validation)
    if calibrated:
        threshold = best_threshold(*map(np.concatenate, zip(*validation, strict=True)))
        figures[THRESHOLD] = Figure(threshold, count=len(validation), percent=False)
    for group, some in groups.items():
        if group in ("whole structures", "FEP"):
            continue
        residues = _by_residue(some, threshold if calibrated else None)
        figures |= {f"{group}, {name}": figure for name, figure in residues.items()}
    for group, some in groups.items():
        placed = [(item, answer) for item, answer in some if item.given.ligands]
        figures |= {f"{group}, {name}": figure for name, figure in _by_pocket(placed, threshold).items()}
        if lacking := sum(item.group == group for item in held.items) - len(some):
            figures[f"{group}, structures not asked"] = Figure(lacking, count=len(some) + lacking, percent=False)
    return figures


def _pair(item: Item, answer: Answer, key: str) -> Pair:
    truth = [np.isin(range(len(c)), s) for c, s in zip(item.given.chains, item.truth, strict=True)]
    scores = answer.get(key) or [np.zeros(len(chain)) for chain in item.given.chains]
    return np.concatenate(scores).astype(float), np.concatenate(truth)


def _by_residue(some: Sequence[tuple[Item, Answer]], threshold: float | None) -> dict[str, Figure]:
    pairs, figures = [_pair(*pair, "probabilities") for pair in some], {}
    if threshold is not None:
        counts = np.asarray([confusion(scores >= threshold, truth) for scores, truth in pairs]).reshape(-1, 4)
        for name, function in (("MCC", mcc), ("F1", f1)):
            figures[name] = bootstrap(partial(_of_counts, function, counts), len(pairs), percent=False)
    figures["AUPRC"] = _auprc(pairs)
    if any("votes" in answer for _, answer in some):
        figures["AUPRC by votes"] = _auprc([_pair(*pair, "votes") for pair in some])
    return figures


def _of_counts(function: Callable[[np.ndarray], float], counts: np.ndarray, units: np.ndarray) -> float:
    return function(counts[units].sum(0))


def _auprc(pairs: Sequence[Pair]) -> Figure:
    return bootstrap(lambda units: average_precision(*_pooled(pairs, units)), len(pairs), percent=False)


def _pooled(pairs: Sequence[Pair], units: np.ndarray) -> Pair:
    return np.concatenate([pairs[i][0] for i in units]), np.concatenate([pairs[i][1] for i in units])


def _by_pocket(some: Sequence[tuple[Item, Answer]], threshold: float) -> dict[str, Figure]:
    """The share of ligands found; intervals draw structures. The same pockets in other orders, where there are some."""
    if not some:
        return {}
    figures = {}
    orders = [_orders(item, answer, threshold) for item, answer in some]
    ligands = [item.given.ligands for item, _ in some]

    def share(name: str, distance: Callable, extra: int) -> Figure:
        centres = [mine.get(name, mine.get(_USUAL, [])) for mine in orders]
        hits = [found(c, wanted, distance, extra) for c, wanted in zip(centres, ligands, strict=True)]
        return ratio([sum(hit) for hit in hits], [len(hit) for hit in hits])

    for name, distance in (("DCA", dca), ("DCC", dcc)):
        for label, extra in (("n", 0), ("n+2", 2)):
            figures[f"{name} Top-{label}"] = share(_USUAL, distance, extra)
    if any(len(mine) > 1 for mine in orders):
        figures |= {f"DCA Top-n, pockets by {name}": share(name, dca, 0) for name in _OTHERS}
        figures["DCA, a pocket of any rank"] = share(_USUAL, dca, max(len(mine[_USUAL]) for mine in orders if mine))
    return figures


def _orders(item: Item, answer: Answer, threshold: float) -> dict[str, list[np.ndarray]]:
    """The centres of an answer's pockets, best first by each order that it allows, the usual one first."""
    if "pockets" in answer:
        return {_USUAL: [np.asarray(centre) for centre in answer["pockets"]]}
    if "probabilities" not in answer:
        return {}
    scores = [np.asarray(some) for some in answer["probabilities"]]
    marked = [
        Protein(chain, tuple(np.flatnonzero(some >= threshold).tolist()))
        for chain, some in zip(item.given.chains, scores, strict=True)
    ]
    pockets = binding_site.pockets(marked, scores, item.given.centroids)
    votes = answer.get("votes", scores)
    known = [[np.array([one[c][i] for c, i in p.residues]) for one in (scores, votes)] for p in pockets]
    ranks = {name: sorted(range(len(pockets)), key=lambda k: -worth(*known[k])) for name, worth in _ORDERS.items()}
    return {name: [np.asarray(pockets[k].centre) for k in order] for name, order in ranks.items()}


def plots(held: HeldOut, arms: Mapping[str, Sequence[Answer]]) -> dict[str, Callable[["Axes"], None]]:
    """Precision over recall of residues, every arm, for each set."""
    groups = [group for group in _KEPT if any(item.group == group for item in held.items)]
    return {f"{group} residues": partial(_curves, held, arms, group) for group in groups}


def _curves(held: HeldOut, arms: Mapping[str, Sequence[Answer]], group: str, axes: "Axes") -> None:
    every = [_pair(item, {}, "")[1] for item in held.items if item.group == group]
    axes.axhline(np.concatenate(every).mean(), color="0.7", linewidth=0.8)  # what chance gives
    for arm, answers in arms.items():
        mine = [
            _pair(item, answer, "probabilities")
            for item, answer in zip(held.items, answers, strict=True)
            if item.group == group and "not asked" not in answer
        ]
        if not mine:
            continue
        scores, truth = map(np.concatenate, zip(*mine, strict=True))
        order = np.argsort(-scores, kind="stable")
        hits, ends = truth[order].cumsum(), np.flatnonzero(np.diff(scores[order], append=-np.inf))  # ties as one
        places = ends[np.unique(np.linspace(0, len(ends) - 1, 500).astype(int))]
        axes.plot(hits[places] / max(1, hits[-1]), hits[places] / (places + 1), label=arm)
    axes.set(xlabel="recall of residues", ylabel="precision", xlim=(0, 1), ylim=(0, None))
    axes.legend(frameon=False, fontsize=8)


def calibrated(report: Report, folder: Path) -> Calibration:
    """The model's own threshold, as chosen on validation chains, for the weights in its folder."""
    chosen = report.figures["model"].get(THRESHOLD)
    if chosen is None or chosen.value is None:
        raise InputError("no validation chain was read: the threshold cannot be chosen")
    return Calibration(weights=fingerprint(folder), site_threshold=round(chosen.value, 4))
