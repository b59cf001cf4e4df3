"""Pocket-aware ligand design: marked chains in, ranked molecules out, perhaps grown from a fragment."""

import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import zip_longest

from scilogos.decode import Completion, Engine, Prompt, Sampling
from scilogos.errors import PromptError, ScilogosError
from scilogos.grammar import Complex, Molecule, Protein, parse, split, write
from scilogos.grammar.constraints import Bounds, Fragment, Grown, Molecules
from scilogos.science import canonical, fragment_writings
from scilogos.tasks.ranking import Ranking, check_counts, rank
from scilogos.tasks.substructure_rules import Rules, read_rules

SAMPLING = Sampling(temperature=1.0, top_p=0.95)
BUDGET = 160  # symbols of a ligand, beyond those of a fragment that is kept
WRITINGS = 4  # of a fragment that is kept
ROUNDS = 8  # of draws at most, where some are rejected


@dataclass(frozen=True)
class Designs(Ranking[str]):
    """Ranked ligands, and what became of the rules.

    `held` are those that no draw could break, `rejected` the draws that broke each of the others.
    """

    held: tuple[str, ...] = ()
    rejected: Mapping[str, int] = field(default_factory=dict)


def prompt(chains: Sequence[Protein]) -> str:
    """Write the prompt of chains with marked contacts; PromptError without a mark, ObjectError for mixed levels."""
    if not any(chain.sites for chain in chains):
        raise PromptError("no residue is marked; name the pocket with --site A:45,A:67 or --around LIG")
    return split(write(Complex(tuple(chains), Molecule("C"))))[0]


def constraint(bounds: Bounds = Bounds(), supply: Sequence[str] = ()) -> Molecules:
    """One molecule within bounds, with these elements."""
    return Molecules(1, 1, supply, bounds)


def read(chains: Sequence[Protein], answer: str) -> str:
    """Read an answer as a canonical SMILES; InputError for one that RDKit refuses."""
    sentence = parse(prompt(chains) + answer)
    assert isinstance(sentence, Complex)
    return canonical(sentence.ligand.smiles)


def design(
    engine: Engine,
    chains: Sequence[Protein],
    *,
    n: int = 10,
    samples: int | None = None,
    bounds: Bounds = Bounds(),
    keep: str | None = None,
    require: Sequence[str] = (),
    forbid: Sequence[str] = (),
    sampling: Sampling = SAMPLING,
    seed: int = 0,
) -> Designs:
    """Rank up to n ligands for the marked pocket, from `samples` draws (default 3 n).

    `keep` is a SMILES that every ligand grows from: at the atoms marked by `*`, or at any. SMARTS may be required and
    forbidden; where draws are rejected for them, more are made, up to ROUNDS times as many, unless `samples` is given.
    """
    check_counts(n, samples)
    require, forbid = ([some] if isinstance(some, str) else some for some in (require, forbid))
    rules = read_rules(require, forbid, engine.codec.vocabulary.whole)
    prompts = _prompts(engine, chains, rules.narrowed(bounds), rules.supply, keep, random.Random(f"{seed}/{keep}"))
    reader = cache(lambda text: read(chains, text))
    kept, rejected, drawn = list[Completion](), Counter({rule.name: 0 for rule in rules.left}), 0
    ranking: Ranking[str] = Ranking((), 0, 0)
    for number in range(ROUNDS if rules.left and not samples else 1):
        completions = _draw(engine, prompts, samples or 3 * n, sampling, seed + (number << 32))
        broken = [_broken(completion, reader, rules) for completion in completions]
        kept += [completion for completion, names in zip(completions, broken, strict=True) if not names]
        rejected.update(name for names in broken for name in names)
        drawn, ranking = drawn + len(completions), rank([kept], reader, most=n)
        if len(ranking) == n:
            break
    return Designs(ranking.answers, drawn, ranking.refused, rules.held, dict(rejected))


def _prompts(
    engine: Engine,
    chains: Sequence[Protein],
    bounds: Bounds,
    supply: Sequence[str],
    keep: str | None,
    rng: random.Random,
) -> list[Prompt]:
    """The prompt with the constraint of a free ligand, or with that of each writing of the fragment to keep."""
    tokens, anything = tuple(engine.codec.encode(prompt(chains))), engine.guide(constraint())
    if keep is None:
        return [Prompt(tokens, engine.guide(constraint(bounds, supply)), BUDGET, wider=anything)]
    writings = fragment_writings(keep, WRITINGS, rng)
    guides = [engine.guide(_grown(engine, writing, bounds, supply)) for writing in writings]
    wholes = [engine.codec.encode(write(Molecule(writing.smiles))) for writing in writings]
    alien = any(anything.follow(anything.start, whole) is None for whole in wholes)  # an isotope: no free ligand has it
    among = {"choices": True} if alien else {"wider": anything}
    return [
        Prompt(tokens, guide, BUDGET + len(writing.smiles), stream=i, **among)
        for i, (guide, writing) in enumerate(zip(guides, writings, strict=True))
    ]


def _grown(engine: Engine, fragment: Fragment, bounds: Bounds, supply: Sequence[str]) -> Grown:
    """One molecule that grows from a fragment by an atom at least; PromptError where the model cannot write it."""
    atoms, most = fragment.heavy_atoms, bounds.most_atoms
    if most is not None and most <= atoms:
        raise PromptError(f"fragment {fragment.smiles}: it has {atoms} heavy atoms, and {most} are allowed in all")
    try:
        engine.codec.encode(write(Molecule(fragment.smiles)))
    except ScilogosError as error:
        raise PromptError(f"fragment {fragment.smiles}: this model cannot write it: {error}") from None
    bounds = replace(bounds, least_atoms=max(bounds.least_atoms, atoms + 1))
    return Grown(fragment, engine.codec.vocabulary.whole, bounds, tuple(supply))


def _draw(engine: Engine, prompts: Sequence[Prompt], count: int, sampling: Sampling, stream: int) -> list[Completion]:
    """One round of draws, shared among the prompts."""
    groups = engine.complete(prompts, math.ceil(count / len(prompts)), sampling, seed=stream)
    return [completion for together in zip_longest(*groups) for completion in together if completion][:count]


def _broken(completion: Completion, reader: Callable[[str], str], rules: Rules) -> tuple[str, ...]:
    """The rules that a draw breaks; none where RDKit refuses it, which `rank` counts."""
    try:
        return rules.broken(reader(completion.text))
    except ScilogosError:
        return ()
