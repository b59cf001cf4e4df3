"""Log-likelihoods of given texts: every symbol's, by one packed pass. Unmasked, temperature 1, end symbol included.

Shapes: T places of the packed texts, V vocabulary.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from scilogos.decode.engine import Engine
from scilogos.decode.rows import Completion
from scilogos.errors import PromptError
from scilogos.model import PackedAttention

_PLACES = 16_384  # read at once


@torch.inference_mode()
def log_probabilities(engine: Engine, texts: Sequence[Sequence[int]]) -> Iterator[np.ndarray]:
    """Yield for each text the log-probabilities [len(text) + 1, V] of what follows each of its beginnings."""
    longest = engine.model.config.max_position_embeddings
    for text in texts:
        if len(text) + 1 > longest:
            raise PromptError(f"a text has {len(text)} symbols; this model reads {longest - 1} at most: shorten it")
    end, batch, places = engine.codec.vocabulary.end, [], 0
    for text in [*texts, None]:
        if batch and (text is None or places + len(text) + 1 > _PLACES):
            lengths = [len(t) + 1 for t in batch]
            flat = torch.tensor([s for t in batch for s in (end, *t)], device=engine.device)
            positions = torch.cat([torch.arange(k) for k in lengths]).to(engine.device)
            hidden = engine.model(flat, positions, PackedAttention(lengths, device=engine.device))
            logits_TV = engine.model.logits(hidden).float().log_softmax(-1)
            yield from (part.cpu().numpy() for part in logits_TV.split(lengths))
            batch, places = [], 0
        if text is not None:
            batch.append(text)
            places += len(text) + 1


def symbol_scores(engine: Engine, prompt: Sequence[int], answers: Sequence[Sequence[int]]) -> list[np.ndarray]:
    """The log-probability of every symbol of each answer and of its end, given the prompt: float [len(answer) + 1]."""
    end, first = engine.codec.vocabulary.end, len(prompt)
    tables = log_probabilities(engine, [(*prompt, *answer) for answer in answers])
    return [
        table[np.arange(first, first + len(answer) + 1), [*answer, end]]
        for table, answer in zip(tables, answers, strict=True)
    ]


def score_answers(engine: Engine, prompt: Sequence[int], answers: Sequence[tuple[int, ...]]) -> list[Completion]:
    """Give answers as the completions that drawing them would have given; equal ones are read once."""
    distinct = tuple(dict.fromkeys(answers))
    found: dict[tuple[int, ...], Completion] = {}
    for answer, scores in zip(distinct, symbol_scores(engine, prompt, distinct), strict=True):
        each = tuple(scores.tolist())
        found[answer] = Completion(answer, sum(each), engine.codec.decode(answer), each)
    return [found[answer] for answer in answers]
