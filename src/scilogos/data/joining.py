"""Parts to shards: records in the order of the sources, duplicates dropped, limits kept, legal sets numbered."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from heapq import merge
from pathlib import Path

import numpy as np

from scilogos.data import legal_table
from scilogos.data.answers import LegalSets
from scilogos.data.ledger import Ledger
from scilogos.data.part_files import LONG, OUTSIDE, UNKNOWN, Encoded, Made, counts, read_part
from scilogos.data.seen import Seen
from scilogos.data.shards import MOST_TOKENS, CorpusInfo, ShardInfo, ShardWriter, token_type
from scilogos.data.source import CorpusRecipe, Source
from scilogos.tokens import Codec, GrownCodec


class Joining:
    """Put the parts of a corpus together in a folder."""

    def __init__(self, recipe: CorpusRecipe, out: Path, codec: Codec | GrownCodec) -> None:
        self.recipe, self.out, self.codec, self.ledger = recipe, out, codec, Ledger()
        self.writers: dict[tuple[str, str], ShardWriter] = {}
        self.shards: list[ShardInfo] = []  # that are full
        self.validation: Counter[str] = Counter()  # sentences of each modality
        self._tokens = token_type(codec.vocabulary.size)
        self.sets = LegalSets(codec.vocabulary.size) if recipe.answers else None

    def corpus(self, parts: Sequence[Sequence[Path]]) -> CorpusInfo:
        """Put together the parts of each source."""
        text = json.dumps(asdict(self.recipe), sort_keys=True, default=str)
        ends = (self.codec.begun([])[-1], self.codec.vocabulary.end)
        info = CorpusInfo(
            vocabulary=self.codec.vocabulary.fingerprint,
            vocabulary_size=self.codec.vocabulary.size,
            recipe=hashlib.sha256(text.encode()).hexdigest()[:12],
            shards=self._shards(parts),
            legal=None if self.sets is None else legal_table.save(self.out, self.sets.table()),
            ends=ends if any(ends) else None,
        )
        info.save(self.out)
        self.codec.save(self.out)
        self.ledger.write(self.out)
        return info

    def _shards(self, parts: Sequence[Sequence[Path]]) -> tuple[ShardInfo, ...]:
        rows: Counter[tuple] = Counter()  # by what a record is told as: told otherwise, it is no duplicate
        for source, folders in zip(self.recipe.sources, parts, strict=True):
            rows[source.reader, source.forms] += counts(folders[0]).get("rows", 0)
        seen = {told: Seen.of(number) for told, number in rows.items()}
        try:
            for source, folders in zip(self.recipe.sources, parts, strict=True):
                self._source(source, folders, seen[source.reader, source.forms])
            return (*self.shards, *(writer.close() for writer in self.writers.values()))
        finally:
            for writer in self.writers.values():
                writer.discard()

    def _source(self, source: Source, folders: Sequence[Path], seen: Seen) -> None:
        ledger = self.ledger
        ledger.source = f"{source.modality}: {source.reader} {source.path}"
        if source.forms:
            ledger.source += f" ({', '.join(source.forms)})"
        for folder in folders:
            for what, number in counts(folder).items():
                ledger.count(what, number)
        for made, renumber in merge(*map(self._records, folders), key=lambda pair: pair[0].place):
            if not seen.add(made.digest):
                ledger.drop("duplicate")
                continue
            ledger.count("records")
            self._add(source.modality, made, renumber)
        if source.limit:  # of a reader that gathers all rows first
            ledger.drop("beyond the limit", number=ledger.unaccounted())

    def _records(self, folder: Path) -> Iterator[tuple[Made, Callable[[np.ndarray], np.ndarray] | None]]:
        """The records of a part, and how the numbers of its legal sets become those of the corpus."""
        renumber = None if self.sets is None else self.sets.renumbering(np.load(folder / "legal.npy"))
        for made in read_part(folder, self._tokens, answers=self.recipe.answers):
            yield made, renumber

    def _add(self, modality: str, made: Made, renumber: Callable[[np.ndarray], np.ndarray] | None) -> None:
        ledger = self.ledger
        ledger.count("sentences", len(made.sentences))
        writer, first = self._writer(modality, made.split), True
        for sentence in made.sentences:
            full = made.split == "val" and self.validation[modality] >= self.recipe.val_limit
            reason = self._refused(sentence, full)
            if reason:
                ledger.drop(reason, "sentences")
                continue
            ledger.count("answers outside their constraint", sentence.became == OUTSIDE)
            legal = None if renumber is None or sentence.legal is None else renumber(sentence.legal)
            writer.append(sentence.tokens, sentence.prompt, legal, first=first)
            first = False
            self.validation[modality] += made.split == "val"
            ledger.count(f"{made.split} sentences")
            ledger.count(f"{made.split} tokens", len(sentence.tokens))

    def _refused(self, sentence: Encoded, full: bool) -> str | None:
        if full:
            return "validation beyond the limit"
        if sentence.became == UNKNOWN:
            return "symbol that the vocabulary lacks"
        most = self.recipe.max_symbols
        return f"longer than {most} symbols with the end" if sentence.became == LONG else None

    def _writer(self, modality: str, split_name: str) -> ShardWriter:
        key = (modality, split_name)
        if key in self.writers and self.writers[key].tokens >= MOST_TOKENS:
            self.shards.append(self.writers.pop(key).close())
        if key not in self.writers:
            self.writers[key] = ShardWriter(self.out, *key, legal=self.recipe.answers, tokens=self._tokens)
        return self.writers[key]
