"""Recipe -> corpus: read every source, drop duplicates, write sentences, encode, and name the shards by their content."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from scilogos.data.ledger import Ledger
from scilogos.data.readers import READERS
from scilogos.data.seen import Seen
from scilogos.data.shards import CorpusInfo, ShardInfo, ShardWriter
from scilogos.data.source import CorpusRecipe, Reading, Record
from scilogos.errors import PromptError, RecipeError, StorageError
from scilogos.grammar.forms import split
from scilogos.grammar.writer import write
from scilogos.recipe import read_toml, to_dataclass
from scilogos.tokens import Codec


def read_recipe(path: Path) -> CorpusRecipe:
    """Read a corpus from the `[corpus]` table of a TOML file."""
    table = read_toml(path)
    if "corpus" not in table or set(table) - {"corpus", "train"}:
        raise RecipeError(f"{path}: found {', '.join(map(repr, table)) or 'nothing'}; expected a table [corpus]")
    recipe = to_dataclass(CorpusRecipe, table["corpus"], f"{path}: corpus")
    for source in recipe.sources:
        if source.reader not in READERS:
            raise RecipeError(f"{path}: unknown reader {source.reader!r}; expected one of {', '.join(READERS)}")
    return recipe


def prepare(recipe: CorpusRecipe, data: Path, out: Path, codec: Codec) -> tuple[CorpusInfo, Ledger]:
    """Build the corpus of a recipe from the files below `data` in folder `out`; nothing is left there on failure."""
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, partial, ignore_errors=True)
            ledger = Ledger()
            info = CorpusInfo(
                vocabulary=codec.vocabulary.fingerprint,
                vocabulary_size=codec.vocabulary.size,
                recipe=hashlib.sha256(json.dumps(asdict(recipe), sort_keys=True, default=str).encode()).hexdigest()[:12],
                shards=tuple(_Writing(recipe, data, partial, codec, ledger).shards()),
            )
            info.save(partial)
            ledger.write(partial)
            shutil.rmtree(out, ignore_errors=True)
            partial.replace(out)
            undo.pop_all()
    except OSError as error:
        if error.errno is None:
            raise
        raise StorageError(f"{out}: the corpus could not be written: {error.strerror}") from error
    return info, ledger


class _Writing:
    """Sources to shards."""

    def __init__(self, recipe: CorpusRecipe, data: Path, out: Path, codec: Codec, ledger: Ledger) -> None:
        self.recipe, self.data, self.out, self.codec, self.ledger = recipe, data, out, codec, ledger
        self.writers: dict[tuple[str, str], ShardWriter] = {}

    def shards(self) -> Iterator[ShardInfo]:
        seen: dict[str, Seen] = {}
        for source in self.recipe.sources:
            self.ledger.source = f"{source.modality}: {source.reader} {source.path}"
            reading = Reading(source, self.data, self.ledger, self.recipe.seed, self.recipe.val_percent)
            known = seen.setdefault(source.reader, Seen())
            kept = (record for record in READERS[source.reader](reading) if self._new(record, known))
            for record in islice(kept, source.limit or None):
                self._add(record, source.modality)
        for writer in self.writers.values():
            yield writer.close()

    def _new(self, record: Record, known: Seen) -> bool:
        self.ledger.count("read")
        if known.add(record.key):
            return True
        self.ledger.drop("duplicate")
        return False

    def _writer(self, modality: str, split_name: str) -> ShardWriter:
        key = (modality, split_name)
        if key not in self.writers:
            self.writers[key] = ShardWriter(self.out, *key, legal=self.recipe.answers)
        return self.writers[key]

    def _add(self, record: Record, modality: str) -> None:
        writer = self._writer(modality, record.split)
        for sentence in record.sentences:
            if record.split == "val" and writer.sentences >= self.recipe.val_limit:
                self.ledger.drop("validation sentences beyond the limit")
                continue
            prompt, answer = split(write(sentence))
            try:
                head, tail = self.codec.encode(prompt), self.codec.encode(prompt + answer)
            except PromptError:
                self.ledger.drop("symbol that the vocabulary lacks")
                continue
            if len(tail) >= self.recipe.max_symbols:
                self.ledger.drop(f"longer than {self.recipe.max_symbols} symbols")
                continue
            writer.append(tail, len(head))
            self.ledger.count(f"{record.split} sentences")
            self.ledger.count(f"{record.split} tokens", len(tail))
