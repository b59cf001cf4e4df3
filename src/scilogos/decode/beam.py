"""Beam search: the most probable answers that the guide allows. Shapes: w beams, V vocabulary."""

import numpy as np
import torch

from scilogos.decode.engine import Engine
from scilogos.decode.rows import Completion, Prompt
from scilogos.errors import PromptError


@torch.inference_mode()
def beam_search(engine: Engine, prompt: Prompt, width: int, n: int | None = None) -> list[Completion]:
    """Return the best n (default: width) whole answers found with `width` beams, most probable first.

    Scores are unmasked log-probabilities; ends when no open beam can overtake the n-th best whole answer.
    """
    if width < 1 or (n is not None and n < 1):
        raise PromptError(f"{width} beams, {n} answers: expected at least 1")
    prompt = engine.fitted(prompt)
    n, end, guide = n or width, engine.codec.vocabulary.end, prompt.guide
    cache = engine.cache()
    logp_wV = engine.read(cache, [prompt.tokens]).log_softmax(-1).repeat(width, 1)
    cache.arrange([-1] * width, [0] * width)
    scores_w = torch.full((width,), float("-inf"), device=engine.device)
    scores_w[0] = 0.0
    states, texts, whole = [prompt.state] * width, [()] * width, []
    for position in range(prompt.budget + 1):
        masks = [guide.within(state, prompt.budget - position) for state in states]
        legal_wV = torch.from_numpy(np.stack(masks)).to(engine.device)
        total_wV = (scores_w[:, None] + logp_wV).masked_fill(~legal_wV, float("-inf"))
        vocabulary = total_wV.shape[1]
        best = total_wV.flatten().topk(min(2 * width, total_wV.numel()))
        picked: list[tuple[float, int, int]] = []
        for score, index in zip(best.values.tolist(), best.indices.tolist(), strict=True):
            beam, token = divmod(index, vocabulary)
            if score == float("-inf"):
                break
            if token == end:
                whole.append(Completion(texts[beam], score, engine.codec.decode(texts[beam])))
            elif len(picked) < width:
                picked.append((score, beam, token))
        whole = sorted(whole, key=lambda c: -c.score)[:n]
        if not picked or (len(whole) == n and picked[0][0] <= whole[-1].score):
            break
        picked += [(float("-inf"), *picked[0][1:])] * (width - len(picked))
        beams = [beam for _, beam, _ in picked]
        cache.arrange(beams, [0] * width)
        texts = [(*texts[beam], token) for _, beam, token in picked]
        states = [_follow(guide, states[beam], token) for _, beam, token in picked]
        scores_w = torch.tensor([score for score, _, _ in picked], device=engine.device)
        chosen_w1 = np.asarray([[token] for _, _, token in picked])
        logp_wV = engine.step(cache, chosen_w1).log_softmax(-1)
        cache.advance(1)
    return whole


def _follow(guide, state: int, token: int) -> int:
    after = guide.step(state, token)
    assert after is not None, "a symbol was chosen that the guide does not allow"
    return after
