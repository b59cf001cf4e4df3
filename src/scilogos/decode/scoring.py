"""Given texts as the completions that drawing them would have given."""

from collections.abc import Sequence

from scilogos.decode.engine import Engine
from scilogos.decode.rows import Completion
from scilogos.decode.served import ServedEngine


def score_answers(
    engine: Engine | ServedEngine, prompt: Sequence[int], answers: Sequence[tuple[int, ...]]
) -> list[Completion]:
    """Give answers as the completions that drawing them would have given; equal ones are read once."""
    distinct = tuple(dict.fromkeys(answers))
    found: dict[tuple[int, ...], Completion] = {}
    for answer, scores in zip(distinct, engine.symbol_scores(prompt, distinct), strict=True):
        each = tuple(scores.tolist())
        found[answer] = Completion(answer, sum(each), engine.codec.decode(answer), each)
    return [found[answer] for answer in answers]
