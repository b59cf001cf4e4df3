"""A model and its codec: prompts read into a cache, rows read on, and the log-likelihoods of given texts.

Log-likelihoods are at temperature 1, the end symbol included: unmasked, and where a rule is given among what it allows
as well.

Shapes: P prompts, R rows (a row is a continuation), W symbols of a row in one step, T places of packed texts, V
vocabulary.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import torch

from scilogos.decode.legal import Rule
from scilogos.decode.rows import Prompt
from scilogos.errors import PromptError
from scilogos.model import PackedAttention, PromptCache, Transformer, fastest
from scilogos.tokens import Codec, GrownCodec, Guide

MAX_ROWS = 256  # continued at once
MAX_READ = 16_384  # symbols of prompts and texts read at once


class Reader:
    """Read with one model."""

    def __init__(self, model: Transformer, codec: Codec | GrownCodec) -> None:
        self.model, self.codec = model.eval(), codec
        self._fast = fastest(model)
        parameter = next(model.parameters())
        self.dtype, self.device = parameter.dtype, parameter.device

    def fitted(self, prompt: Prompt) -> Prompt:
        """The prompt with the budget that the model leaves it; PromptError if no answer fits."""
        return prompt.fitted(self.model.config.max_position_embeddings)

    def cache(self) -> PromptCache:
        """An empty cache for this model."""
        return PromptCache(self.model.config, dtype=self.dtype, device=self.device)

    @torch.inference_mode()
    def read(self, cache: PromptCache, texts: Sequence[Sequence[int]]) -> torch.Tensor:
        """Read prompts into the cache; return the logits [P, V] of what follows each."""
        found = []
        for batch in self._batches(texts):
            reading = cache.read([len(text) for text in batch])
            flat = [token for text in batch for token in text]
            hidden = self._fast(torch.tensor(flat, device=self.device), reading.positions_T, reading)
            found.append(self._fast.logits(hidden[reading.last_N]).float())
        return torch.cat(found)

    @torch.inference_mode()
    def step(self, cache: PromptCache, tokens_RW: np.ndarray) -> torch.Tensor:
        """Read the next symbols of every row of the cache; return the logits [R W, V] of what follows each."""
        step = cache.step(tokens_RW.shape[1])
        flat_N = torch.from_numpy(tokens_RW.ravel()).to(self.device)
        return self._fast.logits(self._fast(flat_N, step.positions_T, step)).float()

    @torch.inference_mode()
    def log_probabilities(self, texts: Sequence[Sequence[int]]) -> Iterator[np.ndarray]:
        """Yield for each text the log-probabilities [B, V] of what follows each of its beginnings, the whole text last.

        B is len(text) + 1 where the codec begins a text with one token, as the from-scratch one does.
        """
        for text in texts:
            self._check_length(len(text))
        for batch in self._batches(texts):
            lengths = [len(text) for text in batch]
            flat = torch.tensor([token for text in batch for token in text], device=self.device)
            positions = torch.cat([torch.arange(length) for length in lengths]).to(self.device)
            hidden = self.model(flat, positions, PackedAttention(lengths, device=self.device))
            logits_TV = self.model.logits(hidden).float().log_softmax(-1)
            yield from (part.cpu().numpy() for part in logits_TV.split(lengths))

    def symbol_scores(self, prompt: Sequence[int], answers: Sequence[Sequence[int]]) -> list[np.ndarray]:
        """The log-probability of every symbol of each answer and of its end, given the prompt: float [len(answer) + 1].

        The prompt is read once.
        """
        return [plain for plain, _ in self.both_scores(prompt, answers)]

    @torch.inference_mode()
    def both_scores(
        self, prompt: Sequence[int], answers: Sequence[Sequence[int]], rule: Rule | None = None
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """`symbol_scores` of each answer, and the same among the symbols that are legal under a rule, -inf for others.

        Without a rule, or where it knows texts and not symbols, both are the same.
        """
        longest, end = max(map(len, answers), default=0), self.codec.vocabulary.end
        self._check_length(len(prompt) + longest)
        found = []
        for some in (answers[i : i + MAX_ROWS] for i in range(0, len(answers), MAX_ROWS)):
            cache, R = self.cache(), len(some)
            targets_RS = np.full((R, longest + 1), end)
            for row, answer in zip(targets_RS, some, strict=True):
                row[: len(answer)] = answer
            masks = [rule.masks(row) for row in targets_RS.tolist()] if isinstance(rule, Guide) else []
            logits_RWV = self.read(cache, [prompt]).repeat(R, 1)[:, None]
            cache.arrange([-1] * R, [0] * R)
            width, plain, legal = max(1, MAX_READ // 8 // R), [], []
            for start in range(0, longest + 1, width):
                read_RW = targets_RS[:, start : start + width]
                target_RW1 = torch.from_numpy(read_RW)[..., None].to(self.device)
                after_RWV = self.step(cache, read_RW).view(R, read_RW.shape[1], -1)
                cache.advance(read_RW.shape[1])
                logits_RWV = torch.cat((logits_RWV, after_RWV[:, :-1]), 1)
                plain.append(_log_shares(logits_RWV, target_RW1))
                if masks:
                    legal_RWV = np.stack([list(islice(row, read_RW.shape[1])) for row in masks])
                    logits_RWV = logits_RWV.masked_fill(~torch.from_numpy(legal_RWV).to(self.device), -torch.inf)
                    legal.append(_log_shares(logits_RWV, target_RW1))
                logits_RWV = after_RWV[:, -1:]
            both_2RS = [torch.cat(parts, 1).cpu().numpy() for parts in (plain, legal or plain)]
            found += [
                (own[: len(answer) + 1], other[: len(answer) + 1])
                for own, other, answer in zip(*both_2RS, some, strict=True)
            ]
        return found

    def _batches(self, texts: Sequence[Sequence[int]]) -> Iterator[list[Sequence[int]]]:
        """The texts, each begun as the codec begins it, as many together as are read at once."""
        batch, places = list[Sequence[int]](), 0
        for text in map(self.codec.begun, texts):
            if batch and places + len(text) > MAX_READ:
                yield batch
                batch, places = [], 0
            batch.append(text)
            places += len(text)
        if batch:
            yield batch

    def _check_length(self, length: int) -> None:
        longest = self.model.config.max_position_embeddings
        if length + 1 > longest:
            raise PromptError(f"a text has {length} symbols; this model reads {longest - 1} at most: shorten it")


def _log_shares(logits_RWV: torch.Tensor, target_RW1: torch.Tensor) -> torch.Tensor:
    return logits_RWV.gather(2, target_RW1)[..., 0] - logits_RWV.logsumexp(-1)
