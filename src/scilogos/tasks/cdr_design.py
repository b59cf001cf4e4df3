"""Antibody CDR design: variable domains (and their antigen) in, ranked domains with new loops out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from scilogos.decode import Completion, Engine, Prompt, Sampling
from scilogos.errors import InputError
from scilogos.grammar import Antibody, Design, Protein, Symbol, parse, split, tags, write
from scilogos.grammar.constraints import FilledLoops
from scilogos.science import variable_domain
from scilogos.tasks.ranking import Ranking, rank
from scilogos.tokens import Codec, GrownCodec

SAMPLING = Sampling(temperature=1.0)
Order = Literal["likelihood", "agreement"]
LENGTH_SLACK = 3  # residues a designed loop may differ from the given one


@dataclass(frozen=True)
class Designed:
    """The domains of one answer and the residues of its new loops, by name."""

    domains: tuple[str, ...]
    loops: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Opening:
    """Domains with loops opened: the antibodies, and name and given residues of each opened loop in order."""

    antibodies: tuple[Antibody, ...]
    loops: tuple[tuple[str, str], ...]


def opening(sequences: Sequence[str], loops: Sequence[str], *, scheme: str = "imgt") -> Opening:
    """Open the named loops (H1 ... L3) of variable domains; InputError for a loop that no domain has."""
    left, antibodies, found, there = {name.upper() for name in loops}, [], [], set()
    for sequence in sequences:
        domain = variable_domain(sequence, scheme=scheme)
        mine = sorted((span, name) for name, span in domain.loops.items() if name in left)
        left -= {name for _, name in mine}
        there |= set(domain.loops)
        antibodies.append(Antibody(domain.residues, tuple(span for span, _ in mine)))
        found += [(name, domain.residues[s:e]) for (s, e), name in mine]
    if left or not found:
        named = ", ".join(sorted(left)) or "(none named)"
        raise InputError(f"loops {named}: the given domains have {', '.join(sorted(there))}")
    return Opening(tuple(antibodies), tuple(found))


def prompt(given: Opening, antigens: Sequence[Protein] = ()) -> str:
    """Write the prompt of opened domains, antigens first; ObjectError for an expanded antigen."""
    gapped = tuple(antibody.opened() for antibody in given.antibodies)
    return split(write(Design(tuple(antigens), gapped, given.antibodies)))[0]


def constraint(given: Opening, lengths: tuple[int, int] | None = None) -> FilledLoops:
    """The framework fixed, loops of `lengths` residues, or about as long as the given ones."""
    bounds = tuple(
        lengths or (max(1, len(residues) - LENGTH_SLACK), len(residues) + LENGTH_SLACK) for _, residues in given.loops
    )
    return FilledLoops(tuple(antibody.opened() for antibody in given.antibodies), bounds)


def read(given: Opening, answer: str, antigens: Sequence[Protein] = ()) -> Designed:
    """Read an answer as domains with named new loops."""
    sentence = parse(prompt(given, antigens) + answer)
    assert isinstance(sentence, Design)
    texts = [antibody.residues[s:e] for antibody in sentence.filled for s, e in antibody.loops]
    named = tuple((name, text) for (name, _), text in zip(given.loops, texts, strict=True))
    return Designed(tuple(antibody.residues for antibody in sentence.filled), named)


def likeness(one: Designed, other: Designed) -> float:
    """The share of residues of the loops that agree, place by place; nought for another length."""
    pairs = [(a, b) for (_, a), (_, b) in zip(one.loops, other.loops, strict=True)]
    same = sum(x == y for a, b in pairs if len(a) == len(b) for x, y in zip(a, b, strict=True))
    return same / max(1, sum(len(a) for a, _ in pairs))


def log_weight(codec: Codec, completion: Completion) -> float:
    """How much likelier the loops are than they were drawn: log p, ends included, less log p under the rule of lengths.

    A loop that is cut off where the model would go on was drawn far too easily. Source: importance sampling. The
    completion has scores among the legal symbols.
    """
    inside, total = False, 0.0
    begin, end = (codec.vocabulary.ids[Symbol("tag", tag)] for tag in (tags.CDR_S, tags.CDR_E))
    scores = zip(completion.tokens, completion.symbol_scores, completion.choice_scores, strict=False)
    for token, score, choice in scores:
        total += (score - choice) * inside
        inside = token == begin or (inside and token != end)
    return total


def design(
    engine: Engine,
    sequences: Sequence[str],
    loops: Sequence[str],
    *,
    antigens: Sequence[Protein] = (),
    n: int = 10,
    lengths: tuple[int, int] | None = None,
    scheme: str = "imgt",
    samples: int | None = None,
    order: Order = "likelihood",
    sampling: Sampling = SAMPLING,
    seed: int = 0,
) -> Ranking[Designed]:
    """Rank up to n designs of the named loops, from `samples` draws (default 3 n).

    Ordered by likelihood, or by `likeness` to all that was drawn: the loop of which most residues may be expected.
    There a draw is weighed by `log_weight`, for the model does not know how long a loop has to be while it writes.
    """
    given = opening(sequences, loops, scheme=scheme)
    rule = constraint(given, lengths)
    tokens = tuple(engine.codec.encode(prompt(given, antigens)))
    longest = sum(len(a.opened().residues) + 2 + 2 * len(a.loops) for a in given.antibodies)
    scratch = not isinstance(engine.codec, GrownCodec)  # a symbol a residue
    budget = longest + sum(high for _, high in rule.bounds)
    request = Prompt(tokens, engine.guide(rule), budget, choices=scratch)
    groups = engine.complete([request], samples or 3 * n, sampling, seed=seed)
    weigh = {"log_weight": partial(log_weight, engine.codec)} if scratch else {}
    ranking = rank(groups, lambda text: read(given, text, antigens), **weigh)
    return (ranking if order == "likelihood" else ranking.by_agreement(likeness)).best(n)
