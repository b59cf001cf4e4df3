"""Material generation: nothing, or given node fragments and linkers, in; ranked metal-organic frameworks out."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import cache

from scilogos.decode import Completion, Engine, Prompt, Sampling
from scilogos.errors import InputError, PromptError, ScilogosError
from scilogos.grammar import Material, parse, tags
from scilogos.grammar.constraints import Materials
from scilogos.grammar.writer import wrap
from scilogos.science import coordinating_groups, material
from scilogos.tasks.ranking import Ranking, by_character, check_counts, rank

SAMPLING = Sampling(temperature=1.0)
BUDGET = 400  # symbols of a material
ROUNDS = 3  # of draws at most, each doubling their number


def prompt(nodes: Sequence[str] = ()) -> str:
    """Write the beginning that the answer goes on from: empty, or the given node fragments in the language's order."""
    ordered = material(".".join(nodes), "C").nodes if nodes else ()
    return tags.MATERIAL_S + "".join(wrap("metal", node) for node in ordered) if nodes else ""


def constraint(engine: Engine, known_nodes: frozenset[str] | None = None, linkers: Sequence[str] = ()) -> Materials:
    """The frame of a material; nodes by syntax alone, or only known ones; the given linkers first, then free ones.

    PromptError for a linker that the model's vocabulary cannot write.
    """
    ordered = [linker.smiles for linker in material("[Zn]", ".".join(linkers)).linkers] if linkers else []
    for linker in ordered:
        engine.codec.encode(wrap("molecule", linker))
    return Materials(engine.codec.vocabulary.whole, known_nodes, linkers=tuple(ordered))


def read(nodes: Sequence[str], answer: str) -> Material:
    """Read an answer as a canonical material; InputError for linkers that RDKit refuses."""
    thing = parse(prompt(nodes) + answer)
    assert isinstance(thing, Material)
    return material(".".join(thing.nodes), ".".join(linker.smiles for linker in thing.linkers), thing.net)


def read_bridging(nodes: Sequence[str], answer: str, groups: int, given: Collection[str] = ()) -> Material:
    """Read an answer; InputError too if a linker, given ones aside, has fewer groups that can bind a metal."""
    thing = read(nodes, answer)
    for linker in thing.linkers if groups else ():
        if linker.smiles not in given and coordinating_groups(linker.smiles) < groups:
            raise InputError(f"linker {linker.smiles!r}: expected {groups} coordinating groups or more")
    return thing


def generate(
    engine: Engine,
    *,
    n: int = 10,
    nodes: Sequence[str] = (),
    linkers: Sequence[str] = (),
    known_nodes: Collection[str] | None = None,
    groups: int = 0,
    samples: int | None = None,
    sampling: Sampling = SAMPLING,
    seed: int = 0,
) -> Ranking[Material]:
    """Rank up to n materials that have the given nodes and linkers, and perhaps more, by likelihood per character.

    From `samples` draws; by default from as many as it takes to find n different ones, 2 n at least, 8 n at most. With
    `groups`, draws in which a linker, given ones aside, has fewer coordinating groups count as refused.
    """
    check_counts(n, samples)
    if groups < 0:
        raise PromptError(f"groups: found {groups}; expected 0 or more")
    tokens = tuple(engine.codec.encode(prompt(nodes)))
    rules = constraint(engine, None if known_nodes is None else frozenset(known_nodes), linkers)
    guide = engine.guide(rules)
    start = guide.follow(guide.start, tokens)
    if start is None:
        rule = "each must be among the known nodes" if known_nodes else "expected bracket atoms of this model, as [Zn]"
        raise PromptError(f"nodes {', '.join(nodes)}: {rule}, {rules.most_nodes} fragments at most")
    begun = Prompt(tokens, guide, BUDGET, start, choices=True)
    reader = cache(lambda text: read_bridging(nodes, text, groups, rules.linkers))
    if samples:
        drawn = engine.complete([begun], samples, sampling, seed=seed)[0]
    else:
        drawn = _enough(lambda total: engine.complete([begun], total, sampling, seed=seed)[0], reader, n)
    return rank([drawn], reader, most=n, worth=by_character)


def _enough(draw: Callable[[int], list[Completion]], read: Callable[[str], Material], n: int) -> list[Completion]:
    """The shortest beginning of the draws that tells n different materials, from 2 n of them to as many as allowed.

    So the draws for n are the first of the draws for any larger n.
    """
    drawn: list[Completion] = []
    for rounds in range(1, ROUNDS + 1):
        drawn, told = draw(n << rounds), set[Material]()
        for number, completion in enumerate(drawn, 1):
            with suppress(ScilogosError):
                told.add(read(completion.text))
            if len(told) >= n and number >= 2 * n:
                return drawn[:number]
    return drawn
