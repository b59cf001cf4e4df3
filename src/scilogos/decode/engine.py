"""One engine: prompts in, constrained completions out, each prompt read once for all its continuations.

Knows nothing about chemistry or tasks: a guide says which symbols may follow, and which one is expected. Continuations
that have written the same so far are read as one. Those that have ended make room for others at once. Where a guide
expects symbols (a copy of the prompt, say), they are read in one pass, drawn with the same random numbers as one by
one, and kept up to the first that was drawn otherwise. On a CPU each core continues a part of the continuations.

Shapes: P prompts, R rows of the cache or continuations, W symbols of a row in one step, N = R W, V vocabulary.
"""

import math
from collections import defaultdict, deque
from collections.abc import Sequence
from itertools import chain, islice
from typing import NamedTuple

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


class _Part(NamedTuple):
    """Continuations that drew the same symbols in a step: how many symbols, and the continuations that go on."""

    took: int
    rows: list[Row]


class _Batch:
    """The strands that are continued together, in the order of the cache.

    A strand is the continuations of one prompt that have written the same so far: it is read once for all of them, and
    each draws with its own random numbers. Where they draw differently the strand parts. An ended one is empty.
    """

    def __init__(self, engine: Engine, sampling: Sampling) -> None:
        self.engine, self.sampling = engine, sampling
        self.end = engine.codec.vocabulary.end
        self.cache = engine.cache()
        self.strands: list[list[Row]] = []
        self.logits: dict[tuple[int, ...], torch.Tensor] = {}  # of each prompt in the cache, in its order

    def complete(self, rows: Sequence[Row]) -> list[Completion]:
        """Continue every row to its end."""
        waiting = deque(rows)
        while True:
            alive = sum(map(len, self.strands))  # each may need a row of its own before long
            if waiting and alive <= MAX_ROWS * 3 // 4:
                self._admit([waiting.popleft() for _ in range(min(len(waiting), MAX_ROWS - alive))])
            elif alive:
                self._step()
            else:
                return [row.completion(self.engine.codec) for row in rows]

    def _admit(self, rows: list[Row]) -> None:
        """Read the prompts that are new, draw the first symbol of each row, and let the rows go on with the others."""
        new = [text for text in dict.fromkeys(row.prompt.tokens for row in rows) if text not in self.logits]
        if new:
            self.logits |= zip(new, self.engine.read(self.cache, new), strict=True)
        strands = defaultdict[tuple[int, ...], list[Row]](list)
        for row in rows:
            strands[row.prompt.tokens].append(row)
        logits_NV = torch.stack([self.logits[text] for text in strands])
        parts = self._draw(list(strands.values()), [()] * len(strands), logits_NV)
        self._arrange(list(enumerate(self.strands)) + [(-1, part.rows) for some in parts for part in some])

    def _arrange(self, strands: Sequence[tuple[int, list[Row]]]) -> None:
        """Set the strands anew, each with its source in the cache, -1 where it begins; drop prompts that none needs."""
        slots = {text: slot for slot, text in enumerate(self.logits)}
        placed = [(slots[rows[0].prompt.tokens], source, rows) for source, rows in strands if rows]
        placed.sort(key=lambda entry: entry[0])
        self.cache.arrange([source for _, source, _ in placed], [slot for slot, _, _ in placed])
        self.strands = [rows for _, _, rows in placed]
        needed = {rows[0].prompt.tokens for rows in self.strands}
        self.logits = {text: logits for text, logits in self.logits.items() if text in needed}

    def _step(self) -> None:
        """Read the last symbol of each strand and what is expected behind it, and draw what follows."""
        most = min(MAX_WIDTH, MAX_STEP // len(self.strands)) - 1
        drafts = [rows[0].draft(most) if rows else [] for rows in self.strands]
        width = 1 + round(sum(map(len, drafts)) / len(drafts))
        drafts = [draft[: width - 1] for draft in drafts]
        tokens_RW = np.zeros((len(self.strands), width), np.int64)
        for r, (rows, draft) in enumerate(zip(self.strands, drafts, strict=True)):
            if rows:
                tokens_RW[r, : 1 + len(draft)] = rows[0].tokens[-1], *draft
        logits_NV = self.engine.step(self.cache, tokens_RW)
        self._part(self._draw(self.strands, drafts, logits_NV), width)

    def _part(self, parts: Sequence[Sequence[_Part]], width: int) -> None:
        """Go on with the parts of each strand; many ended ones leave the cache."""
        if max(map(len, parts)) == 1 and sum(map(len, parts)) > len(parts) * 7 // 8:
            self.strands = [some[0].rows if some else [] for some in parts]
            self.cache.advance([some[0].took if some else 0 for some in parts])
            return
        self.cache.advance(width)  # all that was read: a strand's parts may keep more of it, or less
        going = [(r, part) for r, some in enumerate(parts) for part in some]
        self._arrange([(r, part.rows) for r, part in going])
        self.cache.advance([part.took - width for _, part in going])

    def _draw(
        self, strands: Sequence[list[Row]], drafts: Sequence[Sequence[int]], logits_NV: torch.Tensor
    ) -> list[list[_Part]]:
        """Draw for each continuation what follows; return the parts of each strand that go on."""
        width, rows = len(logits_NV) // len(strands), list(chain(*strands))
        keys_R1 = np.asarray([row.key for row in rows], np.uint64)[:, None]
        places_RW = np.asarray([len(row.tokens) for row in rows])[:, None] + np.arange(width)
        uniforms_RW = iter(uniforms(keys_R1, places_RW).tolist())
        outlook, parts = Outlook(logits_NV, self.sampling), list[list[_Part]]()
        counts, drawn = list[int](), list[tuple[int, int]]()
        for r, (strand, draft) in enumerate(zip(strands, drafts, strict=True)):
            apart = defaultdict[tuple[int, ...], list[Row]](list)
            for row in strand:
                took = row.take(outlook, r * width, next(uniforms_RW), draft, self.end)
                written = tuple(row.tokens[len(row.tokens) - took :])
                drawn += zip(range(r * width, r * width + took), written, strict=True)
                counts.append(took)
                if not row.ended:
                    apart[written].append(row)
            outlook.forget()
            parts.append([_Part(len(written), some) for written, some in apart.items()])
        scores = iter(outlook.scores(*zip(*drawn, strict=True)))
        for row, took in zip(rows, counts, strict=True):
            row.scores += islice(scores, took)
        return parts
