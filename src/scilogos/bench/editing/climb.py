"""Climbing by edits: a model proposes variants of the best so far and judges itself which of them gain.

Trained on pairs (lower, higher), a model that finds b from a more likely than a from b says that b is the higher one.
Gains add up along the way from the start set.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scilogos.bench.editing.landscapes import Labelled
from scilogos.bench.editing.search import Value
from scilogos.data.order import mix
from scilogos.decode import Engine, legal_scores
from scilogos.errors import InputError
from scilogos.grammar import Protein, write
from scilogos.tasks import protein_editing


@dataclass(frozen=True, kw_only=True)
class Climb:
    """How far to look: rounds, parents a round, variants of a parent, substitutions of a variant."""

    rounds: int = 6
    parents: int = 16
    children: int = 8
    most: int = 3

    def __post_init__(self) -> None:
        for name in ("rounds", "parents", "children", "most"):
            if getattr(self, name) < 1:
                raise InputError(f"{name}: found {getattr(self, name)}; expected 1 or more")


@dataclass(frozen=True, kw_only=True)
class Climbed:
    """Variants, best first; the values by which they could be ordered, by name; counts of what it took.

    `gain` is what they are ordered by, `likelihood` that given the parent, `votes` how often each was drawn from there.
    None with an oracle in the loop.
    """

    sequences: list[str]
    orders: dict[str, list[float]]
    counts: dict[str, int]


def climbed(
    engine: Engine, start: Labelled, how: Climb, number: int, seed: int, oracle: Value | None = None
) -> Climbed:
    """Give so many distinct variants that are not in the start set, best first, and what it took.

    A variant is worth its parent's worth and the gain; the first parents, the fittest of the start set, are worth 0.
    With an oracle in the loop, a variant is worth what that says.
    """
    first = start.best(how.parents)
    worth = dict(zip(first, np.zeros(len(first)) if oracle is None else oracle(first), strict=True))
    likelihood, votes = dict.fromkeys(first, 0.0), dict.fromkeys(first, 0)
    expanded, drawn = set[str](), 0
    for round_ in range(how.rounds):
        front = [sequence for sequence in _ranked(worth) if sequence not in expanded][: how.parents]
        expanded.update(front)
        found: dict[str, str] = {}  # variant -> parent
        for i, parent in enumerate(front):
            stream = mix(seed, round_ * how.parents + i)
            ranking = protein_editing.edit(engine, parent, n=how.children, most=how.most, seed=stream)
            drawn += ranking.drawn
            for answer in ranking:
                variant = answer.thing.residues
                if variant not in worth and found.setdefault(variant, parent) == parent:
                    votes[variant] = answer.votes
        if found and oracle is not None:
            worth.update(zip(found, oracle(list(found)), strict=True))
        elif found:
            likely, gained = weighed(engine, [(parent, child) for child, parent in found.items()])
            likelihood.update(zip(found, likely, strict=True))
            worth.update({c: worth[p] + gain for (c, p), gain in zip(found.items(), gained, strict=True)})
    known = frozenset(start.sequences)
    ranked = [sequence for sequence in _ranked(worth) if sequence not in known][:number]
    own = {} if oracle else {"gain": worth, "likelihood": likelihood, "votes": votes}
    return Climbed(
        sequences=ranked,
        orders={name: [round(float(values[sequence]), 4) for sequence in ranked] for name, values in own.items()},
        counts={"drawn": drawn, "looked at": len(worth), "oracle calls": len(worth) if oracle else 0},
    )


def _ranked(worth: dict[str, float]) -> list[str]:
    return sorted(worth, key=lambda sequence: -worth[sequence])


def weighed(engine: Engine, pairs: Sequence[tuple[str, str]]) -> tuple[np.ndarray, np.ndarray]:
    """log p of each variant given its parent; and that less log p of the parent given the variant, float [pairs]."""
    both = log_likelihoods(engine, [*pairs, *((b, a) for a, b in pairs)])
    forward, back = both[: len(pairs)], both[len(pairs) :]
    return forward, forward - back


def log_likelihoods(engine: Engine, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
    """The log-likelihood of each variant given its parent, at temperature 1, among residues, float [pairs]."""
    asked = [
        (engine.codec.encode(protein_editing.prompt(parent)), engine.codec.encode(write(Protein(variant))))
        for parent, variant in pairs
    ]
    rules = {parent: engine.guide(protein_editing.anything(parent)) for parent, _ in pairs}
    return np.array(legal_scores(engine, asked, [rules[parent] for parent, _ in pairs]))
