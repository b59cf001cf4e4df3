"""Binding-site residues of the 164 COACH420 chains with proper contact labels, against letter frequencies."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scilogos.bench.figures import Figure, bootstrap
from scilogos.bench.held_out import Answer, HeldOut, Item, Predict, reading, subset
from scilogos.bench.report import Report
from scilogos.bench.scores import average_precision, best_threshold, confusion, f1, mcc
from scilogos.bench.settings import NoSettings
from scilogos.data.readers import READERS
from scilogos.data.tables import read_rows
from scilogos.errors import InputError
from scilogos.grammar import Located
from scilogos.grammar.objects import RESIDUES, UNKNOWN_RESIDUE
from scilogos.model import fingerprint
from scilogos.tasks import Logos, binding_site
from scilogos.tasks.calibration import Calibration

TABLE, TRAINING = "struct/site_labels_seq.jsonl.gz", "struct/triples_biolip_ligbind.jsonl.gz"
FILES = (TABLE, TRAINING)
HELD_OUT = (
    "COACH420 chains with `gold` contacts (heavy atoms within 4 Å, or BioLiP's). Training drops chains of 30% identity "
    "or more to COACH420 and HOLO4K. Validation: the corpus reader's held-out clusters, for the threshold alone."
)
METHOD = (
    f"probability of a mark averaged over sampled answers, {binding_site.SAMPLING}; figures pool the residues of all "
    "chains, intervals draw chains"
)
SAMPLES, BATCH = 8, 16
LONGEST = 600  # residues of a training or validation chain, as in the recipes
WINDOW = 3  # residues on each side that the window baseline looks at


@dataclass(frozen=True)
class Frequencies:
    """How letters around sites differ from letters around other residues: log-odds, float [2 window + 1, 22]."""

    prior: float  # log-odds of any residue
    odds: np.ndarray

    @classmethod
    def fit(cls, chains: Sequence[tuple[str, tuple[int, ...]]], window: int) -> "Frequencies":
        """Count letters by offset, one added to each count."""
        counts, numbers = np.ones((2, 2 * window + 1, len(_LETTERS) + 1)), np.zeros(2)
        for residues, sites in chains:
            marked, around = np.zeros(len(residues), int), _windows(residues, window)
            marked[list(sites)] = 1
            for label in (0, 1):
                numbers[label] += (marked == label).sum()
                for offset, column in enumerate(around[marked == label].T):
                    counts[label, offset] += np.bincount(column, minlength=len(_LETTERS) + 1)
        shares = counts / counts.sum(-1, keepdims=True)
        prior = np.log((numbers[1] + 1) / (numbers[0] + 1))
        return cls(float(prior), np.log(shares[1] / shares[0]))

    def probabilities(self, residues: str) -> np.ndarray:
        """The probability of each residue to be a site, offsets taken as independent (naive Bayes)."""
        around = _windows(residues, len(self.odds) // 2)
        log_odds = self.prior + self.odds[np.arange(len(self.odds)), around].sum(1)
        return 1 / (1 + np.exp(-log_odds))


_LETTERS = RESIDUES + UNKNOWN_RESIDUE


def _windows(residues: str, window: int) -> np.ndarray:
    """Letter numbers around each residue, int [len, 2 window + 1]; beyond the ends a letter of its own."""
    numbers = np.pad([_LETTERS.index(letter) for letter in residues], window, constant_values=len(_LETTERS))
    return np.lib.stride_tricks.sliding_window_view(numbers, 2 * window + 1)


def items(data: Path, *, limit: int | None, seed: int, settings: NoSettings = NoSettings()) -> HeldOut:
    """Read the gold chains and validation chains, and all training chains with their sites."""
    test, without, strange = [], [], []
    for row in read_rows(data / TABLE, ("set", "id", "seq")):
        if row["set"] != "coach420":
            continue
        if not row.get("gold"):
            without.append(row["id"])
        elif set(row["seq"]) - set(_LETTERS):
            strange.append(row["id"])
        else:
            test.append(Item(f"test/{row['id']}", row["seq"], tuple(row["gold"])))
    training, validation = [], []
    for record in READERS["sites"](reading(data, "sites", TRAINING, forms=("located",), max_length=LONGEST)):
        (sentence,) = record.sentences
        assert isinstance(sentence, Located)
        (chain,) = sentence.marked
        if record.split == "train":
            training.append((chain.residues, chain.sites))
        else:
            validation.append(Item(f"val/{len(validation)}", chain.residues, chain.sites, "validation"))
    chosen = (*subset(validation, limit, seed), *subset(test, limit, seed))
    skipped = {"no gold contacts": without, "letters that the language lacks": strange}
    return HeldOut(chosen, {reason: keys for reason, keys in skipped.items() if keys}, training)


def predict(model: Logos, held: HeldOut, batch: Sequence[Item], *, samples: int, seed: int) -> list[Answer]:
    """The probability of each residue."""
    del held
    chains = [(item.given,) for item in batch]
    found = binding_site.locate_all(model.engine, chains, samples=samples, seed=seed)
    return [{"probabilities": np.round(sites.probabilities[0], 4).tolist()} for sites in found]


def score(held: HeldOut, answers: Sequence[Answer]) -> dict[str, Figure]:
    """Residue MCC, F1 and AUPRC at the task's threshold and at the one of best MCC on validation chains.

    A chain that the model refused has no site.
    """
    pairs: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {"test": [], "validation": []}
    for item, answer in zip(held.items, answers, strict=True):
        truth = np.zeros(len(item.given), bool)
        truth[list(item.truth)] = True
        pairs[item.group].append((np.asarray(answer.get("probabilities", np.zeros(len(truth)))), truth))
    thresholds = {f"at {binding_site.THRESHOLD}": binding_site.THRESHOLD}
    figures = {}
    if pairs["validation"]:
        chosen = best_threshold(*map(np.concatenate, zip(*pairs["validation"], strict=True)))
        thresholds = {"at the validation threshold": chosen, **thresholds}
        figures["validation threshold"] = Figure(chosen, count=len(pairs["validation"]), percent=False)
    test = pairs["test"]
    for name, threshold in thresholds.items():
        counts = np.asarray([confusion(p >= threshold, truth) for p, truth in test]).reshape(-1, 4)
        for label, function in (("MCC", mcc), ("F1", f1)):
            figures[f"{label} {name}"] = bootstrap(
                lambda units, function=function, counts=counts: function(counts[units].sum(0)), len(test), percent=False
            )
    figures["AUPRC"] = bootstrap(lambda units: average_precision(*_pooled(test, units)), len(test), percent=False)
    return figures


def _pooled(pairs: Sequence[tuple[np.ndarray, np.ndarray]], units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([pairs[i][0] for i in units]), np.concatenate([pairs[i][1] for i in units])


def baseline(model: Logos, held: HeldOut, *, seed: int) -> dict[str, Predict]:
    """How often a letter is a site in the training chains, alone and with its neighbours."""
    del model, seed
    if not held.training:
        return {}

    def by_frequency(window: int) -> Predict:
        fitted = Frequencies.fit(held.training, window)
        return lambda batch: [
            {"probabilities": np.round(fitted.probabilities(item.given), 4).tolist()} for item in batch
        ]

    return {"letter frequency": by_frequency(0), f"letters within {WINDOW}": by_frequency(WINDOW)}


def calibrated(report: Report, folder: Path) -> Calibration:
    """The model's own threshold, as chosen on validation chains, for the weights in its folder."""
    chosen = report.figures["model"].get("validation threshold")
    if chosen is None or chosen.value is None:
        raise InputError("no validation chain was read: the threshold cannot be chosen")
    return Calibration(weights=fingerprint(folder), site_threshold=round(chosen.value, 4))
