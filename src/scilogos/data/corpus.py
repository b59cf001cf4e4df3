"""Recipe -> corpus: read every source, drop duplicates, write sentences, encode; shards are named by their content."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from scilogos.data import legal_table
from scilogos.data.answers import LegalTable
from scilogos.data.ledger import Ledger
from scilogos.data.readers import FORMS, READERS
from scilogos.data.seen import Seen
from scilogos.data.shards import CorpusInfo, ShardInfo, ShardWriter
from scilogos.data.source import CorpusRecipe, Reading, Record, Source
from scilogos.errors import InputError, MissingError, PromptError, RecipeError, ScilogosError, StorageError
from scilogos.grammar.forms import split
from scilogos.grammar.writer import write
from scilogos.recipe import read_table, to_dataclass
from scilogos.tokens import Codec


def read_recipe(path: Path) -> CorpusRecipe:
    """Read a corpus from the `[corpus]` table of a TOML file."""
    recipe = to_dataclass(CorpusRecipe, read_table(path, "corpus"), f"{path}: corpus")
    _check(recipe, f"{path}: corpus")
    return recipe


def _check(recipe: CorpusRecipe, where: str) -> None:
    for i, source in enumerate(recipe.sources):
        place = f"{where}.sources[{i}]"
        if source.reader not in READERS:
            raise RecipeError(f"{place}.reader: found {source.reader!r}; expected one of {', '.join(READERS)}")
        known = FORMS.get(source.reader, ())
        for form in source.forms:
            if form not in known:
                raise RecipeError(f"{place}.forms: found {form!r}; expected {', '.join(known) or 'none here'}")
        if source.reader == "mapped_reactions" and source.join is None:
            raise RecipeError(f"{place}: key 'join' is missing; mapped_reactions needs the map-free table")


def prepare(recipe: CorpusRecipe, data: Path, out: Path, codec: Codec) -> tuple[CorpusInfo, Ledger]:
    """Build the corpus of a recipe from the files below `data` in folder `out`, in place of an older corpus there.

    Nothing is left on failure, and the older corpus stays; a folder that holds anything else is refused.
    """
    _check(recipe, recipe.name)
    if out.exists() and not (out / "corpus.json").is_file() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("this is not a corpus and would be overwritten; name another folder", path=out)
    partial, old = out.with_name(out.name + ".partial"), out.with_name(out.name + ".old")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, partial, ignore_errors=True)
            ledger = Ledger()
            text = json.dumps(asdict(recipe), sort_keys=True, default=str)
            writing = _Writing(recipe, data, partial, codec, ledger)
            shards = tuple(writing.shards())
            info = CorpusInfo(
                vocabulary=codec.vocabulary.fingerprint,
                vocabulary_size=codec.vocabulary.size,
                recipe=hashlib.sha256(text.encode()).hexdigest()[:12],
                shards=shards,
                legal=None if writing.legal is None else legal_table.save(partial, writing.legal.table()),
            )
            info.save(partial)
            codec.save(partial)
            ledger.write(partial)
            shutil.rmtree(old, ignore_errors=True)
            if out.exists():
                out.rename(old)
            partial.rename(out)
            undo.pop_all()
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        if isinstance(error, ScilogosError):  # an input that is missing or broken
            raise
        raise StorageError(f"{out}: the corpus could not be written: {error.strerror or error}") from error
    return info, ledger


class _Writing:
    """Sources to shards."""

    def __init__(self, recipe: CorpusRecipe, data: Path, out: Path, codec: Codec, ledger: Ledger) -> None:
        self.recipe, self.data, self.out, self.codec, self.ledger = recipe, data, out, codec, ledger
        self.writers: dict[tuple[str, str], ShardWriter] = {}
        self.legal = LegalTable(codec) if recipe.answers else None

    def shards(self) -> Iterator[ShardInfo]:
        seen: dict[str, Seen] = {}
        try:
            for source in self.recipe.sources:
                self._read(source, seen.setdefault(source.reader, Seen()))
            for writer in self.writers.values():
                yield writer.close()
        finally:
            for writer in self.writers.values():
                writer.discard()

    def _read(self, source: Source, seen: Seen) -> None:
        ledger = self.ledger
        ledger.source = f"{source.modality}: {source.reader} {source.path}"
        if source.forms:
            ledger.source += f" ({', '.join(source.forms)})"
        reading = Reading(
            source=source,
            data=self.data,
            ledger=ledger,
            seed=self.recipe.seed,
            val_percent=self.recipe.val_percent,
            strict=self.recipe.licence == "strict",
        )
        records = (record for record in self._records(reading) if self._new(record, seen))
        for number, record in enumerate(islice(records, source.limit or None), 1):
            ledger.count("records")
            self._add(record, source.modality)
            if number == source.limit:  # of a reader that gathers all rows first
                ledger.drop("beyond the limit", number=ledger.unaccounted())

    def _records(self, reading: Reading) -> Iterator[Record]:
        """What the reader yields; whatever it cannot use in a row is told with the line."""
        try:
            yield from READERS[reading.source.reader](reading)
        except (InputError, MissingError):
            raise
        except (ValueError, KeyError, TypeError) as error:
            message = f"{reading.source.reader} cannot use this row: {error!r}"
            raise InputError(message, path=reading.path, line=reading.line) from error

    def _new(self, record: Record, seen: Seen) -> bool:
        if seen.add(record.key):
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
        self.ledger.count("sentences", len(record.sentences))
        for sentence in record.sentences:
            if record.split == "val" and writer.sentences >= self.recipe.val_limit:
                self.ledger.drop("validation beyond the limit", "sentences")
                continue
            prompt, answer = split(write(sentence))
            try:
                head, tail = self.codec.encode(prompt), self.codec.encode(prompt + answer)
            except PromptError:
                self.ledger.drop("symbol that the vocabulary lacks", "sentences")
                continue
            if len(tail) >= self.recipe.max_symbols:
                self.ledger.drop(f"longer than {self.recipe.max_symbols} symbols with the end", "sentences")
                continue
            legal = None
            if self.legal is not None:
                legal, whole = self.legal.rows(sentence, tail, len(head))
                self.ledger.count("answers outside their constraint", not whole)
            writer.append(tail, len(head), legal)
            self.ledger.count(f"{record.split} sentences")
            self.ledger.count(f"{record.split} tokens", len(tail))
