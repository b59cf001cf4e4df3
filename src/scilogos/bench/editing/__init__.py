"""Protein editing on the start sets of GGS: 128 variants of GFP or AAV, judged by an oracle that nobody may ask before.

landscapes   the measured variants and the start sets        distances   Levenshtein, diversity, novelty
network      the CNN of GGS's oracle, and how it is fitted   oracle      fitted networks on disk, with cards
copies       the model fine-tuned on a start set             climb       its variants, by its own judgement
search       the baselines that a predictor guides           settings    what can be set
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from scilogos.bench.editing import search
from scilogos.bench.editing.climb import climbed
from scilogos.bench.editing.copies import tuned_copy
from scilogos.bench.editing.distances import diversity, novelty
from scilogos.bench.editing.landscapes import (
    DIFFICULTIES,
    PAIRS,
    TABLES,
    Labelled,
    Landscape,
    merged,
    read_landscape,
    read_pairs,
)
from scilogos.bench.editing.oracle import FIGURES as ORACLE_FIGURES
from scilogos.bench.editing.oracle import fitted, trained_oracle
from scilogos.bench.editing.settings import NUMBER, Settings, made_by, told
from scilogos.bench.figures import Figure, mean
from scilogos.bench.held_out import Answer, HeldOut, Item, Predict
from scilogos.bench.scores import spearman
from scilogos.data.order import mix
from scilogos.tasks import Logos

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "BATCH",
    "FILES",
    "HELD_OUT",
    "METHOD",
    "QUICK",
    "SAMPLES",
    "Settings",
    "baseline",
    "files",
    "items",
    "judge",
    "judged_by",
    "made_by",
    "plots",
    "predict",
    "score",
]

FILES = (*TABLES.values(), PAIRS)
HELD_OUT = (
    "the start sets of GGS (arXiv 2307.00494): medium, 20 to 40% of scores and 6 or more residues from every top-1% "
    "variant; hard, below 30% and 7 or more. The shipped model saw no variant of GFP, AAV or AAV2 with its label; its "
    "copy learns from the start set alone, unless the settings say otherwise."
)
METHOD = (
    "a copy fine-tuned on pairs of the start set, lower to higher; edits of edits from its best, ranked by summed "
    "gains in the copy's own log-likelihood among residues; no oracle before the 128. Fitness: median over the "
    "128, 0 where the model refused. Repetitions differ in what is drawn: one copy, and one predictor of the "
    "baselines, serves them all"
)
SAMPLES, BATCH, QUICK = None, 1, (2, ("landscape=AAV",))
_SEEDS = 5
_ARMS = {
    "AdaLead": search.adalead,
    "genetic algorithm": search.genetic_algorithm,
    "random substitutions": search.random_substitutions,
}


class _Place(NamedTuple):
    """A start set, and the number of a repetition."""

    landscape: str
    difficulty: str
    seed: int


class _Measured(NamedTuple):
    """The landscapes that are asked for, and the values of GGS's own oracle there."""

    landscapes: dict[str, Landscape]
    pairs: dict[str, Labelled]


def items(data: Path, *, limit: int | None, seed: int, settings: Settings = Settings()) -> HeldOut:
    """Read the landscapes; an item is a start set and a repetition, the start sets in turn."""
    del seed
    names = [name for name in TABLES if settings.landscape in ("both", name)]
    measured = _Measured(
        {name: read_landscape(data, name) for name in names}, {name: read_pairs(data, name) for name in names}
    )
    places = [_Place(name, hard, n) for n in range(_SEEDS) for hard in DIFFICULTIES for name in names]
    found = [Item(f"{p.landscape}-{p.difficulty}-{p.seed}", p, group=f"{p.landscape} {p.difficulty}") for p in places]
    return HeldOut(tuple(found[:limit]), training=measured)


def files(data: Path, settings: Settings) -> list[str]:
    """The recipe of the networks: answers depend on what it says."""
    del data
    return [str(Path(settings.recipe).resolve())] if settings.recipe else []


def predict(model: Logos, held: HeldOut, batch: Sequence[Item], *, samples: int, seed: int) -> list[Answer]:
    """The variants of a fine-tuned copy, best first, and what it learnt from."""
    del samples
    settings, answers = held.settings, []
    for item in batch:
        copy, facts = tuned_copy(model, held.folder / "copies", _seen(held, item), settings.learning)
        asked = _oracle(held, item.given.landscape)[0] if settings.oracle else None
        found = climbed(copy.engine, _start(held, item), settings.climb, NUMBER, mix(seed, item.given.seed), asked)
        answers.append({"sequences": found.sequences, "orders": found.orders, **facts, **found.counts})
    return answers


def judge(held: HeldOut, batch: Sequence[Item], answers: Sequence[Answer]) -> list[Answer]:
    """The oracle's normalised fitness of each variant, its distance to the start set, the mean distance of pairs."""
    judgements = []
    for item, answer in zip(batch, answers, strict=True):
        (value, card), sequences = _oracle(held, item.given.landscape), answer["sequences"]
        judgements.append({
            "fitness": [round(float(fitness), 4) for fitness in value(sequences)],
            "novelty": novelty(sequences, _start(held, item).sequences),
            "diversity": round(diversity(sequences), 4),
            "oracle": {key: card[key] for key in ("fingerprint", *ORACLE_FIGURES)},
        })  # fmt: skip
    return judgements


def judged_by(settings: Settings) -> dict[str, str]:
    """How the oracle is fitted."""
    return {"oracle": f"CNN of GGS, {told(asdict(settings.fit('oracle')))}"}


def score(held: HeldOut, answers: Sequence[Answer]) -> dict[str, Figure]:
    """Fitness, diversity and novelty of each start set: the mean over repetitions, and its standard deviation.

    Source: ggs/evaluate.py of kirjner/GGS. Fitness and novelty are medians over the variants of one answer.
    """
    measures: dict[str, Callable[[Answer], float]] = {
        "fitness": lambda answer: float(np.median(answer.get("fitness") or [0.0])),
        "diversity": lambda answer: answer.get("diversity", 0.0),
        "novelty": lambda answer: float(np.median(answer.get("novelty") or [0.0])),
    }
    groups = defaultdict(list)
    for item, answer in zip(held.items, answers, strict=True):
        groups[item.group].append(answer)
    figures = {}
    for group, some in groups.items():
        title = ", ".join(filter(None, (group, held.settings.apart)))
        for name, measure in measures.items():
            values = [measure(answer) for answer in some]
            figures[f"{title}: {name}"] = mean(values, percent=False)
            spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
            figures[f"{title}: {name}, sd"] = Figure(spread, count=len(values), percent=False)
        for order in dict.fromkeys(name for answer in some for name in answer.get("orders", ())):
            told = [answer for answer in some if "fitness" in answer and order in answer.get("orders", ())]
            pairs = [(answer["orders"][order], answer["fitness"]) for answer in told]
            values = [value for value in starmap(spearman, pairs) if not np.isnan(value)]
            figures[f"{title}: order by {order}, Spearman with fitness"] = mean(values, percent=False)
            if silent := len(some) - len(values):
                name = f"{title}: repetitions of which order by {order} tells nothing"
                figures[name] = Figure(silent, count=len(some), percent=False)
        if calls := [answer["oracle calls"] for answer in some if answer.get("oracle calls")]:
            figures[f"{title}: oracle calls"] = mean(calls, percent=False)
        lacking = sum(NUMBER - len(answer.get("sequences", ())) for answer in some)
        figures[f"{title}: lacking of {NUMBER} variants"] = Figure(lacking, count=len(some), percent=False)
    for item, answer in zip(held.items, answers, strict=True):
        for name in ORACLE_FIGURES if "oracle" in answer else ():
            figures[f"oracle of {item.given.landscape}: {name}"] = Figure(answer["oracle"][name], percent=False)
    return figures


def baseline(held: HeldOut, *, seed: int) -> dict[str, Predict]:
    """Searches on a predictor fitted to what the model saw; the start set's consensus; the best of the start set."""

    def searched(find: Callable[..., list[str]], batch: Sequence[Item]) -> list[Answer]:
        answers = []
        for item in batch:
            value = _oracle(held, item.given.landscape)[0] if held.settings.oracle else _predictor(held, item)
            asked = search.Asked(value, _start(held, item).sequences, held.settings.budget)
            answer = {"sequences": find(asked, _random(seed, item))}
            answers.append({**answer, "oracle calls" if held.settings.oracle else "calls": len(asked.values)})
        return answers

    def consensus(batch: Sequence[Item]) -> list[Answer]:
        return [{"sequences": search.consensus(_start(held, item), NUMBER, _random(seed, item))} for item in batch]

    def best(batch: Sequence[Item]) -> list[Answer]:
        return [{"sequences": list(_start(held, item).best(NUMBER))} for item in batch]

    arms = {name: partial(searched, find) for name, find in _ARMS.items()}
    return {**arms, "consensus": consensus, "best of the start set": best}


def plots(held: HeldOut, arms: Mapping[str, Sequence[Answer]]) -> dict[str, Callable[["Axes"], None]]:
    """The fitness of all variants by arm, a picture a start set."""
    groups = dict.fromkeys(item.group for item in held.items)
    return {f"Fitness of the variants, {group}": partial(_boxes, held, arms, group) for group in groups}


def _boxes(held: HeldOut, arms: Mapping[str, Sequence[Answer]], group: str, axes: "Axes") -> None:
    chosen = [i for i, item in enumerate(held.items) if item.group == group]
    values = [[value for i in chosen for value in answers[i].get("fitness", ())] for answers in arms.values()]
    axes.boxplot(values, orientation="horizontal", tick_labels=list(arms), showfliers=False)
    axes.invert_yaxis()
    axes.set_xlabel("fitness by the oracle, normalised")


def _start(held: HeldOut, item: Item) -> Labelled:
    place: _Place = item.given
    return merged(held.training.landscapes[place.landscape].start(place.difficulty))


def _seen(held: HeldOut, item: Item) -> Labelled:
    """The labels that a method may look at."""
    everything = held.settings.labels == "all"
    return held.training.landscapes[item.given.landscape].merged if everything else _start(held, item)


def _oracle(held: HeldOut, name: str) -> tuple[search.Value, dict[str, Any]]:
    rows, pairs = held.training.landscapes[name].rows, held.training.pairs[name]
    network, card = trained_oracle(_networks(held), f"oracle of {name}", rows, pairs, held.settings.fit("oracle"))
    return network.values, card


def _predictor(held: HeldOut, item: Item) -> search.Value:
    fit: Any = held.settings.fit("predictor")
    return fitted(_networks(held), f"predictor of {item.group}", _seen(held, item), fit)[0].values


def _networks(held: HeldOut) -> Path:
    return held.shared / "networks"


def _random(seed: int, item: Item) -> np.random.Generator:
    return np.random.default_rng([seed, item.given.seed])
