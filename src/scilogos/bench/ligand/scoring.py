"""The figures of judged ligands. Intervals draw pockets, since the ligands of a pocket are alike."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from scilogos.bench.figures import Figure, bootstrap, mean, ratio
from scilogos.bench.held_out import Answer, HeldOut
from scilogos.bench.ligand.answers import NEAR
from scilogos.bench.ligand.settings import CONVENTIONS
from scilogos.bench.scores import spearman
from scilogos.science import similarity
from scilogos.tasks.ranking import per_character

_MEANS = {"QED": "qed", "SA": "sa", "Lipinski's rules, of 5": "lipinski", "logP": "logp", "heavy atoms": "heavy_atoms"}
ORDERS: Mapping[str, Callable[[Answer], float | None]] = {  # what could order a pocket's ligands, from their rows
    "likelihood": lambda row: row.get("score"),
    "likelihood per character": lambda row: per_character(row["score"], row["smiles"]) if "score" in row else None,
    "votes": lambda row: row.get("votes"),
    "contrast to other pockets": lambda row: row.get("contrast"),
    "size": lambda row: row.get("heavy_atoms"),
}
LEAST_ORDERED = 3  # docked ligands of a pocket
Values = Sequence[Sequence[float]]  # of the ligands of each pocket


def score(held: HeldOut, answers: Sequence[Answer]) -> dict[str, Figure]:
    """Docking, the poses, the molecules, and whether the model tells pockets apart.

    By `tamgen` a ligand that fails counts 0 in means of affinity, and so does one that lacks: of a pocket that the
    model refused, or for which it drew fewer distinct molecules than were asked; controls, which are matched to what it
    drew, lack as many. By `targetdiff` (evaluate_diffusion.py) both are left out. Affinities are kcal/mol, lower is
    better.
    """
    zero = CONVENTIONS[held.settings.convention].zero
    pockets = [answer.get("docked", []) for answer in answers]
    wanted = [_wanted(answer, held.settings.molecules) for answer in answers]
    lacking = [max(0, number - len(some)) for number, some in zip(wanted, pockets, strict=True)]
    if zero:
        lost = [[{"failed": "no ligand"}] * number for number in lacking]
        counted = [[*some, *none] for some, none in zip(pockets, lost, strict=True)]
    else:
        counted = [[ligand for ligand in some if "failed" not in ligand] for some in pockets]
    figures = {"ligands that lack": _number(sum(lacking), answers)} | _pace(pockets)
    figures |= _docking(counted, answers) | _failures(pockets) | _poses(counted) | _molecules(pockets)
    return {**figures, **_draws(answers), **_preferences(answers), **_orders(answers)}


def _wanted(answer: Answer, molecules: int) -> int:
    """How many ligands an answer should have: a control as many as the model should, the reference arm what it has."""
    asked = answer.keys() & {"drawn", "error", "wanted"}
    return molecules if asked else len(answer.get("docked", ()))


def _docking(pockets: Sequence[Sequence[Answer]], answers: Sequence[Answer]) -> dict[str, Figure]:
    affinities = [[ligand.get("affinity", 0.0) for ligand in some] for some in pockets]
    efficiencies = [[ligand.get("affinity", 0.0) / ligand.get("heavy_atoms", 1) for ligand in some] for some in pockets]
    references = [answer.get("reference", {}).get("affinity") for answer in answers]
    refused = ["error" in answer for answer in answers]  # their ligands, as far as they count, beat nothing
    better = [
        [reference is not None and value <= reference for value in some]
        for some, reference, none in zip(affinities, references, refused, strict=True)
        if reference is not None or none
    ]
    undocked = sum(reference is None and not none for reference, none in zip(references, refused, strict=True))
    figures = {"pockets without a docked reference": _number(undocked, answers)} if undocked else {}
    return figures | {
        "Vina dock, mean": pooled(affinities),
        "Vina dock, median": pooled(affinities, np.median),
        "Vina dock, mean of pockets": by_pocket(affinities),
        "Vina dock, median of pockets": by_pocket(affinities, np.median),
        "Vina dock, best of each pocket": mean([min(some) for some in affinities if some], percent=False),
        "high affinity": by_pocket(better, percent=True),
        "dock per heavy atom": pooled(efficiencies),
    }


def _pace(pockets: Sequence[Sequence[Answer]]) -> dict[str, Figure]:
    seconds = [ligand["docking seconds"] for some in pockets for ligand in some if ligand.get("docking seconds")]
    if not seconds:
        return {}
    pace = Figure(60 / float(np.mean(seconds)), count=len(seconds), percent=False)
    return {"tried a minute and core, by the clock": pace}


def _failures(pockets: Sequence[Sequence[Answer]]) -> dict[str, Figure]:
    reasons = Counter(ligand["failed"] for some in pockets for ligand in some if "failed" in ligand)
    shares = [["failed" in ligand for ligand in some] for some in pockets]
    named = {f"failed, {reason}": _number(count, pockets) for reason, count in reasons.most_common()}
    return {"ligands": _number(sum(map(len, pockets)), pockets), "failed": pooled(shares, percent=True), **named}


def _number(count: int, units: Sequence) -> Figure:
    return Figure(count, count=len(units), percent=False)


def _poses(pockets: Sequence[Sequence[Answer]]) -> dict[str, Figure]:
    """The share of poses that pass all checks of PoseBusters, and of those that break each one."""
    passed = [["broken" in ligand and not ligand["broken"] for ligand in some] for some in pockets]
    broken = [[ligand["broken"] for ligand in some if "broken" in ligand] for some in pockets]
    checks = Counter(check for some in broken for checks in some for check in checks)
    return {"poses that pass PoseBusters": pooled(passed, percent=True)} | {
        f"poses that break {check}": pooled([[check in checks for checks in some] for some in broken], percent=True)
        for check, _ in checks.most_common()
    }


def _molecules(pockets: Sequence[Sequence[Answer]]) -> dict[str, Figure]:
    """Descriptors (means over ligands), diversity within pockets, novelty, and how well a control was matched."""
    present = {
        name: [[ligand[key] for ligand in some if ligand[key] is not None] for some in pockets]
        for name, key in _MEANS.items()
    }
    texts = [[ligand["smiles"] for ligand in some] for some in pockets]
    every = sum(map(len, pockets))
    without = {f"ligands without {name}": every - sum(map(len, values)) for name, values in present.items()}
    without["pockets of one ligand, without diversity"] = sum(len(some) == 1 for some in texts)
    return {
        **{name: pooled(values) for name, values in present.items()},
        **{name: _number(number, pockets) for name, number in without.items() if number},
        "diversity": mean([diversity(some) for some in texts if len(some) > 1], percent=False),
        "novelty": pooled([[ligand["novel"] for ligand in some] for some in pockets], percent=True),
    }


def diversity(molecules: Sequence[str]) -> float:
    """One minus the mean similarity of pairs (Tanimoto, Morgan fingerprints).

    Source: the diversity of Peng et al., Pocket2Mol (ICML 2022), and of TargetDiff's tables; the fingerprint is ours.
    """
    return 1 - float(np.mean([similarity(a, b) for a, b in combinations(molecules, 2)]))


def _draws(answers: Sequence[Answer]) -> dict[str, Figure]:
    """Validity and uniqueness of what was drawn; how many of a control's ligands lack a partner of their size."""
    drawn = [answer for answer in answers if "drawn" in answer]
    valid = [answer["drawn"] - answer["refused"] for answer in drawn]
    figures = {}
    if refused := sum("error" in answer for answer in answers):
        figures["pockets refused, in no share of draws"] = _number(refused, answers)
    if drawn:
        figures["validity"] = ratio(valid, [answer["drawn"] for answer in drawn])
        figures["uniqueness"] = ratio([answer["distinct"] for answer in drawn], valid)
    controls = [answer for answer in answers if "wanted" in answer]
    if controls:
        near = [sum(ligand["off"] <= NEAR for ligand in answer["ligands"]) for answer in controls]
        wanted = [answer["wanted"] for answer in controls]
        lacking = [number - some for number, some in zip(wanted, near, strict=True)]
        figures[f"not matched within {NEAR} heavy atom"] = ratio(lacking, wanted)
    return figures


def _preferences(answers: Sequence[Answer]) -> dict[str, Figure]:
    """How much likelier the reference ligand is in its own pocket (nats), and how often there most of all."""
    scored = [answer["preference"] for answer in answers if len(answer.get("preference", ())) > 1]
    unscored = sum("unscored" in answer for answer in answers)
    figures = {"reference ligands that cannot be scored": _number(unscored, answers)} if unscored else {}
    if unread := sum(answer.get("unread", 0) for answer in answers):
        figures["other pockets that the model cannot read"] = _number(unread, answers)
    if scored:
        among = max(map(len, scored))
        whole = [some for some in scored if len(some) == among]  # against fewer others chance is another
        if len(whole) < len(scored):
            figures["pockets with fewer others to compare"] = _number(len(scored) - len(whole), answers)
        figures["log p of the reference, own pocket minus others"] = mean(
            [own - np.mean(others) for own, *others in scored], percent=False
        )
        figures[f"own pocket first of {among}"] = mean([own > max(others) for own, *others in whole])
    return figures


def _orders(answers: Sequence[Answer]) -> dict[str, Figure]:
    """The rank correlation of what could order a pocket's ligands with their docking; 1: the best docked are first.

    Size stands beside the model's own measures, for Vina rewards it. A pocket where either is constant tells nothing.
    """
    figures = {}
    for name, worth in ORDERS.items():
        found = []
        for answer in answers:
            pairs = zip(answer.get("ligands", ()), answer.get("docked", ()), strict=False)
            rows = [{**ligand, **docked} for ligand, docked in pairs]
            known = [(worth(row), -row["affinity"]) for row in rows if "affinity" in row and worth(row) is not None]
            if len(known) >= LEAST_ORDERED:
                found.append(spearman(*zip(*known, strict=True)))
        told = [value for value in found if not np.isnan(value)]
        if found:
            figures[f"order by {name}, Spearman with docking"] = mean(told, percent=False)
        if found and len(told) < len(answers):
            figures[f"pockets of which order by {name} tells nothing"] = _number(len(answers) - len(told), answers)
    return figures


def pooled(pockets: Values, statistic: Callable[[np.ndarray], float] = np.mean, *, percent: bool = False) -> Figure:
    """A statistic of all ligands together."""
    arrays = list(_arrays(pockets))
    return bootstrap(
        lambda units: float(statistic(np.concatenate([arrays[i] for i in units]))), len(arrays), percent=percent
    )


def by_pocket(pockets: Values, statistic: Callable[[np.ndarray], float] = np.mean, *, percent: bool = False) -> Figure:
    """A statistic of the means of pockets."""
    means = np.array([array.mean() for array in _arrays(pockets)])
    return bootstrap(lambda units: float(statistic(means[units])), len(means), percent=percent)


def _arrays(pockets: Values) -> Iterator[np.ndarray]:
    return (np.asarray(some, float) for some in pockets if some)
