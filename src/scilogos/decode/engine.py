"""One engine: prompts in, constrained completions out, each prompt read once for all its continuations.

Knows nothing about chemistry or tasks: a guide says which symbols may follow, and which one is expected. Rows that have
ended make room for others at once. Where a guide expects symbols (a copy of the prompt, say), they are read in one
pass, drawn with the same random numbers as one by one, and kept up to the first that was drawn otherwise. On a CPU each
core continues a part of the rows.

Shapes: P prompts, R rows (a row is a continuation), W symbols of a row in one step, N = R W, V vocabulary.
"""

import math
from collections import deque
from collections.abc import Sequence
from itertools import islice

import numpy as np
import torch

from scilogos.decode.cores import each_on_a_core, free_cores
from scilogos.decode.outlook import Outlook
from scilogos.decode.randomness import stream_keys, uniforms
from scilogos.decode.reader import MAX_ROWS, Reader
from scilogos.decode.rows import Completion, Prompt, Row
from scilogos.decode.sampling import Sampling
from scilogos.model import Transformer
from scilogos.tokens import Codec, GrownCodec, Guides

MIN_ROWS = 16  # that are worth a core of their own
MAX_STEP = 320  # symbols read in one step where symbols are expected
MAX_WIDTH = 32  # symbols of one row in one step


class Engine(Reader):
    """Complete prompts with one model."""

    def __init__(self, model: Transformer, codec: Codec | GrownCodec) -> None:
        super().__init__(model, codec)
        self.guide = Guides(codec.vocabulary)  # constraint -> its guide

    def complete(
        self, prompts: Sequence[Prompt], n: int, sampling: Sampling = Sampling(), *, seed: int = 0
    ) -> list[list[Completion]]:
        """Return n completions of each prompt, sample by sample; the same whatever else is asked in the same call.

        In bf16 sums round differently in batches of another shape: a few answers in a hundred may then differ.
        """
        prompts = [self.fitted(prompt) for prompt in prompts]
        keys_PN = stream_keys(seed, [prompt.seeds for prompt in prompts], range(n)).reshape(len(prompts), n)
        rows = [Row(prompt, key) for prompt, keys_N in zip(prompts, keys_PN, strict=True) for key in keys_N]
        parts = each_on_a_core(lambda part: _Batch(self, sampling).complete(part), self._parts(rows))
        found = [completion for part in parts for completion in part]
        return [found[i * n : i * n + n] for i in range(len(prompts))]

    def _parts(self, rows: Sequence[Row]) -> list[Sequence[Row]]:
        """Cut the rows into as many parts as there are cores for; on a GPU they go together."""
        cores = free_cores() if self.device.type == "cpu" else 1
        size = max(MIN_ROWS, math.ceil(len(rows) / cores))
        return [rows[i : i + size] for i in range(0, len(rows), size)]


class _Batch:
    """The rows that are continued together, in the order of the cache."""

    def __init__(self, engine: Engine, sampling: Sampling) -> None:
        self.engine, self.sampling = engine, sampling
        self.end = engine.codec.vocabulary.end
        self.cache = engine.cache()
        self.rows: list[Row] = []
        self.logits: dict[tuple[int, ...], torch.Tensor] = {}  # of each prompt in the cache, in its order

    def complete(self, rows: Sequence[Row]) -> list[Completion]:
        """Continue every row to its end."""
        waiting = deque(rows)
        while True:
            alive = sum(not row.ended for row in self.rows)
            if waiting and alive <= MAX_ROWS * 3 // 4:
                self._admit([waiting.popleft() for _ in range(min(len(waiting), MAX_ROWS - alive))])
            elif not alive:
                return [row.completion(self.engine.codec) for row in rows]
            else:
                if alive <= len(self.rows) * 7 // 8:
                    self._arrange([])
                self._step()

    def _admit(self, rows: list[Row]) -> None:
        """Read the prompts that are new, draw the first symbol of each row, and let the rows go on with the others."""
        new = [text for text in dict.fromkeys(row.prompt.tokens for row in rows) if text not in self.logits]
        if new:
            self.logits |= zip(new, self.engine.read(self.cache, new), strict=True)
        logits_RV = torch.stack([self.logits[row.prompt.tokens] for row in rows])
        self._draw(rows, [[]] * len(rows), logits_RV)
        self._arrange(rows)

    def _arrange(self, new: list[Row]) -> None:
        """Drop the rows that have ended and the prompts that no row needs, add new rows."""
        slots = {text: slot for slot, text in enumerate(self.logits)}
        rows = [(slots[row.prompt.tokens], i, row) for i, row in enumerate(self.rows) if not row.ended]
        rows += [(slots[row.prompt.tokens], -1, row) for row in new if not row.ended]
        rows.sort(key=lambda entry: entry[0])
        self.cache.arrange([source for _, source, _ in rows], [slot for slot, _, _ in rows])
        self.rows = [row for _, _, row in rows]
        needed = {row.prompt.tokens for row in self.rows}
        self.logits = {text: logits for text, logits in self.logits.items() if text in needed}

    def _step(self) -> None:
        """Read the last symbol of each row and what is expected behind it, and draw what follows."""
        most = min(MAX_WIDTH, MAX_STEP // len(self.rows)) - 1
        drafts = [[] if row.ended else row.draft(most) for row in self.rows]
        width = 1 + round(sum(map(len, drafts)) / len(drafts))
        drafts = [draft[: width - 1] for draft in drafts]
        tokens_RW = np.zeros((len(self.rows), width), np.int64)
        for r, (row, draft) in enumerate(zip(self.rows, drafts, strict=True)):
            tokens_RW[r, : 1 + len(draft)] = row.tokens[-1], *draft
        logits_NV = self.engine.step(self.cache, tokens_RW)
        self.cache.advance(self._draw(self.rows, drafts, logits_NV))

    def _draw(self, rows: Sequence[Row], drafts: Sequence[Sequence[int]], logits_NV: torch.Tensor) -> list[int]:
        """Draw for each row what follows; return how many symbols each row took."""
        width = len(logits_NV) // len(rows)
        keys_R1 = np.asarray([row.key for row in rows], np.uint64)[:, None]
        places_RW = np.asarray([len(row.tokens) for row in rows])[:, None] + np.arange(width)
        outlook = Outlook(logits_NV, self.sampling, uniforms(keys_R1, places_RW).ravel())
        counts, drawn = list[int](), list[tuple[int, int]]()
        for r, (row, draft) in enumerate(zip(rows, drafts, strict=True)):
            took = 0 if row.ended else row.take(outlook, r * width, draft, self.end)
            drawn += zip(range(r * width, r * width + took), row.tokens[len(row.tokens) - took :], strict=True)
            counts.append(took)
        scores = iter(outlook.scores(*zip(*drawn, strict=True)))
        for row, took in zip(rows, counts, strict=True):
            row.scores += islice(scores, took)
        return counts
