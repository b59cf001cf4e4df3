"""Binding sites by residue on chains held out, and by pocket where ligands' coordinates are known."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from scilogos.bench.binding_site import chains, fpocket
from scilogos.bench.binding_site.baselines import WINDOW, Frequencies, Nearest
from scilogos.bench.binding_site.complexes import COMPLEXES, RECEPTORS, Sites, Target, complexes, data_files, data_set
from scilogos.bench.binding_site.complexes import SAMPLES as STRUCTURES
from scilogos.bench.binding_site.scoring import VALIDATION, calibrated, plots, score
from scilogos.bench.held_out import Answer, HeldOut, Item, Predict, subset
from scilogos.bench.neighbours import Neighbours
from scilogos.bench.settings import Drawn
from scilogos.errors import InputError
from scilogos.progress import Progress
from scilogos.tasks import Logos, binding_site

__all__ = [
    "BATCH", "FAR", "FILES", "HELD_OUT", "METHOD", "OPTIONAL", "QUICK", "SAME", "SAMPLES", "SAMPLING", "SETS",
    "Settings", "baseline", "calibrated", "files", "items", "plots", "predict", "score",
]  # fmt: skip

FILES = (chains.COACH420, chains.TRAINING)
OPTIONAL = (chains.HOLO4K, chains.LIGYSIS, COMPLEXES, RECEPTORS, STRUCTURES)
HELD_OUT = (
    "COACH420: chains with `gold` contacts (heavy atoms within 4 Å, or BioLiP's); HOLO4K: chains with BioLiP contacts; "
    "training drops chains of 30% identity or more to both and to CrossDocked's test. LIGYSIS and FEP: those below 30% "
    "identity to every training chain that our search finds (five most alike by words of three, aligned from end to "
    "end); of FEP's systems of one protein (90% identity) the first. Validation: the corpus reader's held-out "
    "clusters, for the thresholds alone."
)
METHOD = (
    "probability of a mark averaged over sampled answers; structures longer than the model "
    "reads are cut between chains; figures pool the residues of all chains of a set, intervals draw chains. Pockets: "
    f"marked residues at the validation threshold, linked at {binding_site.LINK} Å between side chains, centre and "
    "rank by probability; n is the number of relevant ligands, found within 4 Å of any ligand atom (DCA) or of its "
    "centre (DCC), P2Rank's criteria"
)
SAMPLES, BATCH, SAMPLING, QUICK = binding_site.SAMPLES, 16, binding_site.SAMPLING, (20, ())
SETS = ("coach420", "holo4k", "ligysis", "structures")
_TABLES = dict(zip(SETS, (chains.COACH420, chains.HOLO4K, chains.LIGYSIS, COMPLEXES), strict=True))
FAR = 0.3  # identity to training below which a chain is held out
SAME = 0.9  # identity from which two chains are one protein


@dataclass(frozen=True, kw_only=True)
class Settings(Drawn):
    """The sets that are asked; a P2Rank data set (.ds) with its structures, counted from the data folder."""

    sets: tuple[str, ...] = SETS
    data_set: Path | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if unknown := set(self.sets) - set(SETS):
            raise InputError(f"sets: found {', '.join(sorted(unknown))}; expected some of {', '.join(SETS)}")


def files(data: Path, settings: Settings) -> list[Path]:
    """The files of a user's data set, counted from the data folder."""
    return data_files(data / settings.data_set) if settings.data_set else []


def items(data: Path, *, limit: int | None, seed: int, settings: Settings = Settings()) -> HeldOut:
    """Read the sets, `limit` items of each, all validation chains, and all training chains with their sites."""
    reasons: dict[str, list[str]] = defaultdict(list)
    train, validation = chains.training(data)
    near = partial(_near, Neighbours(sorted({residues for residues, _ in train})))
    groups: dict[str, list[Item]] = defaultdict(list)
    for number, (residues, sites) in enumerate(subset(validation, None, seed)):
        groups[VALIDATION].append(Item(f"val/{number}", Target((residues,)), (sites,), VALIDATION))
    for group, key, target, sites in _read(data, settings, reasons):
        groups[group].append(Item(f"{group}/{key}", target, sites, group))
    chosen = []
    for group, some in groups.items():
        mixed = subset(some, None, seed)
        if group == "LIGYSIS":
            mixed = _far(mixed, near, limit, reasons)
        if group == "FEP":
            mixed = _one_a_protein(_far(mixed, near, None, reasons), reasons)
        chosen += mixed[:limit] if group != VALIDATION else mixed
    absent = [table for name, table in _TABLES.items() if name in settings.sets and not (data / table).is_file()]
    notes = [f"{table} is not there: its set is not measured" for table in absent]
    notes += [] if fpocket.installed() else [fpocket.MISSING]
    return HeldOut(tuple(chosen), {reason: keys for reason, keys in reasons.items() if keys}, train, notes=tuple(notes))


def _read(data: Path, settings: Settings, reasons: dict[str, list[str]]) -> Iterator[tuple[str, str, Target, Sites]]:
    for name, group, table, read in (
        ("coach420", "COACH420", chains.COACH420, chains.coach420),
        ("holo4k", "HOLO4K", chains.HOLO4K, chains.holo4k),
        ("ligysis", "LIGYSIS", chains.LIGYSIS, chains.ligysis),
    ):
        if name in settings.sets and (data / table).is_file():
            for key, (residues, sites) in read(data, reasons):
                yield group, key, Target((residues,)), (sites,)
    if "structures" in settings.sets and (data / COMPLEXES).is_file():
        yield from complexes(data, reasons)
    if settings.data_set is not None:
        yield from data_set(data / settings.data_set, reasons)


def _near(others: Neighbours, target: Target, least: float = FAR) -> bool:
    return any(others.identity(chain) >= least for chain in target.chains)


def _far(
    items: Sequence[Item], near: Callable[[Target], bool], limit: int | None, reasons: dict[str, list[str]]
) -> list[Item]:
    """The first items that are far from training; the near ones that were met on the way are named."""
    found: list[Item] = []
    progress = Progress(f"binding-site, {items[0].group} beside training" if items else "", limit or len(items))
    for item in items:
        if len(found) == limit:
            break
        if near(item.given):
            reasons[f"{item.group}: a training chain of {FAR:.0%} identity or more"].append(item.key)
        else:
            found.append(item)
        progress.advance(1 if limit is None else len(found) - progress.done)
    return found


def _one_a_protein(items: Sequence[Item], reasons: dict[str, list[str]]) -> list[Item]:
    """The first item of each protein: systems of one and the same say one thing many times."""
    found: list[Item] = []
    for item in items:
        if _near(Neighbours([chain for other in found for chain in other.given.chains]), item.given, SAME):
            reasons[f"{item.group}: the protein of another system, {SAME:.0%} identity or more"].append(item.key)
        else:
            found.append(item)
    return found


def predict(model: Logos, held: HeldOut, batch: Sequence[Item], *, samples: int, seed: int) -> list[Answer]:
    """The probability of each residue, and the share of samples that mark it, by chain."""
    sampling = (held.settings or Settings()).sampling(binding_site.SAMPLING)
    targets = [item.given.chains for item in batch]
    found = binding_site.locate_all(model.engine, targets, samples=samples, sampling=sampling, seed=seed)
    return [{"probabilities": _rounded(sites.probabilities), "votes": _rounded(sites.votes)} for sites in found]


def _rounded(arrays: Sequence[np.ndarray]) -> list[list[float]]:
    return [np.round(array, 4).tolist() for array in arrays]


def baseline(held: HeldOut, *, seed: int) -> dict[str, Predict]:
    """Letters of training sites, alone and with neighbours; the sites of the nearest training chains; fpocket."""
    del seed
    arms: dict[str, Predict] = {}
    if held.training:
        arms["letter frequency"] = partial(_by_chain, Frequencies.fit(held.training, 0))
        arms[f"letters within {WINDOW}"] = partial(_by_chain, Frequencies.fit(held.training, WINDOW))
        arms["nearest training chains"] = partial(_by_chain, Nearest.fit(held.training))
    if fpocket.installed() and any(item.given.text for item in held.items):
        arms[str(fpocket.installed())] = lambda batch: [_cavities(item.given) for item in batch]
    return arms


def _by_chain(fitted: Frequencies | Nearest, batch: Sequence[Item]) -> list[Answer]:
    return [{"probabilities": _rounded([fitted.probabilities(c) for c in item.given.chains])} for item in batch]


def _cavities(target: Target) -> Answer:
    """fpocket's centres, best first, and for each residue one over the rank of its first pocket."""
    if target.text is None:
        return {"not asked": "no structure"}
    try:
        found = fpocket.cavities(target.text, {(name, label) for name, labels in target.labels for label in labels})
    except TimeoutError as error:
        return {"error": str(error), "passing": True}
    scores = []
    for name, labels in target.labels:
        ranks = [next((r for r, c in enumerate(found, 1) if (name, label) in c.residues), None) for label in labels]
        scores.append([round(1 / rank, 4) if rank else 0.0 for rank in ranks])
    return {"probabilities": scores, "pockets": [[round(x, 2) for x in cavity.centre] for cavity in found]}
