"""Protein editing: a protein in, ranked variants out; the model says over the whole chain where it would gain."""

from dataclasses import dataclass

import numpy as np

from scilogos.decode import Engine, Sampling, score_answers
from scilogos.decode.randomness import stream_keys
from scilogos.decode.substitution import draw_substitutions
from scilogos.errors import InputError, PromptError
from scilogos.grammar import Edit, Protein, parse, tags, write
from scilogos.grammar.constraints import Substitutions
from scilogos.grammar.objects import RESIDUES
from scilogos.tasks.ranking import Ranking, check_counts, rank
from scilogos.tokens import GrownCodec

SAMPLING = Sampling(temperature=0.5)  # at 1 the many places where little is gained outweigh the few where much is
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


def anything(parent: str) -> Substitutions:
    """Any substitutions anywhere: the rule of training, under which variants are compared."""
    return Substitutions(parent, len(parent))


def log_odds(engine: Engine, rule: Substitutions) -> np.ndarray:
    """The log-odds of each of the twenty residues against the parent's own, float [residues, 20].

    One pass over the parent as its own answer: a residue is judged after the parent's before it. -inf where it may not
    stand.
    """
    head, parent = engine.codec.encode(prompt(rule.parent)), engine.codec.encode(write(Protein(rule.parent)))
    (table,) = engine.log_probabilities([head + parent])
    residues, own = table[-len(parent) : -2].astype(float), parent[1:-1]  # without the tags and the end
    letters = engine.codec.encode(write(Protein(RESIDUES)))[1:-1]
    allowed = np.array([[letter in rule.letters(i) for letter in RESIDUES] for i in range(len(own))])
    odds = residues[:, letters] - residues[np.arange(len(own)), own][:, None]
    return np.where(allowed, odds, -np.inf)


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
    """Rank up to n variants with at most `most` substitutions, from `samples` draws (default 3 n).

    Positions and residues are drawn over the whole chain by `log_odds`, then the model scores the variants in full. The
    temperature acts on the odds; top_p, top_k and min_p truncate the residues at a position that was drawn.
    """
    check_counts(n, samples)
    tokens = tuple(engine.codec.encode(prompt(parent)))
    if isinstance(engine.codec, GrownCodec):
        raise PromptError("this model's tokens may hold several residues; editing needs a model of our own vocabulary")
    rule = constraint(parent, most=most, positions=positions)
    keys = stream_keys(seed, [tokens], range(samples or 3 * n))
    drawn = draw_substitutions(log_odds(engine, rule), rule.least, rule.most, sampling, keys)
    answers = []
    for columns in drawn:
        residues = (own if c < 0 else RESIDUES[c] for own, c in zip(parent, columns, strict=True))
        answers.append(tuple(engine.codec.encode(write(Protein("".join(residues))))))
    scored = score_answers(engine, tokens, answers, engine.guide(anything(parent)))
    return rank([scored], lambda text: read(parent, text), most=n)
