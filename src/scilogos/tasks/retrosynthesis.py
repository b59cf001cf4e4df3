"""Retrosynthesis: a product in, ranked sets of reactants out."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from scilogos.decode import Engine, Prompt, Sampling, legal_scores
from scilogos.errors import InputError, PromptError
from scilogos.grammar import Molecule, Reaction, Retro, parse, split, tags, write
from scilogos.grammar.constraints import MOST_MOLECULES, MOST_REACTANTS, Molecules, elements
from scilogos.science import canonical, forward_writings, is_valid, mapped, order_reactants, roots
from scilogos.tasks.ranking import Ranking, check_counts, rank

Reactants = tuple[str, ...]
SAMPLING, GREEDY = Sampling(temperature=1.0, top_p=0.95), Sampling(temperature=0)
ROOTS, SAMPLES = 10, 8  # writings of the product that are asked, and draws from each
FORWARD = 0.0  # weight of the model's own log p(product | reactants) in the order of answers
CHECKED = 20  # answers of a product that are read forwards
BUDGET_FACTOR, BUDGET_SLACK = 2, 60  # symbols of an answer, against the product's


def prompt(product: str) -> str:
    """Write the prompt of a product SMILES, as given."""
    return write(Molecule(product)) + tags.REVERSE_REACT


def constraint(engine: Engine, product: str) -> Molecules:
    """A few molecules that supply every heavy atom of the product, but for elements that no symbol attaches."""
    return Molecules(1, MOST_REACTANTS, elements(product, engine.codec.vocabulary.whole))


def read(product: str, answer: str) -> Reactants:
    """Read an answer as canonical reactants in canonical order.

    InputError for one that RDKit refuses, and for one that holds the product.
    """
    sentence = parse(prompt(product) + answer)
    assert isinstance(sentence, Retro)
    found = order_reactants(part for molecule in sentence.reactants for part in canonical(molecule.smiles).split("."))
    if not Counter(canonical(product).split(".")) - Counter(found):
        raise InputError("the product itself is no reactant")
    return tuple(found)


def propose(
    engine: Engine,
    product: str,
    *,
    n: int = 10,
    samples: int = SAMPLES,
    num_roots: int = ROOTS,
    forward: float = FORWARD,
    verified: bool = False,
    sampling: Sampling = SAMPLING,
    seed: int = 0,
) -> Ranking[Reactants]:
    """Rank up to n sets of reactants: `samples` draws from each of `num_roots` writings of the product.

    Ordered by `legal_score`. With `forward` above 0 the first answers are ordered by that and so many times
    `forward_scores`; `verified` leaves those of the best answers from which the model, read forwards, makes
    the product.
    """
    options = {"samples": samples, "num_roots": num_roots, "forward": forward, "verified": verified}
    return propose_all(engine, [product], n=n, sampling=sampling, seed=seed, **options)[0]


def propose_all(
    engine: Engine,
    products: Sequence[str],
    *,
    n: int = 10,
    samples: int = SAMPLES,
    num_roots: int = ROOTS,
    forward: float = FORWARD,
    verified: bool = False,
    sampling: Sampling = SAMPLING,
    seed: int = 0,
) -> list[Ranking[Reactants]]:
    """Rank reactants for several products; the same as one by one, but faster."""
    check_counts(n, samples)
    if num_roots < 1:
        raise PromptError(f"{num_roots} writings of the product: expected at least 1")
    targets = [canonical(product) for product in products]
    written = [roots(product, num_roots, random.Random(f"{seed}/{product}")) for product in targets]
    prompts = []
    for product, texts in zip(targets, written, strict=True):
        guide = engine.guide(constraint(engine, product))
        for text in texts:
            tokens = tuple(engine.codec.encode(prompt(text)))
            prompts.append(Prompt(tokens, guide, BUDGET_FACTOR * len(tokens) + BUDGET_SLACK, choices=True))
    found = iter(engine.complete(prompts, samples, sampling, seed=seed))
    rankings = [
        rank([next(found) for _ in texts], partial(read, product))
        for product, texts in zip(targets, written, strict=True)
    ]
    if forward:
        rankings = [_checked(engine, *each, forward) for each in zip(targets, rankings, strict=True)]
    if verified:
        rankings = _verified(engine, targets, rankings)
    return [ranking.best(n) for ranking in rankings]


def forward_scores(engine: Engine, product: str, answers: Sequence[Reactants]) -> list[float]:
    """The model's log-likelihood of the product given each set of reactants, among molecules.

    The reactants are canonical; the product is written in their order, as the model has learnt to write it.
    """
    targets = (_in_step(answer, product) for answer in answers)
    sentences = [
        split(write(Reaction(tuple(map(Molecule, answer)), (target,))))
        for answer, target in zip(answers, targets, strict=True)
    ]
    pairs = [(engine.codec.encode(asked), engine.codec.encode(told)) for asked, told in sentences]
    return legal_scores(engine, pairs, [engine.guide(Molecules(1, MOST_MOLECULES))] * len(pairs))


def _in_step(answer: Reactants, product: str) -> Molecule:
    writings = forward_writings(mapped(".".join(answer), product), random.Random(0), 1)
    return Molecule(writings[0][0] if writings and set(writings[0][1]) == set(answer) else product)


def products(engine: Engine, answers: Sequence[Reactants]) -> list[str | None]:
    """The likeliest product of each set of reactants, symbol by symbol, canonical; None where RDKit refuses it."""
    asked = list(dict.fromkeys(answers))
    texts = [split(write(Reaction(tuple(map(Molecule, answer)), (Molecule("C"),))))[0] for answer in asked]
    guide = engine.guide(Molecules(1, 1))
    prompts = [Prompt(tokens := tuple(engine.codec.encode(text)), guide, len(tokens) + BUDGET_SLACK) for text in texts]
    found = {}
    for answer, text, (completion,) in zip(asked, texts, engine.complete(prompts, 1, GREEDY), strict=True):
        sentence = parse(text + completion.text)
        assert isinstance(sentence, Reaction)
        found[answer] = canonical(sentence.products[0].smiles) if is_valid(sentence.products[0].smiles) else None
    return [found[answer] for answer in answers]


def _verified(
    engine: Engine, targets: Sequence[str], rankings: Sequence[Ranking[Reactants]]
) -> list[Ranking[Reactants]]:
    """Of the best answers, those that give their product back; all products are asked together."""
    best = [ranking.best(CHECKED) for ranking in rankings]
    made = iter(products(engine, [answer.thing for ranking in best for answer in ranking]))
    return [
        replace(ranking, answers=tuple(answer for answer in ranking if next(made) == target))
        for target, ranking in zip(targets, best, strict=True)
    ]


def _checked(engine: Engine, product: str, ranking: Ranking[Reactants], weight: float) -> Ranking[Reactants]:
    some, rest = ranking.best(CHECKED), ranking.answers[CHECKED:]
    scores = forward_scores(engine, product, [answer.thing for answer in some])
    total = {answer.thing: answer.legal_score + weight * score for answer, score in zip(some, scores, strict=True)}
    return replace(ranking, answers=(*some.by(total.__getitem__), *rest))
