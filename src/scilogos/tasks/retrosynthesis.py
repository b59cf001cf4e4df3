"""Retrosynthesis: a product in, ranked sets of reactants out."""

import random
from collections.abc import Sequence
from functools import partial

from scilogos.decode import Engine, Prompt, Sampling
from scilogos.errors import InputError, PromptError
from scilogos.grammar import Molecule, Retro, parse, tags, write
from scilogos.grammar.constraints import MOST_REACTANTS, Molecules, elements
from scilogos.science import canonical, order_reactants, roots
from scilogos.tasks.ranking import Ranking, rank

Reactants = tuple[str, ...]
SAMPLING = Sampling(temperature=1.0, top_p=0.95)
ROOTS = 4  # writings of the product that are asked
BUDGET_FACTOR, BUDGET_SLACK = 2, 60  # symbols of an answer, against the product's


def prompt(product: str) -> str:
    """Write the prompt of a product SMILES, as given."""
    return write(Molecule(product)) + tags.REVERSE_REACT


def constraint(engine: Engine, product: str) -> Molecules:
    """A few molecules that supply every heavy atom of the product."""
    return Molecules(1, MOST_REACTANTS, elements(product, engine.codec.vocabulary.whole))


def read(product: str, answer: str) -> Reactants:
    """Read an answer as canonical reactants in canonical order; InputError for one that RDKit refuses."""
    sentence = parse(prompt(product) + answer)
    assert isinstance(sentence, Retro)
    found = order_reactants(part for molecule in sentence.reactants for part in canonical(molecule.smiles).split("."))
    if found == order_reactants(canonical(product).split(".")):
        raise InputError("the product itself is no answer")
    return tuple(found)


def propose(
    engine: Engine,
    product: str,
    *,
    n: int = 10,
    samples: int = 16,
    num_roots: int = ROOTS,
    sampling: Sampling = SAMPLING,
    seed: int = 0,
) -> Ranking[Reactants]:
    """Rank up to n sets of reactants: `samples` draws from each of `num_roots` writings of the product."""
    return propose_all(engine, [product], n=n, samples=samples, num_roots=num_roots, sampling=sampling, seed=seed)[0]


def propose_all(
    engine: Engine,
    products: Sequence[str],
    *,
    n: int = 10,
    samples: int = 16,
    num_roots: int = ROOTS,
    sampling: Sampling = SAMPLING,
    seed: int = 0,
) -> list[Ranking[Reactants]]:
    """Rank reactants for several products; the same as one by one, but faster."""
    if num_roots < 1:
        raise PromptError(f"{num_roots} writings of the product: expected at least 1")
    products = [canonical(product) for product in products]
    written = [roots(product, num_roots, random.Random(f"{seed}/{product}")) for product in products]
    prompts = []
    for product, texts in zip(products, written, strict=True):
        guide = engine.guide(constraint(engine, product))
        for text in texts:
            tokens = tuple(engine.codec.encode(prompt(text)))
            prompts.append(Prompt(tokens, guide, BUDGET_FACTOR * len(tokens) + BUDGET_SLACK))
    found = iter(engine.complete(prompts, samples, sampling, seed=seed))
    return [
        rank([next(found) for _ in texts], partial(read, product), most=n)
        for product, texts in zip(products, written, strict=True)
    ]
