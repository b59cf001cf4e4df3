"""One engine: prompts in, constrained completions out, each prompt read once for all its continuations.

Knows nothing about chemistry or tasks: a guide says which symbols may follow. Shapes: P prompts, n continuations of
each, R = P n rows, V vocabulary.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from scilogos.decode.randomness import stream_keys, uniforms
from scilogos.decode.sampling import Sampling, draw
from scilogos.errors import PromptError
from scilogos.model import PromptCache, Transformer
from scilogos.tokens import Codec, Guide, Guides

MAX_ROWS = 256  # continued at once


@dataclass(frozen=True)
class Prompt:
    """A prompt's symbols, the guide of its answer, and the most symbols that the answer may have.

    Where the model reads fewer, the answer may have fewer.
    """

    tokens: tuple[int, ...]
    guide: Guide
    budget: int
    start: int | None = None  # state of the guide where the answer begins; None: its start

    @property
    def state(self) -> int:
        """The state of the guide where the answer begins."""
        return self.guide.start if self.start is None else self.start


@dataclass(frozen=True)
class Completion:
    """An answer: its symbols without the end, its log-likelihood (unmasked, temperature 1, end included), its text."""

    tokens: tuple[int, ...]
    score: float
    text: str
    symbol_scores: tuple[float, ...] = ()


class Engine:
    """Complete prompts with one model."""

    def __init__(self, model: Transformer, codec: Codec) -> None:
        self.model, self.codec = model.eval(), codec
        parameter = next(model.parameters())
        self.dtype, self.device = parameter.dtype, parameter.device
        self.guide = Guides(codec.vocabulary)  # constraint -> its guide

    def complete(
        self, prompts: Sequence[Prompt], n: int, sampling: Sampling = Sampling(), *, seed: int = 0
    ) -> list[list[Completion]]:
        """Return n completions of each prompt, sample by sample; the same whatever else is asked in the same call.

        In bf16 sums round differently in batches of another shape: a few answers in a hundred may then differ.
        """
        prompts = [self.fitted(prompt) for prompt in prompts]
        found: list[list[Completion]] = [[] for _ in prompts]
        for some in _chunks(len(prompts), max(1, MAX_ROWS // max(1, n))):
            for samples in _chunks(n, MAX_ROWS):
                batch = [prompts[i] for i in some]
                for i, completions in zip(some, self._sample(batch, samples, sampling, seed), strict=True):
                    found[i] += completions
        return found

    def fitted(self, prompt: Prompt) -> Prompt:
        """The prompt with the budget that the model leaves it; PromptError if no answer fits."""
        longest, least = self.model.config.max_position_embeddings, prompt.guide.distance(prompt.state)
        room = longest - len(prompt.tokens) - 1
        if least > room:
            raise PromptError(
                f"the prompt has {len(prompt.tokens)} symbols and its answer may need {least}; "
                f"this model reads {longest} at most: shorten the input"
            )
        if least > prompt.budget:
            raise PromptError(f"an answer may need {least} symbols, and {prompt.budget} are allowed: ask for less")
        return replace(prompt, budget=min(prompt.budget, room))

    @torch.inference_mode()
    def _sample(self, prompts: list[Prompt], samples: range, sampling: Sampling, seed: int) -> list[list[Completion]]:
        n, end = len(samples), self.codec.vocabulary.end
        rows = _Rows(prompts, n, end)
        keys = stream_keys(seed, [p.tokens for p in prompts], samples)
        capacity = max(p.budget for p in prompts) + 1
        cache = PromptCache(
            self.model.config, [len(p.tokens) + 1 for p in prompts], n, capacity, dtype=self.dtype, device=self.device
        )
        reading = cache.reading()
        flat = torch.tensor([t for p in prompts for t in (end, *p.tokens)], device=self.device)
        hidden = self.model(flat, reading.positions_T, reading)
        logits_RV = self.model.logits(hidden[reading.last_P]).float().repeat_interleave(n, 0)
        alive = np.arange(len(prompts))
        for position in range(capacity):
            live_rows = (alive[:, None] * n + np.arange(n)).ravel()
            legal_RV = torch.from_numpy(rows.legal(live_rows, position)).to(self.device)
            uniform_R = torch.from_numpy(uniforms(keys[live_rows], position)).to(self.device)
            chosen_R = draw(logits_RV, legal_RV, sampling, uniform_R)
            scores_R = logits_RV.log_softmax(-1).gather(1, chosen_R[:, None])[:, 0]
            rows.take(live_rows, chosen_R.tolist(), scores_R.tolist())
            keep = [k for k, p in enumerate(alive) if not rows.ended[p * n : (p + 1) * n].all()]
            if not keep:
                break
            if len(keep) < len(alive):
                cache.select(keep)
                alive = alive[keep]
                chosen_R = chosen_R.view(-1, n)[keep].reshape(-1)
            step = cache.step()
            logits_RV = self.model.logits(self.model(chosen_R, step.positions_R, step)).float()
        return rows.completions(self.codec)


class _Rows:
    """What each continuation has become."""

    def __init__(self, prompts: list[Prompt], n: int, end: int) -> None:
        self.n, self.end = n, end
        self.prompts = [p for p in prompts for _ in range(n)]
        self.states = [p.state for p in self.prompts]
        self.tokens: list[list[int]] = [[] for _ in self.prompts]
        self.scores: list[list[float]] = [[] for _ in self.prompts]
        self.ended = np.zeros(len(self.prompts), bool)

    def legal(self, rows: np.ndarray, position: int) -> np.ndarray:
        """The legal symbols of each row, bool [rows, V]."""
        masks = []
        for row in rows:
            prompt = self.prompts[row]
            masks.append(prompt.guide.within(self.states[row], prompt.budget - position))
        return np.stack(masks)

    def take(self, rows: np.ndarray, chosen: list[int], scores: list[float]) -> None:
        """Append a symbol to each row that has not ended."""
        for row, token, score in zip(rows, chosen, scores, strict=True):
            if self.ended[row]:
                continue
            self.scores[row].append(score)
            if token == self.end:
                self.ended[row] = True
            else:
                self.tokens[row].append(token)
            after = self.prompts[row].guide.step(self.states[row], token)
            assert after is not None, "a symbol was drawn that the guide does not allow"
            self.states[row] = after

    def completions(self, codec: Codec) -> list[list[Completion]]:
        """All continuations, prompt by prompt."""
        flat = [
            Completion(tuple(tokens), float(sum(scores)), codec.decode(tokens), tuple(scores))
            for tokens, scores in zip(self.tokens, self.scores, strict=True)
        ]
        return [flat[i : i + self.n] for i in range(0, len(flat), self.n)]


def _chunks(count: int, size: int) -> Iterator[range]:
    return (range(start, min(start + size, count)) for start in range(0, count, size))
