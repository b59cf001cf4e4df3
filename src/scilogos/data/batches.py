"""Packed rows from shards: a mixture by tokens, the same for every process, resumable from a few integers.

An epoch of a modality tells each of its records once, by one of its sentences.

A row is `row_length` places filled with whole sentences, none split; the rest is padding. Each sentence is read as
`<end> s1 ... sn` with targets `s1 ... sn <end>`. Every process draws every row and keeps those of its rank.
"""

import zlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from scilogos.data import legal_table
from scilogos.data.order import mix, shuffled
from scilogos.data.shards import FREE, ShardInfo, Shards, Text, read_corpus, token_type
from scilogos.errors import CheckpointError, RecipeError

Phases = Sequence[tuple[int, dict[str, float]]]  # shares, each with the first row to which it applies


@dataclass(frozen=True, kw_only=True)
class Row:
    """One packed row of T places."""

    inputs: np.ndarray  # int64 [T]
    targets: np.ndarray  # int64 [T]
    positions: np.ndarray  # int64 [T], from 0 in each sentence
    weights: np.ndarray  # float32 [T], 0 where the loss does not look
    legal: np.ndarray  # int64 [T], rows of the legal table
    lengths: tuple[int, ...]  # places of each sentence


@dataclass
class Draws:
    """How far the drawing has come; all that resuming needs."""

    row: int = 0
    phase: int = 0
    taken: dict[str, int] = field(default_factory=dict)  # records told of each modality
    tokens: dict[str, int] = field(default_factory=dict)  # places they filled in this phase


class Mixture:
    """An endless stream of rows over the shards of one split, modalities mixed by their shares of the tokens."""

    def __init__(
        self,
        folder: Path,
        *,
        split: str,
        shares: dict[str, float] | Phases,
        row_length: int,
        seed: int,
        answers_only: bool = False,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        corpus = read_corpus(folder)
        self.row_length, self.seed, self.rank, self.world = row_length, seed, rank, world
        self.answers_only = answers_only
        found: dict[str, list[ShardInfo]] = {}
        for info in corpus.shards:
            if info.split == split and info.sentences:
                found.setdefault(info.modality, []).append(info)
        self._phases = [(0, shares)] if isinstance(shares, dict) else list(shares)
        self.names = sorted({name for _, phase in self._phases for name, share in phase.items() if share > 0})
        lacking = [name for name in self.names if name not in found]
        if lacking:
            has = ", ".join(sorted(found)) or "none"
            raise RecipeError(f"{folder}: no {split} sentences of {', '.join(lacking)}; found {has}")
        tokens = token_type(corpus.vocabulary_size)
        self.shards = {name: Shards(folder, found[name], tokens) for name in self.names}
        for name, shards in self.shards.items():
            if (longest := shards.longest + 1) > row_length:  # with its end symbol
                raise RecipeError(f"a {name} sentence of {longest} symbols exceeds row_length {row_length}")
        self._before, self._behind = corpus.ends or (0, 0)
        self.legal_table = legal_table.load(folder, corpus)
        self._choices = None if self.legal_table is None else self.legal_table.sum(1)
        self.draws = Draws(taken=dict.fromkeys(self.names, 0), tokens=dict.fromkeys(self.names, 0))

    def resume(self, draws: dict[str, Any]) -> None:
        """Go on from the draws of an earlier stream, as a dictionary."""
        if sorted(draws["taken"]) != self.names:
            there, here = ", ".join(sorted(draws["taken"])), ", ".join(self.names)
            raise CheckpointError(f"the draws are of {there}; the recipe mixes {here}")
        self.draws = Draws(draws["row"], draws["phase"], dict(draws["taken"]), dict(draws["tokens"]))

    def next(self) -> Row:
        """The next row of this rank: one of as many as there are processes, which all draw them all."""
        rows = [self._draw(build=rank == self.rank) for rank in range(self.world)]
        mine = rows[self.rank]
        assert mine is not None
        return mine

    def _shares(self) -> dict[str, float]:
        """The shares of the row that is drawn next; the counts of tokens begin anew with each phase."""
        phase = bisect_right([first for first, _ in self._phases], self.draws.row) - 1
        if phase != self.draws.phase:
            self.draws.phase, self.draws.tokens = phase, dict.fromkeys(self.names, 0)
        shares = self._phases[phase][1]
        total = sum(shares.values())
        return {name: shares[name] / total for name in self.names if shares.get(name, 0) > 0}

    def _draw(self, build: bool) -> Row | None:
        shares = self._shares()
        draws, used, picked = self.draws, 0, list[Text]()
        while True:
            filled = sum(draws.tokens.values())
            name = max(shares, key=lambda n: shares[n] * (filled + 1) - draws.tokens[n])
            shard = self.shards[name]
            epoch, place = divmod(draws.taken[name], len(shard))
            key = mix(self.seed, epoch, zlib.crc32(name.encode()))
            record = shuffled(place, len(shard), key)
            text = shard.tell(record, mix(key, record))
            length = len(text.tokens) + 1
            if used + length > self.row_length:
                break
            draws.taken[name] += 1
            draws.tokens[name] += length
            used += length
            picked.append(text)
        draws.row += 1
        return self._build(picked) if build else None

    def _build(self, picked: list[Text]) -> Row:
        size = self.row_length
        inputs, targets, positions, legal = (np.zeros(size, np.int64) for _ in range(4))
        weights, at, lengths = np.zeros(size, np.float32), 0, []
        for text in picked:
            n = len(text.tokens)
            inputs[at], inputs[at + 1 : at + 1 + n] = self._before, text.tokens
            targets[at : at + n], targets[at + n] = text.tokens, self._behind
            positions[at : at + n + 1] = np.arange(n + 1)
            weights[at + (text.prompt if self.answers_only else 0) : at + n + 1] = 1.0
            if text.legal is not None:
                legal[at : at + n] = text.legal
            lengths.append(n + 1)
            at += n + 1
        if self.answers_only and self._choices is not None:
            weights[(legal != FREE) & (self._choices[legal] == 1)] = 0.0
        return Row(
            inputs=inputs, targets=targets, positions=positions, weights=weights, legal=legal, lengths=tuple(lengths)
        )
