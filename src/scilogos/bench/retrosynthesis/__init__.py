"""Retrosynthesis on the test reactions of USPTO-50K: is the recorded set of reactants among the best answers?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scilogos.bench.held_out import Answer, HeldOut, Item, Predict, subset
from scilogos.bench.recorder import Recorder, tally
from scilogos.bench.retrosynthesis import similar
from scilogos.bench.retrosynthesis.scoring import KEPT, TRIPS, plots, score
from scilogos.bench.scores import reciprocal_ranks
from scilogos.bench.settings import Drawn
from scilogos.data.tables import read_rows
from scilogos.decode import Completion
from scilogos.errors import InputError
from scilogos.science import canonical, order_reactants
from scilogos.tasks import Logos, retrosynthesis
from scilogos.tasks.ranking import Ranking

__all__ = [
    "BATCH", "FILES", "HELD_OUT", "METHOD", "OPTIONAL", "PACKAGES", "QUICK", "SAMPLES", "SAMPLING", "TABLE", "Settings",
    "baseline", "items", "plots", "predict", "score",
]  # fmt: skip

TABLE = "chem/uspto50k.csv.gz"
FILES, OPTIONAL, PACKAGES = (TABLE,), (similar.TABLE,), ("rdchiral",)
SAMPLING, QUICK = retrosynthesis.SAMPLING, (100, ())
_SIMILAR = "similar products (RetroSim)"
_COLUMNS = ("row", "split", "class", "product", "reactants", "reaction_in_train", "product_in_train")
HELD_OUT = (
    "USPTO-50K (GLN: 5,007 test reactions, 5,001 of validation), class unknown. Training drops every product and "
    "reactant set of validation and test; `clean` leaves out items that USPTO-50K's own training split repeats."
)
SAMPLES, BATCH = retrosynthesis.SAMPLES, 8
METHOD = (
    "samples from several writings of the product, those that hold it left out; ranked by log-sum-exp of likelihoods "
    "among legal symbols (unmasked over vLLM) over distinct texts, averaged over writings, and where `forward` is set "
    f"by that and so many times log p(product | reactants) for the first {retrosynthesis.CHECKED}; other orders of the "
    f"first {KEPT} beside, R-SMILES' by its places among legal symbols. "
    "Round trip: the same model, greedy, gives the product back from the reactants"
)
_CLASSES = (  # Schneider, Stiefl and Landrum, J. Chem. Inf. Model. 56, 2336 (2016)
    "heteroatom alkylation and arylation", "acylation", "C-C bond formation", "heterocycle formation", "protection",
    "deprotection", "reduction", "oxidation", "functional group interconversion", "functional group addition",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Settings(Drawn):
    """What is asked: the split, the writings of each product, the weight of log p(product | reactants) in the order.

    `precedents` are the training reactions that the baseline looks at for a product; 0 leaves it out.
    """

    split: Literal["test", "val"] = "test"
    roots: int = retrosynthesis.ROOTS
    forward: float = retrosynthesis.FORWARD
    round_trip: bool = True
    precedents: int = similar.PRECEDENTS

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (("roots", 1), ("precedents", 0)):
            if getattr(self, name) < least:
                raise InputError(f"{name}: found {getattr(self, name)}; expected {least} or more")

    @property
    def apart(self) -> str:
        """The split, where it is not the test's."""
        return "" if self.split == "test" else "validation split"


def items(data: Path, *, limit: int | None, seed: int, settings: Settings = Settings()) -> HeldOut:
    """Read the reactions of a split: product to set of reactants."""
    found, skipped = [], []
    rows = [row for row in read_rows(data / TABLE, _COLUMNS) if row["split"] == settings.split]
    for row in subset(rows, None, seed):
        if len(found) == limit:
            break
        try:
            product, truth = canonical(row["product"]), tuple(map(canonical, row["reactants"].split(".")))
        except InputError:
            skipped.append(row["row"])
            continue
        clean = "1" not in (row["reaction_in_train"], row["product_in_train"])
        kind = f"class {row['class']}, {_CLASSES[int(row['class']) - 1]}"
        group = "clean" if clean else "repeated"
        found.append(Item(row["row"], product, tuple(order_reactants(truth)), group, (kind,)))
    reasons = {"product or reactants that RDKit refuses": skipped} if skipped else {}
    precedents = similar.Precedents(data / similar.TABLE)
    notes = (precedents.lacking,) if precedents.lacking and settings.precedents else ()
    return HeldOut(tuple(found), reasons, training=precedents, notes=notes)


def predict(model: Logos, held: HeldOut, batch: Sequence[Item], *, samples: int, seed: int) -> list[Answer]:
    """The best sets of reactants of each product with likelihood, votes and R-SMILES' score; counts of all draws."""
    settings: Settings = held.settings or Settings()
    recorder = Recorder(model.engine)
    products = [item.given for item in batch]
    options = {"samples": samples, "num_roots": settings.roots, "forward": settings.forward, "seed": seed}
    sampling = settings.sampling(SAMPLING)
    most = samples * settings.roots
    rankings = retrosynthesis.propose_all(recorder, products, n=most, sampling=sampling, **options)
    answers, start = list[Answer](), 0
    for item, ranking in zip(batch, rankings, strict=True):
        end, drawn = start, 0
        while drawn < ranking.drawn:  # the prompts of this product: its writings
            drawn += len(recorder.drawn[end][1])
            end += 1
        other = _reciprocal(ranking, [completions for _, completions in recorder.drawn[start:end]])
        best = [
            [".".join(a.thing), round(a.score, 4), a.votes, round(other[a.thing], 4), round(a.legal_score, 4)]
            for a in ranking.best(KEPT)
        ]
        there = any(answer.thing == item.truth for answer in ranking)
        answers.append({"answers": best, "truth drawn": there, **tally(recorder.sentences(start, end))})
        start = end
    if settings.round_trip:
        asked = [[answer.thing for answer in ranking.best(TRIPS)] for ranking in rankings]
        made = iter(retrosynthesis.products(model.engine, [thing for things in asked for thing in things]))
        for item, answer, things in zip(batch, answers, asked, strict=True):
            answer["returned"] = [next(made) == item.given for _ in things]
    return answers


def _reciprocal(
    ranking: Ranking[tuple[str, ...]], writings: Sequence[Sequence[Completion]]
) -> dict[tuple[str, ...], float]:
    """R-SMILES' score of each set of reactants over the writings of a product, which the ranking has read."""
    things = {text: answer.thing for answer in ranking for text in answer.texts}
    lists = []
    for completions in writings:
        best = sorted({c.text: c.legal_score for c in completions}.items(), key=lambda pair: -pair[1])
        lists.append([things[text] for text, _ in best if text in things])
    return reciprocal_ranks(lists)


def baseline(held: HeldOut, *, seed: int) -> dict[str, Predict]:
    """What the reactions of the most similar training products give, by templates."""
    del seed
    settings: Settings = held.settings or Settings()
    precedents: similar.Precedents = held.training
    if precedents.lacking or not settings.precedents:
        return {}

    def ask(batch: Sequence[Item]) -> list[Answer]:
        found = [precedents.propose(item.given, settings.precedents)[:KEPT] for item in batch]
        return [{"answers": [[text, round(score, 4), 1, 0.0] for text, score in some]} for some in found]

    return {_SIMILAR: ask}
