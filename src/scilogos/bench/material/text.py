"""Stage 1: what of the draws is valid, novel and unique as text. Knows nothing of who drew them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

from scilogos.bench.figures import Figure, mean
from scilogos.bench.held_out import Answer
from scilogos.bench.material.fit import Library
from scilogos.bench.scores import first_seen
from scilogos.errors import ScilogosError
from scilogos.science import coordinating_groups, element_counts, neutralised, split_fragments
from scilogos.tasks.ranking import per_character

LEAST_GROUPS = 2  # coordinating groups of a linker that can join two nodes

TABLE = "material/mof_unified_node_linker_topology.csv.gz"
Parts = tuple[tuple[str, ...], tuple[str, ...]]  # node fragments, neutralised linkers; both sorted, each named once


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
            self._alike[_once(pair[0]), _once(formulas)].append(pair[1])
            for formula, linker in zip(formulas, pair[1], strict=True):
                self._linkers[formula].add(linker)
        self._neutral = cache(neutralised)

    def has(self, parts: Parts) -> bool:
        """Whether a training row has these nodes and linkers, net and protons aside."""
        known = self._alike.get((parts[0], _once(map(_formula, parts[1]))), ())
        return any(_once(map(self._neutral, linkers)) == parts[1] for linkers in known)

    def has_linker(self, linker: str) -> bool:
        """Whether a neutralised linker occurs in a training row."""
        return any(self._neutral(known) == linker for known in self._linkers.get(_formula(linker), ()))


def _once(names: Iterable) -> tuple:
    return tuple(sorted(set(names)))


@cache
def _fragments(linkers: str) -> tuple[str, ...]:
    return tuple(split_fragments(linkers))


@cache
def _formula(smiles: str) -> tuple[tuple[str, int], ...]:
    return tuple(element_counts(smiles).items())


def parts_of(answer: Answer) -> Parts | None:
    """The nodes and linkers of an answer, None of one that is no material."""
    return (_once(answer["nodes"]), _once(answer["linkers"])) if "nodes" in answer else None


def is_new(parts: Parts | None, training: Training) -> bool:
    """Whether parts are valid and novel."""
    return parts is not None and training.fragments.issuperset(parts[0]) and not training.has(parts)


def verdicts(answers: Sequence[Answer], training: Training) -> dict[str, list[bool]]:
    """Whether each draw is valid, novel, unique; all three (`vnu`); and whether its novel linkers can bridge besides.

    Source: MOFFlow-2 (arXiv 2510.25071), stage 1: valid if the frame is right, each node occurs in training and RDKit
    parses each linker; novel if not in training; unique the first time it is drawn. Novelty and uniqueness compare
    (nodes, neutralised linkers) without the net.
    """
    parts = [parts_of(answer) for answer in answers]
    valid = [p is not None and training.fragments.issuperset(p[0]) for p in parts]
    novel = [is_new(p, training) for p in parts]
    unique = first_seen(p if good else None for good, p in zip(valid, parts, strict=True))
    both = [a and b for a, b in zip(novel, unique, strict=True)]
    bridging = [bool(v and p and all(_joins(one, training) for one in p[1])) for v, p in zip(both, parts, strict=True)]
    return {"valid": valid, "novel": novel, "unique": unique, "vnu": both, "bridging": bridging}


@cache
def _groups(linker: str) -> int:
    """The coordinating groups of a linker; none of one that can be read, but not once its protons are moved."""
    try:
        return coordinating_groups(linker)
    except ScilogosError:
        return 0


def _joins(linker: str, training: Training) -> bool:
    return training.has_linker(linker) or _groups(linker) >= LEAST_GROUPS


def first_half(answers: Sequence[Answer]) -> list[Answer]:
    """Half of the distinct materials, as `logos materials` orders and shows them; none of those that no model wrote."""
    best: dict[Parts, Answer] = {}
    for answer in answers:
        if (parts := parts_of(answer)) and "score" in answer and _worth(answer) > _worth(best.get(parts)):
            best[parts] = answer
    return sorted(best.values(), key=_worth, reverse=True)[: (len(best) + 1) // 2]


def _worth(answer: Answer | None) -> float:
    return per_character(answer["score"], answer["text"]) if answer else float("-inf")


def text_figures(answers: Sequence[Answer], training: Training) -> dict[str, Figure]:
    """Shares of all draws, and of the first half; intervals treat each draw's verdict as given."""
    found, half = _shares(answers, training), first_half(answers)
    of_half = _shares(half, training) if half else {}
    return found | {f"{name}, first half": of_half[name] for name in of_half if "bridge" in name or "groups" in name}


def _shares(answers: Sequence[Answer], training: Training) -> dict[str, Figure]:
    parts, found = [parts_of(answer) for answer in answers], verdicts(answers, training)
    drawn = {linker for good, p in zip(found["valid"], parts, strict=True) if good and p for linker in p[1]}
    linkers = sorted(linker for linker in drawn if not training.has_linker(linker))
    joins = [_groups(linker) >= LEAST_GROUPS for linker in linkers]
    return {
        "valid": mean(found["valid"]),
        "valid, novel": mean(found["novel"]),
        "valid, unique": mean(found["unique"]),
        "valid, novel, unique (VNU)": mean(found["vnu"]),
        "VNU without a novel linker that cannot bridge": mean(found["bridging"]),
        f"novel linkers with {LEAST_GROUPS} or more coordinating groups": mean(joins),
        "distinct novel linkers": Figure(len(linkers), count=len(answers), percent=False),
    }
