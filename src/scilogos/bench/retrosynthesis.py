"""Retrosynthesis on the test reactions of USPTO-50K: is the recorded set of reactants among the best ten answers?"""

from collections.abc import Sequence
from pathlib import Path

from scilogos.bench.figures import Figure, mean, ratio
from scilogos.bench.held_out import Answer, HeldOut, Item, Predict, subset
from scilogos.bench.recorder import Recorder, tally
from scilogos.bench.scores import rank_of, top_k
from scilogos.bench.settings import NoSettings
from scilogos.data.tables import read_rows
from scilogos.errors import InputError
from scilogos.science import canonical, largest_fragment, order_reactants
from scilogos.tasks import Logos, retrosynthesis

TABLE = "chem/uspto50k.csv.gz"
FILES = (TABLE,)
COLUMNS = ("row", "split", "product", "reactants", "reaction_in_train", "product_in_train")
HELD_OUT = (
    "test split of USPTO-50K (GLN, 5,007), class unknown. Training drops every product and reactant set of validation "
    "and test; `clean` leaves out test items that USPTO-50K's own training split repeats."
)
METHOD = (
    f"samples from each of {retrosynthesis.ROOTS} writings of the product, {retrosynthesis.SAMPLING}; ranked by "
    "log-sum-exp of likelihoods over distinct texts, averaged over writings"
)
SAMPLES, BATCH = 16, 8
KEPT = 10  # answers of a product


def items(data: Path, *, limit: int | None, seed: int, settings: NoSettings = NoSettings()) -> HeldOut:
    """Read the test reactions: product to set of reactants."""
    found, skipped = [], []
    rows = [row for row in read_rows(data / TABLE, COLUMNS) if row["split"] == "test"]
    for row in subset(rows, None, seed):
        if len(found) == limit:
            break
        try:
            product, truth = canonical(row["product"]), tuple(map(canonical, row["reactants"].split(".")))
        except InputError:
            skipped.append(row["row"])
            continue
        clean = "1" not in (row["reaction_in_train"], row["product_in_train"])
        found.append(Item(row["row"], product, tuple(order_reactants(truth)), "clean" if clean else "repeated"))
    reasons = {"product or reactants that RDKit refuses": skipped} if skipped else {}
    return HeldOut(tuple(found), reasons)


def predict(model: Logos, held: HeldOut, batch: Sequence[Item], *, samples: int, seed: int) -> list[Answer]:
    """The ten best sets of reactants of each product, and counts over all that was drawn."""
    del held
    recorder = Recorder(model.engine)
    products = [item.given for item in batch]
    rankings = retrosynthesis.propose_all(recorder, products, n=KEPT, samples=samples, seed=seed)
    answers, start = [], 0
    for ranking in rankings:
        end, drawn = start, 0
        while drawn < ranking.drawn:  # the prompts of this product: its writings
            drawn += len(recorder.drawn[end][1])
            end += 1
        best = [[".".join(answer.thing), round(answer.score, 4)] for answer in ranking]
        answers.append({"answers": best, **tally(recorder.sentences(start, end))})
        start = end
    return answers


def score(held: HeldOut, answers: Sequence[Answer]) -> dict[str, Figure]:
    """Top-k exact match and MaxFrag, all and clean; a product that the model refused has no answer.

    Whole sets of canonical isomeric molecules must be equal, maps cleared, as in R-SMILES' score.py; MaxFrag (Tetko et
    al., Nat. Commun. 11, 5575, 2020) compares the largest reactant alone.
    """
    texts = [[text for text, _ in answer.get("answers", ())] for answer in answers]
    ranks = [rank_of(".".join(item.truth), some) for item, some in zip(held.items, texts, strict=True)]
    largest = [
        rank_of(largest_fragment(item.truth[0]), map(largest_fragment, some[:1]))
        for item, some in zip(held.items, texts, strict=True)
    ]
    clean = [rank for item, rank in zip(held.items, ranks, strict=True) if item.group == "clean"]
    counts = {name: [answer.get(name, 0) for answer in answers] for name in ("drawn", "parsed", "sound")}
    return {
        **{f"top-{k}": mean(top_k(ranks, k)) for k in (1, 3, 5, 10)},
        "MaxFrag top-1": mean(top_k(largest, 1)),
        **{f"top-{k}, clean": mean(top_k(clean, k)) for k in (1, 10)},
        "completions that parse": ratio(counts["parsed"], counts["drawn"]),
        "reactant sets RDKit accepts": ratio(counts["sound"], counts["parsed"]),
    }


def baseline(model: Logos, held: HeldOut, *, seed: int) -> dict[str, Predict]:
    """None is run: the comparison is with published figures."""
    del model, held, seed
    return {}
