"""Protein editing: a protein in, ranked variants out."""

from dataclasses import dataclass

from scilogos.decode import Engine, Prompt, Sampling
from scilogos.errors import InputError
from scilogos.grammar import Edit, Protein, parse, tags, write
from scilogos.grammar.constraints import Substitutions
from scilogos.tasks.ranking import Ranking, rank

SAMPLING = Sampling(temperature=1.0)
MOST = 5  # substitutions


@dataclass(frozen=True)
class Variant:
    """A variant and its substitutions, written as A42V with positions from 1."""

    residues: str
    substitutions: tuple[str, ...]


def prompt(parent: str) -> str:
    """Write the prompt of a parent's residues."""
    return write(Protein(parent)) + tags.EDIT


def constraint(
    parent: str, *, most: int = MOST, least: int = 1, positions: frozenset[int] | None = None
) -> Substitutions:
    """Substitutions only, so many, at 0-based positions (None: anywhere)."""
    return Substitutions(parent, most, least, positions)


def read(parent: str, answer: str) -> Variant:
    """Read an answer as a variant; InputError for the parent itself."""
    sentence = parse(prompt(parent) + answer)
    assert isinstance(sentence, Edit)
    variant = sentence.variant.residues
    changes = tuple(f"{a}{i}{b}" for i, (a, b) in enumerate(zip(parent, variant, strict=True), 1) if a != b)
    if not changes:
        raise InputError("the parent itself is no variant")
    return Variant(variant, changes)


def edit(
    engine: Engine,
    parent: str,
    *,
    n: int = 10,
    most: int = MOST,
    positions: frozenset[int] | None = None,
    samples: int | None = None,
    sampling: Sampling = SAMPLING,
    seed: int = 0,
) -> Ranking[Variant]:
    """Rank up to n variants with at most `most` substitutions, from `samples` draws (default 3 n)."""
    tokens = tuple(engine.codec.encode(prompt(parent)))
    guide = engine.guide(constraint(parent, most=most, positions=positions))
    request = Prompt(tokens, guide, len(parent) + 2)
    groups = engine.complete([request], samples or 3 * n, sampling, seed=seed)
    return rank(groups, lambda text: read(parent, text), most=n)
