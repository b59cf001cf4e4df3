"""Stage 1, text: draws, what of them is valid, novel and unique, and the two controls: noise, a shuffle of parts."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

import torch

from scilogos.bench.figures import Figure, mean
from scilogos.bench.held_out import Answer, HeldOut, Item, Predict
from scilogos.bench.material.fit import Library
from scilogos.bench.scores import first_seen
from scilogos.data.order import mix
from scilogos.decode import Engine, Prompt
from scilogos.errors import ScilogosError
from scilogos.model import Transformer
from scilogos.science import comparison_key, coordinating_groups, element_counts, neutralised, split_fragments
from scilogos.tasks import Logos, material_generation

LEAST_GROUPS = 2  # coordinating groups of a linker that can join two nodes

TABLE = "material/mof_unified_node_linker_topology.csv.gz"
Parts = tuple[tuple[str, ...], tuple[str, ...]]  # node fragments, neutralised linkers; both sorted


class Training:
    """The pairs of nodes and linkers of training rows; protonation is looked at only where formulas agree."""

    def __init__(self, rows: Iterable[tuple[str, str, str]], library: Library | None = None) -> None:
        self.library = library  # of building blocks, where structures are wanted
        self.pairs: list[Parts] = []  # linkers as the table writes them
        self.nets: list[list[str]] = []  # of each pair; empty where no row knows it
        self.fragments: set[str] = set()
        self._alike: dict[tuple, list[tuple[str, ...]]] = defaultdict(list)  # linker sets by nodes and formulas
        self._linkers: dict[tuple, set[str]] = defaultdict(set)
        nets: dict[tuple[str, str], list[str]] = defaultdict(list)
        for nodes, linkers, net in rows:
            nets[nodes, linkers] += [net] if net else []
        for (nodes, linkers), known in nets.items():
            try:
                pair = tuple(sorted(split_fragments(nodes))), tuple(sorted(_fragments(linkers)))
                formulas = [_formula(linker) for linker in pair[1]]
            except ScilogosError:  # the corpus reader leaves these rows out too
                continue
            self.pairs.append(pair)
            self.nets.append(known)
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
        thing = material_generation.read((), text)
        nodes, linkers = comparison_key(thing)
    except ScilogosError as error:
        return {"text": text, "invalid": str(error)}
    return {"text": text, "nodes": sorted(nodes), "linkers": sorted(linkers), "net": thing.net}


def parts_of(answer: Answer) -> Parts | None:
    """The nodes and linkers of an answer, None of one that is no material."""
    return (tuple(answer["nodes"]), tuple(answer["linkers"])) if "nodes" in answer else None


def is_new(parts: Parts | None, training: Training) -> bool:
    """Whether parts are valid and novel."""
    return parts is not None and training.fragments.issuperset(parts[0]) and not training.has(parts)


def verdicts(answers: Sequence[Answer], training: Training) -> dict[str, list[bool]]:
    """Whether each draw is valid, novel, unique; all three.

    Source: MOFFlow-2 (arXiv 2510.25071), stage 1: valid if the frame is right, each node occurs in training and RDKit
    parses each linker; novel if not in training; unique the first time it is drawn. Novelty and uniqueness compare
    (nodes, neutralised linkers) without the net.
    """
    parts = [parts_of(answer) for answer in answers]
    valid = [p is not None and training.fragments.issuperset(p[0]) for p in parts]
    novel = [is_new(p, training) for p in parts]
    unique = first_seen(p if good else None for good, p in zip(valid, parts, strict=True))
    both = [a and b for a, b in zip(novel, unique, strict=True)]
    return {"valid": valid, "novel": novel, "unique": unique, "vnu": both}


def text_figures(answers: Sequence[Answer], training: Training) -> dict[str, Figure]:
    """Shares of all draws; intervals treat each draw's verdict as given."""
    parts, found = [parts_of(answer) for answer in answers], verdicts(answers, training)
    drawn = {linker for good, p in zip(found["valid"], parts, strict=True) if good and p for linker in p[1]}
    linkers = sorted(linker for linker in drawn if not training.has_linker(linker))
    bridging = {linker for linker in linkers if coordinating_groups(linker) >= LEAST_GROUPS}
    fresh = set(linkers) - bridging
    return {
        "valid": mean(found["valid"]),
        "valid, novel": mean(found["novel"]),
        "valid, unique": mean(found["unique"]),
        "valid, novel, unique (VNU)": mean(found["vnu"]),
        "VNU without a novel linker that cannot bridge": mean(
            [bool(good and p and fresh.isdisjoint(p[1])) for good, p in zip(found["vnu"], parts, strict=True)]
        ),
        f"novel linkers with {LEAST_GROUPS} or more coordinating groups": mean([s in bridging for s in linkers]),
        "distinct novel linkers": Figure(len(linkers), count=len(answers), percent=False),
    }


def baseline(model: Logos, held: HeldOut, *, seed: int) -> dict[str, Predict]:
    """Random weights under the same constraint; the nodes and net of a random training row, the linkers of another."""
    training: Training = held.training

    def untrained(batch: Sequence[Item]) -> list[Answer]:
        engine = model.engine
        weights = Transformer(engine.model.config, dtype=engine.dtype).initialise(torch.Generator().manual_seed(seed))
        noise = Logos(Engine(weights.to(engine.device), engine.codec), "untrained", model.folder)
        return predict(noise, held, batch, samples=1, seed=seed)

    def shuffled(batch: Sequence[Item]) -> list[Answer]:
        answers = []
        for item in batch:
            rng = random.Random(f"{seed}/{item.key}")
            number = rng.randrange(len(training.pairs))
            nodes, (_, linkers) = training.pairs[number][0], rng.choice(training.pairs)
            net = rng.choice(training.nets[number] or [None])
            answers.append({"nodes": list(nodes), "linkers": sorted(map(neutralised, linkers)), "net": net})
        return answers

    return {"untrained": untrained, "shuffled": shuffled}
