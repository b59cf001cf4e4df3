"""Antibody CDR design: variable domains (and their antigen) in, ranked domains with new loops out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Literal, get_args

from scilogos.decode import Completion, Engine, Prompt, Sampling
from scilogos.errors import InputError, PromptError
from scilogos.grammar import Antibody, Design, Protein, Symbol, parse, split, tags, write
from scilogos.grammar.constraints import FilledLoops
from scilogos.grammar.writer import write_all
from scilogos.science import variable_domain
from scilogos.tasks.agreement import Agreement, Loops
from scilogos.tasks.ranking import Answer, Ranking, check_counts, rank

SAMPLING = Sampling(temperature=1.0)
Order = Literal["likelihood", "agreement"]
SAMPLES = 1000  # draws that have to agree
LENGTH_SLACK = 3  # residues a designed loop may differ from the given one


@dataclass(frozen=True)
class Designed:
    """The domains of one answer and the residues of its new loops, by name."""

    domains: tuple[str, ...]
    loops: tuple[tuple[str, str], ...]

    @property
    def residues(self) -> Loops:
        """Those of each loop."""
        return tuple(text for _, text in self.loops)


@dataclass(frozen=True)
class Opening:
    """Domains with loops opened: the antibodies, and name and given residues of each opened loop in order."""

    antibodies: tuple[Antibody, ...]
    loops: tuple[tuple[str, str], ...]


def opening(sequences: Sequence[str], loops: Sequence[str], *, scheme: str = "imgt") -> Opening:
    """Open the named loops (H1 ... L3) of variable domains; InputError for a loop that none or two have."""
    wanted, antibodies, found, there = {name.upper() for name in loops}, [], [], set()
    left = set(wanted)
    for sequence in sequences:
        domain = variable_domain(sequence, scheme=scheme)
        if twice := sorted(wanted & there & set(domain.loops)):
            raise InputError(f"loops {', '.join(twice)}: two of the given domains have them; give one antibody alone")
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
    """Loops of `lengths` residues, or about as long as the given ones, with the framework between them alone."""
    bounds = tuple(
        lengths or (max(1, len(residues) - LENGTH_SLACK), len(residues) + LENGTH_SLACK) for _, residues in given.loops
    )
    return FilledLoops(tuple(antibody.opened() for antibody in given.antibodies), bounds, inner=True)


def read(given: Opening, answer: str, antigens: Sequence[Protein] = ()) -> Designed:
    """Read an answer as domains with named new loops."""
    sentence = parse(prompt(given, antigens) + answer)
    assert isinstance(sentence, Design)
    texts = [antibody.residues[s:e] for antibody in sentence.filled for s, e in antibody.loops]
    named = tuple((name, text) for (name, _), text in zip(given.loops, texts, strict=True))
    return Designed(tuple(antibody.residues for antibody in sentence.filled), named)


def filled(given: Opening, loops: Sequence[str]) -> str:
    """Write the answer that has these residues in its loops."""
    pieces = write_all([antibody.opened() for antibody in given.antibodies]).split(tags.GAP)
    return "".join(chain.from_iterable(zip(pieces, (*loops, ""), strict=True)))


def log_weight(completion: Completion) -> float:
    """How much likelier the loops are than they were drawn: log p, ends included, less log p under the rule of lengths.

    A loop that is cut off where the model would go on was drawn far too easily. Source: importance sampling. The
    completion has scores under both rules; without them each draw counts alike.
    """
    return sum(completion.wider_scores) - sum(completion.choice_scores)


def draw(
    engine: Engine,
    given: Opening,
    *,
    antigens: Sequence[Protein] = (),
    lengths: tuple[int, int] | None = None,
    samples: int = SAMPLES,
    sampling: Sampling = SAMPLING,
    seed: int = 0,
) -> Ranking[Designed]:
    """Draw loops, without the framework around them; ranked by `legal_score`, the likelihood of loops of any length.

    Scores are of what was drawn. A draw counts by `log_weight`, for the model does not know how long a loop has to be
    while it writes. Draws of another sampling than SAMPLING count alike, and so do those of a grown vocabulary.
    """
    rule = constraint(given, lengths)
    tokens = tuple(engine.codec.encode(prompt(given, antigens) + rule.before))
    budget = 1 + sum(1 if isinstance(part, Symbol) else part[1] for part in rule.template)  # one to spare: no haste
    request = Prompt(tokens, engine.guide(rule), budget, choices=True, wider=engine.guide(rule.of_any_length))
    (drawn,) = engine.complete([request], samples, sampling, seed=seed)
    whole = [
        replace(completion, text=rule.before + completion.text + rule.behind, score=sum(completion.symbol_scores[:-1]))
        for completion in drawn
    ]
    weighed = {"log_weight": log_weight} if sampling == SAMPLING else {}
    return rank([whole], partial(read, given, antigens=antigens), **weighed)


def agreed(given: Opening, ranking: Ranking[Designed]) -> Ranking[Designed]:
    """Order by how many residues may be expected to be right, all draws weighed.

    The first is put together residue by residue, whether drawn or not; undrawn it has no votes and no scores.
    """
    if not ranking:
        return ranking
    agreement = Agreement((answer.thing.residues, answer.weight) for answer in ranking)
    text = filled(given, agreement.best())
    known = {answer.thing: answer for answer in ranking}
    best = known.get(thing := read(given, text)) or Answer(thing, -math.inf, 0, (text,), -math.inf)
    rest = [answer for answer in ranking if answer.thing != thing]
    rest.sort(key=lambda answer: -agreement.expected(answer.thing.residues))
    return replace(ranking, answers=(best, *rest))


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
    order: Order = "agreement",
    sampling: Sampling = SAMPLING,
    seed: int = 0,
) -> Ranking[Designed]:
    """Rank up to n designs of the named loops, from `samples` draws (default: SAMPLES, by likelihood 3 n).

    Ordered by agreement of the weighed draws (`agreed`) or by `legal_score`; `score` is that of whole answers.
    """
    check_counts(n, samples)
    if order not in get_args(Order):
        raise PromptError(f"order {order!r}: expected {' or '.join(get_args(Order))}")
    given = opening(sequences, loops, scheme=scheme)
    lengths = None if lengths is None else (lengths[0], lengths[1])
    draws = samples or (SAMPLES if order == "agreement" else 3 * n)
    head = prompt(given, antigens)
    rule = constraint(given, lengths)
    _check_room(engine, head, rule)
    options = {"antigens": antigens, "lengths": lengths, "sampling": sampling, "seed": seed}
    ranking = draw(engine, given, samples=draws, **options)
    best = (agreed(given, ranking) if order == "agreement" else ranking).best(n)
    return _scored(engine, head, rule.of_any_length, best)


def _check_room(engine: Engine, head: str, rule: FilledLoops) -> None:
    """Raise PromptError if the model cannot read the prompt with its longest whole answer: it will be scored."""
    guide = engine.guide(replace(rule, bounds=tuple((high, high) for _, high in rule.bounds), inner=False))
    engine.fitted(Prompt(tuple(engine.codec.encode(head)), guide, guide.distance(guide.start)))


def _scored(engine: Engine, head: str, rule: FilledLoops, ranking: Ranking[Designed]) -> Ranking[Designed]:
    """The answers with the likelihood of their whole texts, what they share read once; the legal one of the undrawn."""
    prompted, begun = engine.codec.encode(head), engine.codec.encode(rule.before)
    (shared,) = engine.symbol_scores(prompted, [begun])
    rests = [engine.codec.encode(answer.texts[0])[len(begun) :] for answer in ranking]
    answers = list[Answer[Designed]]()
    for answer, scores in zip(ranking, engine.symbol_scores([*prompted, *begun], rests), strict=True):
        legal = answer.legal_score
        if not answer.votes:
            inner = engine.codec.encode(answer.texts[0].removesuffix(rule.behind))[len(begun) :]
            ((_, among),) = engine.both_scores([*prompted, *begun], [inner], engine.guide(rule))
            legal = float(sum(among[:-1]))  # what follows is no end
        answers.append(replace(answer, score=float(sum(shared[:-1]) + sum(scores)), legal_score=legal))
    return replace(ranking, answers=tuple(answers))
