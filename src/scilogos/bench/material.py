"""Material generation: valid, novel and unique frameworks, beside noise and a shuffle of training parts."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import torch

from scilogos.bench.figures import Figure, mean
from scilogos.bench.held_out import Answer, HeldOut, Item, Predict
from scilogos.bench.scores import first_seen
from scilogos.bench.settings import NoSettings
from scilogos.data.order import mix
from scilogos.data.tables import read_rows
from scilogos.decode import Engine, Prompt
from scilogos.errors import InputError, ScilogosError
from scilogos.model import Transformer
from scilogos.science import comparison_key, coordinating_groups, element_counts, neutralised, split_fragments
from scilogos.tasks import Logos, material_generation

TABLE = "material/mof_unified_node_linker_topology.csv.gz"
FILES = (TABLE,)
HELD_OUT = (
    "nothing is given, so nothing is held out; novelty is against all rows of the training split by linker set. "
    "Stage 1 (text) of MOFFlow-2; BW-DB is not used, so not comparable with published VNU."
)
METHOD = (
    f"{material_generation.SAMPLING}; nodes constrained to fragments of training nodes, linkers to SMILES valence; "
    "compared without net and protonation. Controls: random weights under the same constraint; nodes and linkers of "
    "two random training rows"
)
SAMPLES, BATCH = None, 100  # one draw an item
DRAWS = 1000
LEAST_GROUPS = 2  # coordinating groups of a linker that can join two nodes

Parts = tuple[tuple[str, ...], tuple[str, ...]]  # node fragments, neutralised linkers; both sorted


class Training:
    """The pairs of nodes and linkers of training rows; protonation is looked at only where formulas agree."""

    def __init__(self, rows: Iterable[tuple[str, str]]) -> None:
        self.pairs: list[Parts] = []  # linkers as the table writes them
        self.fragments: set[str] = set()
        self._alike: dict[tuple, list[tuple[str, ...]]] = defaultdict(list)  # linker sets by nodes and formulas
        self._linkers: dict[tuple, set[str]] = defaultdict(set)
        for nodes, linkers in dict.fromkeys(rows):
            try:
                pair = tuple(sorted(split_fragments(nodes))), tuple(sorted(_fragments(linkers)))
                formulas = [_formula(linker) for linker in pair[1]]
            except ScilogosError:  # the corpus reader leaves these rows out too
                continue
            self.pairs.append(pair)
            self.fragments.update(pair[0])
            self._alike[pair[0], tuple(sorted(formulas))].append(pair[1])
            for formula, linker in zip(formulas, pair[1], strict=True):
                self._linkers[formula].add(linker)
        self._neutral = cache(neutralised)

    def has(self, parts: Parts) -> bool:
        """Whether a training row has these nodes and linkers, net and protons aside."""
        known = self._alike.get((parts[0], tuple(sorted(map(_formula, parts[1])))), ())
        return any(tuple(sorted(map(self._neutral, linkers))) == parts[1] for linkers in known)

    def has_linker(self, linker: str) -> bool:
        """Whether a neutralised linker occurs in a training row."""
        return any(self._neutral(known) == linker for known in self._linkers.get(_formula(linker), ()))


@cache
def _fragments(linkers: str) -> tuple[str, ...]:
    return tuple(split_fragments(linkers))


@cache
def _formula(smiles: str) -> tuple[tuple[str, int], ...]:
    return tuple(element_counts(smiles).items())


def items(data: Path, *, limit: int | None, seed: int, settings: NoSettings = NoSettings()) -> HeldOut:
    """Number the draws; read the nodes and linkers of the training rows."""
    del seed
    rows = read_rows(data / TABLE, ("node", "linkers", "split_linker"))
    training = Training((row["node"], row["linkers"]) for row in rows if row["split_linker"] == "train")
    if not training.pairs:
        raise InputError("no row of the training split can be read", path=data / TABLE)
    return HeldOut(tuple(Item(str(i), None) for i in range(limit or DRAWS)), training=training)


def predict(model: Logos, held: HeldOut, batch: Sequence[Item], *, samples: int, seed: int) -> list[Answer]:
    """One draw an item: its text, node fragments and neutralised linkers, or why it is no material."""
    del samples
    engine, budget = model.engine, material_generation.BUDGET
    guide = engine.guide(material_generation.constraint(engine, frozenset(held.training.fragments)))
    stream = mix(seed, int(batch[0].key))
    sampling = material_generation.SAMPLING
    return [
        _answer(completion.text)
        for completion in engine.complete([Prompt((), guide, budget)], len(batch), sampling, seed=stream)[0]
    ]


def _answer(text: str) -> Answer:
    try:
        nodes, linkers = comparison_key(material_generation.read((), text))
    except ScilogosError as error:
        return {"text": text, "invalid": str(error)}
    return {"text": text, "nodes": sorted(nodes), "linkers": sorted(linkers)}


def score(held: HeldOut, answers: Sequence[Answer]) -> dict[str, Figure]:
    """Shares of all draws; intervals treat each draw's verdict as given.

    Source: MOFFlow-2 (arXiv 2510.25071), stage 1: valid if the frame is right, each node occurs in training and RDKit
    parses each linker; novel if not in training; unique the first time it is drawn. Novelty and uniqueness compare
    (nodes, neutralised linkers) without the net.
    """
    training: Training = held.training
    parts = [(tuple(a["nodes"]), tuple(a["linkers"])) if "nodes" in a else None for a in answers]
    valid = [p is not None and training.fragments.issuperset(p[0]) for p in parts]
    novel = [good and not training.has(p) for good, p in zip(valid, parts, strict=True)]
    unique = first_seen(p if good else None for good, p in zip(valid, parts, strict=True))
    vnu = [a and b for a, b in zip(novel, unique, strict=True)]
    drawn = {linker for good, p in zip(valid, parts, strict=True) if good for linker in p[1]}
    linkers = sorted(linker for linker in drawn if not training.has_linker(linker))
    bridging = {linker for linker in linkers if coordinating_groups(linker) >= LEAST_GROUPS}
    fresh = set(linkers) - bridging
    return {
        "valid": mean(valid),
        "valid, novel": mean(novel),
        "valid, unique": mean(unique),
        "valid, novel, unique (VNU)": mean(vnu),
        "VNU without a novel linker that cannot bridge": mean(
            [good and fresh.isdisjoint(p[1]) for good, p in zip(vnu, parts, strict=True)]
        ),
        f"novel linkers with {LEAST_GROUPS} or more coordinating groups": mean([s in bridging for s in linkers]),
        "distinct novel linkers": Figure(len(linkers), count=len(answers), percent=False),
    }


def baseline(model: Logos, held: HeldOut, *, seed: int) -> dict[str, Predict]:
    """Random weights of the same config under the same constraint; nodes and linkers of two random training rows."""

    def untrained(batch: Sequence[Item]) -> list[Answer]:
        engine = model.engine
        weights = Transformer(engine.model.config, dtype=engine.dtype).initialise(torch.Generator().manual_seed(seed))
        noise = Logos(Engine(weights.to(engine.device), engine.codec), "untrained", model.folder)
        return predict(noise, held, batch, samples=1, seed=seed)

    def shuffled(batch: Sequence[Item]) -> list[Answer]:
        answers = []
        for item in batch:
            rng = random.Random(f"{seed}/{item.key}")
            (nodes, _), (_, linkers) = rng.choice(held.training.pairs), rng.choice(held.training.pairs)
            answers.append({"nodes": list(nodes), "linkers": sorted(map(neutralised, linkers))})
        return answers

    return {"untrained": untrained, "shuffled": shuffled}
