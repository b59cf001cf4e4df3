"""Given texts as the completions that drawing them would have given."""

from collections.abc import Sequence

from scilogos.decode.engine import Engine
from scilogos.decode.legal import Rule, own_and_legal
from scilogos.decode.rows import Completion
from scilogos.decode.served import ServedEngine
from scilogos.tokens import Guide


def score_answers(
    engine: Engine | ServedEngine, prompt: Sequence[int], answers: Sequence[tuple[int, ...]], rule: Rule | None = None
) -> list[Completion]:
    """Give answers as the completions that drawing them would have given; equal ones are read once.

    With a rule, that tells symbols apart, the likelihoods among its legal symbols as well.
    """
    distinct, among = tuple(dict.fromkeys(answers)), isinstance(rule, Guide)
    found: dict[tuple[int, ...], Completion] = {}
    for answer, (plain, legal) in zip(distinct, engine.both_scores(prompt, distinct, rule), strict=True):
        each = tuple(plain.tolist())
        choices = tuple(legal.tolist()) if among else ()
        found[answer] = Completion(answer, sum(each), engine.codec.decode(answer), each, choices)
    return [found[answer] for answer in answers]


def legal_scores(
    engine: Engine | ServedEngine, pairs: Sequence[tuple[Sequence[int], Sequence[int]]], rules: Sequence[Rule]
) -> list[float]:
    """The log-likelihood of each answer, its end included, behind its prompt, among what its own rule allows.

    Where a rule knows texts and not symbols, among all.
    """
    found, tables = [], engine.log_probabilities([[*prompt, *answer] for prompt, answer in pairs])
    for (_, answer), rule, table in zip(pairs, rules, tables, strict=True):
        read = [*answer, engine.codec.vocabulary.end]
        found.append(float(own_and_legal(table[-len(read) :], read, rule)[1].sum()))
    return found
