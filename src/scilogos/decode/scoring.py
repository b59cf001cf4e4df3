"""Log-likelihoods of given texts: every symbol's, by one packed pass. Unmasked, temperature 1, end symbol included.

Shapes: T places of the packed texts, V vocabulary.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from scilogos.decode.engine import MAX_ROWS, Engine
from scilogos.decode.rows import Completion
from scilogos.decode.served import ServedEngine
from scilogos.errors import PromptError
from scilogos.model import PackedAttention

_PLACES = 16_384  # read at once


@torch.inference_mode()
def log_probabilities(engine: Engine | ServedEngine, texts: Sequence[Sequence[int]]) -> Iterator[np.ndarray]:
    """Yield for each text the log-probabilities [B, V] of what follows each of its beginnings, the whole text last.

    B is len(text) + 1 where the codec begins a text with one token, as the from-scratch one does.
    """
    if isinstance(engine, ServedEngine):
        yield from engine.log_probabilities(texts)
        return
    for text in texts:
        _check_length(engine, len(text))
    batch, places = [], 0
    for text in [*map(engine.codec.begun, texts), None]:
        if batch and (text is None or places + len(text) > _PLACES):
            lengths = [len(t) for t in batch]
            flat = torch.tensor([s for t in batch for s in t], device=engine.device)
            positions = torch.cat([torch.arange(k) for k in lengths]).to(engine.device)
            hidden = engine.model(flat, positions, PackedAttention(lengths, device=engine.device))
            logits_TV = engine.model.logits(hidden).float().log_softmax(-1)
            yield from (part.cpu().numpy() for part in logits_TV.split(lengths))
            batch, places = [], 0
        if text is not None:
            batch.append(text)
            places += len(text)


@torch.inference_mode()
def symbol_scores(
    engine: Engine | ServedEngine, prompt: Sequence[int], answers: Sequence[Sequence[int]]
) -> list[np.ndarray]:
    """The log-probability of every symbol of each answer and of its end, given the prompt: float [len(answer) + 1].

    The prompt is read once.
    """
    if isinstance(engine, ServedEngine):
        return engine.symbol_scores(prompt, answers)
    longest, end = max(map(len, answers), default=0), engine.codec.vocabulary.end
    _check_length(engine, len(prompt) + longest)
    found = []
    for some in (answers[i : i + MAX_ROWS] for i in range(0, len(answers), MAX_ROWS)):
        cache, R = engine.cache(), len(some)
        targets_RS = np.full((R, longest + 1), end)
        for row, answer in zip(targets_RS, some, strict=True):
            row[: len(answer)] = answer
        logits_RWV = engine.read(cache, [prompt]).repeat(R, 1)[:, None]
        cache.arrange([-1] * R, [0] * R)
        width, parts = max(1, _PLACES // 8 // R), []
        for start in range(0, longest + 1, width):
            read_RW = targets_RS[:, start : start + width]
            target_RW1 = torch.from_numpy(read_RW)[..., None].to(engine.device)
            after_RWV = engine.step(cache, read_RW).view(R, read_RW.shape[1], -1)
            cache.advance(read_RW.shape[1])
            logits_RWV = torch.cat((logits_RWV, after_RWV[:, :-1]), 1)
            parts.append((logits_RWV.gather(2, target_RW1)[..., 0] - logits_RWV.logsumexp(-1)).cpu())
            logits_RWV = after_RWV[:, -1:]
        scores_RS = torch.cat(parts, 1).numpy()
        found += [scores[: len(answer) + 1] for scores, answer in zip(scores_RS, some, strict=True)]
    return found


def _check_length(engine: Engine, length: int) -> None:
    longest = engine.model.config.max_position_embeddings
    if length + 1 > longest:
        raise PromptError(f"a text has {length} symbols; this model reads {longest - 1} at most: shorten it")


def score_answers(
    engine: Engine | ServedEngine, prompt: Sequence[int], answers: Sequence[tuple[int, ...]]
) -> list[Completion]:
    """Give answers as the completions that drawing them would have given; equal ones are read once."""
    distinct = tuple(dict.fromkeys(answers))
    found: dict[tuple[int, ...], Completion] = {}
    for answer, scores in zip(distinct, symbol_scores(engine, prompt, distinct), strict=True):
        each = tuple(scores.tolist())
        found[answer] = Completion(answer, sum(each), engine.codec.decode(answer), each)
    return [found[answer] for answer in answers]
