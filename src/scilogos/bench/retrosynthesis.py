"""Retrosynthesis on the test reactions of USPTO-50K: is the recorded set of reactants among the best answers?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from scilogos.bench.figures import Figure, mean, ratio
from scilogos.bench.held_out import Answer, HeldOut, Item, Predict, subset
from scilogos.bench.recorder import Recorder, tally
from scilogos.bench.scores import rank_of, reciprocal_ranks, top_k
from scilogos.data.tables import read_rows
from scilogos.decode import Completion
from scilogos.errors import InputError, ScilogosError
from scilogos.science import canonical, largest_fragment, order_reactants
from scilogos.tasks import Logos, retrosynthesis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TABLE = "chem/uspto50k.csv.gz"
FILES = (TABLE,)
COLUMNS = ("row", "split", "class", "product", "reactants", "reaction_in_train", "product_in_train")
HELD_OUT = (
    "USPTO-50K (GLN: 5,007 test reactions, 5,001 of validation), class unknown. Training drops every product and "
    "reactant set of validation and test; `clean` leaves out items that USPTO-50K's own training split repeats."
)
SAMPLES, BATCH = 16, 8
KEPT, TRIPS = 50, 10  # answers of a product that are kept, and that are asked for the product
METHOD = (
    f"samples from several writings of the product, {retrosynthesis.SAMPLING}; ranked by log-sum-exp of likelihoods "
    "over distinct texts, averaged over writings, and where `forward` is set by that and so many times "
    f"log p(product | reactants) for the first {retrosynthesis.CHECKED}; other orders of the first {KEPT} beside. "
    "Round trip: the same model, greedy, gives the product back from the reactants"
)
CLASSES = (  # Schneider, Stiefl and Landrum, J. Chem. Inf. Model. 56, 2336 (2016)
    "heteroatom alkylation and arylation", "acylation", "C-C bond formation", "heterocycle formation", "protection",
    "deprotection", "reduction", "oxidation", "functional group interconversion", "functional group addition",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The split that is asked, the writings of each product, the weight of log p(product | reactants) in the order."""

    split: Literal["test", "val"] = "test"
    roots: int = retrosynthesis.ROOTS
    forward: float = retrosynthesis.FORWARD
    round_trip: bool = True

    @property
    def apart(self) -> str:
        """The split, where it is not the test's."""
        return "" if self.split == "test" else "validation split"


def items(data: Path, *, limit: int | None, seed: int, settings: Settings = Settings()) -> HeldOut:
    """Read the reactions of a split: product to set of reactants."""
    found, skipped = [], []
    rows = [row for row in read_rows(data / TABLE, COLUMNS) if row["split"] == settings.split]
    for row in subset(rows, None, seed):
        if len(found) == limit:
            break
        try:
            product, truth = canonical(row["product"]), tuple(map(canonical, row["reactants"].split(".")))
        except InputError:
            skipped.append(row["row"])
            continue
        clean = "1" not in (row["reaction_in_train"], row["product_in_train"])
        kind = f"class {row['class']}, {CLASSES[int(row['class']) - 1]}"
        group = "clean" if clean else "repeated"
        found.append(Item(row["row"], product, tuple(order_reactants(truth)), group, (kind,)))
    reasons = {"product or reactants that RDKit refuses": skipped} if skipped else {}
    return HeldOut(tuple(found), reasons)


def predict(model: Logos, held: HeldOut, batch: Sequence[Item], *, samples: int, seed: int) -> list[Answer]:
    """The best sets of reactants of each product with likelihood, votes and R-SMILES' score; counts of all draws."""
    settings: Settings = held.settings or Settings()
    recorder = Recorder(model.engine)
    products = [item.given for item in batch]
    options = {"samples": samples, "num_roots": settings.roots, "forward": settings.forward, "seed": seed}
    rankings = retrosynthesis.propose_all(recorder, products, n=samples * settings.roots, **options)
    answers, start = [], 0
    for item, ranking in zip(batch, rankings, strict=True):
        product = item.given
        end, drawn = start, 0
        while drawn < ranking.drawn:  # the prompts of this product: its writings
            drawn += len(recorder.drawn[end][1])
            end += 1
        other = _reciprocal(product, [completions for _, completions in recorder.drawn[start:end]])
        best = [[a.thing, round(a.score, 4), a.votes, round(other[a.thing], 4)] for a in ranking.best(KEPT)]
        answer: Answer = {"answers": [[".".join(thing), *scores] for thing, *scores in best]}
        answer["truth drawn"] = any(a.thing == item.truth for a in ranking)
        if settings.round_trip:
            asked = [thing for thing, *_ in best[:TRIPS]]
            answer["returned"] = [made == product for made in retrosynthesis.products(model.engine, asked)]
        answers.append({**answer, **tally(recorder.sentences(start, end))})
        start = end
    return answers


def _reciprocal(product: str, writings: Sequence[Sequence[Completion]]) -> dict[tuple[str, ...], float]:
    """R-SMILES' score of each set of reactants over the writings of a product."""

    def read(text: str) -> tuple[str, ...] | None:
        try:
            return retrosynthesis.read(product, text)
        except ScilogosError:
            return None

    lists = []
    for completions in writings:
        best = sorted({c.text: c.score for c in completions}.items(), key=lambda pair: -pair[1])
        lists.append([thing for thing in (read(text) for text, _ in best) if thing is not None])
    return reciprocal_ranks(lists)


def score(held: HeldOut, answers: Sequence[Answer]) -> dict[str, Figure]:
    """Top-k exact match and MaxFrag, all and clean and by class; a product that the model refused has no answer.

    Whole sets of canonical isomeric molecules must be equal, maps cleared, as in R-SMILES' score.py; MaxFrag (Tetko et
    al., Nat. Commun. 11, 5575, 2020) asks for the first answer whose largest reactant is right. Orders of the same
    answers: the task's, likelihood alone, votes, R-SMILES' sum of reciprocal ranks, and those first that give the
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
    trips = [[*some, *[False] * KEPT] for some in returned]
    judged = [[(*row, back) for row, back in zip(*both, strict=False)] for both in zip(rows, trips, strict=True)]
    for name, worth in ORDERS.items():
        ordered = [[text for text, *_ in sorted(some, key=worth)] for some in judged]
        figures[f"top-1 by {name}"] = mean(top_k([rank_of(t, o) for t, o in zip(truths, ordered, strict=True)], 1))
    figures["truth among all draws"] = mean([answer.get("truth drawn", False) for answer in answers])
    if any(returned):
        figures["round trip, first answer"] = mean([bool(some) and some[0] for some in returned])
        figures[f"round trip, first {TRIPS}"] = ratio(
            [sum(some) for some in returned], [len(some) for some in returned]
        )
    return figures | {
        "completions that parse": ratio(counts["parsed"], counts["drawn"]),
        "reactant sets RDKit accepts": ratio(counts["sound"], counts["parsed"]),
    }


# of a row: text, log-likelihood, votes, reciprocal ranks, whether it gives the product back
ORDERS: Mapping[str, Callable[[Sequence[Any]], Any]] = {
    "likelihood": lambda row: -row[1],
    "votes": lambda row: (-row[2], -row[1]),
    "reciprocal ranks (R-SMILES)": lambda row: -row[3],
    "round trip, then likelihood": lambda row: (-row[4], -row[1]),
}


def _classes(items: Sequence[Item]) -> list[str]:
    return sorted({name for item in items for name in item.labels}, key=lambda name: int(name.split()[1].rstrip(",")))


def _largest_rank(truth: str, rows: Sequence[Sequence[Any]]) -> int | None:
    """The place of the first answer whose largest reactant is this one's; None where there is none."""
    wanted = largest_fragment(truth)
    places = enumerate((largest_fragment(text.split(".")[0]) for text, *_ in rows), 1)
    return next((place for place, largest in places if largest == wanted), None)


def baseline(model: Logos, held: HeldOut, *, seed: int) -> dict[str, Predict]:
    """None is run: the comparison is with published figures."""
    del model, held, seed
    return {}


def plots(held: HeldOut, arms: Mapping[str, Sequence[Answer]]) -> dict[str, Callable[["Axes"], None]]:
    """Top-k over k, and the likelihood of first answers that are right and wrong."""
    rows = [answer.get("answers", ()) for answer in arms["model"]]
    truths = [".".join(item.truth) for item in held.items]
    ranks = [rank_of(truth, [text for text, *_ in some]) for truth, some in zip(truths, rows, strict=True)]

    def curve(axes: "Axes") -> None:
        places = np.arange(1, KEPT + 1)
        for name, mine in (
            ("all", ranks),
            ("clean", [r for item, r in zip(held.items, ranks, strict=True) if item.group == "clean"]),
        ):
            if mine:
                axes.plot(
                    places, [100 * top_k(mine, k).mean() for k in places], label=f"{name}, {len(mine):,} products"
                )
        axes.set(xlabel="k", ylabel="recorded reactants among the first k, %", ylim=(0, 100), xscale="log")
        axes.set_xticks([1, 3, 5, 10, 50], ["1", "3", "5", "10", "50"])
        axes.legend(frameon=False)

    def likelihoods(axes: "Axes") -> None:
        first = [(rank == 1, some[0][1]) for rank, some in zip(ranks, rows, strict=True) if some]
        bins = np.linspace(min((s for _, s in first), default=-1), 0, 30)
        for name, wanted in (("right", True), ("wrong", False)):
            axes.hist([s for right, s in first if right == wanted], bins=bins, alpha=0.6, label=name)
        axes.set(xlabel="log-likelihood of the first answer", ylabel="products")
        axes.legend(frameon=False)

    return {"top-k": curve, "likelihood of first answers": likelihoods}
