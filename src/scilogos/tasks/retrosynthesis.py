"""Retrosynthesis: a product in, ranked sets of reactants out."""

import random

from scilogos.decode import Engine, Prompt, Sampling
from scilogos.errors import InputError
from scilogos.grammar import Molecule, Retro, parse, tags, write
from scilogos.grammar.constraints import MOST_REACTANTS, Molecules, elements
from scilogos.science import canonical, order_reactants, roots
from scilogos.tasks.ranking import Ranking, rank
from scilogos.tokens import Guide

Reactants = tuple[str, ...]
SAMPLING = Sampling(temperature=1.0, top_p=0.95)
ROOTS = 4  # writings of the product that are asked
BUDGET_FACTOR, BUDGET_SLACK = 2, 60  # symbols of an answer, against the product's


def prompt(product: str) -> str:
    """Write the prompt of a product SMILES, as given."""
    return write(Molecule(product)) + tags.REVERSE_REACT


def constraint(product: str) -> Molecules:
    """A few molecules that supply every element of the product."""
    return Molecules(1, MOST_REACTANTS, elements(product))


def read(product: str, answer: str) -> Reactants:
    """Read an answer as canonical reactants in canonical order; InputError for one that RDKit refuses."""
    sentence = parse(prompt(product) + answer)
    assert isinstance(sentence, Retro)
    found = [part for molecule in sentence.reactants for part in canonical(molecule.smiles).split(".")]
    if sorted(found) == sorted(canonical(product).split(".")):
        raise InputError("the product itself is no answer")
    return tuple(order_reactants(found))


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
    return propose_all(
        engine, [product], n=n, samples=samples, num_roots=num_roots, sampling=sampling, seed=seed
    )[0]


def propose_all(
    engine: Engine,
    products: list[str],
    *,
    n: int = 10,
    samples: int = 16,
    num_roots: int = ROOTS,
    sampling: Sampling = SAMPLING,
    seed: int = 0,
) -> list[Ranking[Reactants]]:
    """Rank reactants for several products; the same as one by one, but faster."""
    prompts, spans = [], []
    for product in products:
        writings = roots(canonical(product), num_roots, random.Random(f"{seed}/{product}"))
        guide = Guide(constraint(writings[0]), engine.codec.vocabulary)
        start = len(prompts)
        for text in writings:
            tokens = tuple(engine.codec.encode(prompt(text)))
            prompts.append(Prompt(tokens, guide, BUDGET_FACTOR * len(tokens) + BUDGET_SLACK))
        spans.append((product, start, len(prompts)))
    groups = engine.complete(prompts, samples, sampling, seed=seed)
    return [
        rank(groups[start:end], lambda text, product=product: read(canonical(product), text), most=n)
        for product, start, end in spans
    ]
