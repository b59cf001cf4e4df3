"""A part of a source: every n-th of its records, written, encoded and marked; made side by side with the others.

    <part>/records     the records in order, see `_pack`
    <part>/ledger.json what the reader counted (in the first part alone) and what of this part could not be told
    <part>/legal.npy   bool [rows, vocabulary], for post-training: the sets of symbols that this part's marks number

A part is named by all that it depends on. It is whole or not there: it gets its name when it is done.
"""

import hashlib
import json
import shutil
import struct
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from scilogos.data.answers import LegalTable
from scilogos.data.clusters import Clusters
from scilogos.data.grouping import Grouping, splitting, thinning
from scilogos.data.ledger import Ledger
from scilogos.data.readers import READERS
from scilogos.data.shards import token_type
from scilogos.data.source import CorpusRecipe, Dropped, Reading, Record, Source, Split
from scilogos.errors import InputError, MissingError, PromptError
from scilogos.grammar.forms import split
from scilogos.grammar.objects import Sentence
from scilogos.grammar.writer import write
from scilogos.tokens import Codec, GrownCodec

_RECORD, _SENTENCE = struct.Struct("<QB16sH"), struct.Struct("<BII")
_SPLITS: tuple[Split, ...] = ("train", "val")
TOLD, OUTSIDE, UNKNOWN, LONG = range(4)  # what became of a sentence; OUTSIDE: told, but outside its constraint
_OF_THE_CORPUS = ("name", "sources", "val_limit")  # no matter of a part
_INPUTS = ("path", "exclude", "pairs", "join")


class Encoded(NamedTuple):
    """A sentence as numbers: what became of it, how long its prompt is, its symbols, and the row that binds each."""

    became: int
    prompt: int
    tokens: np.ndarray  # of the vocabulary's token_type
    legal: np.ndarray | None  # uint32, rows of the part's legal table


class Made(NamedTuple):
    """A record that a part holds: its place in the source, a digest of its key, its split and sentences."""

    place: int
    digest: bytes
    split: Split
    sentences: tuple[Encoded, ...]


@dataclass(frozen=True, kw_only=True)
class Part:
    """What is to be made: block `block` of `blocks` of one source of a recipe."""

    recipe: CorpusRecipe
    source: int
    block: int
    blocks: int
    data: Path
    vocabulary: str  # its fingerprint

    @property
    def of(self) -> Source:
        """The source."""
        return self.recipe.sources[self.source]

    @property
    def groupings(self) -> tuple[Grouping | None, Grouping | None]:
        """By which clusters the source is split, and by which it is thinned."""
        return splitting(self.of, self.data), thinning(self.of, self.data)

    @property
    def undone(self) -> list[str]:
        """What the source asks for and this machine cannot do."""
        return [grouping.without for grouping in self.groupings if grouping is not None and not grouping.possible]

    @property
    def name(self) -> str:
        """Where it comes in the corpus, and a hash of what it depends on; MissingError without the source's files."""
        recipe = {
            key: value for key, value in asdict(self.recipe).items() if key not in ("name", "sources", "val_limit")
        }
        states = [(path.stat().st_size, path.stat().st_mtime_ns) for path in self._files()]
        found = [grouping and grouping.name for grouping in self.groupings]
        made_of = [recipe, asdict(self.of), states, found, self.vocabulary, _program()]
        text = json.dumps(made_of, sort_keys=True, default=str)
        return f"{self.source:03}.{self.block:03}-of-{self.blocks:03}.{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def clusters(self, folder: Path) -> list[Clusters | None]:
        """Those groupings, found in a folder unless they are there; MissingError without the source's files."""
        self._files()
        return [None if grouping is None else grouping.make(folder) for grouping in self.groupings]

    def _files(self) -> list[Path]:
        files = [self.data / path for key in _INPUTS if (path := getattr(self.of, key)) is not None]
        for path in files:
            if not path.is_file():
                raise MissingError(f"{path}: no such file")
        return files

    def make(self, folder: Path, codec: Codec | GrownCodec) -> Path:
        """Make the part in a folder, unless it is there; give its own folder."""
        done = folder / self.name
        if done.is_dir():
            return done
        partial = done.with_name(done.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            ledger = Ledger()
            legal = LegalTable(codec) if self.recipe.answers and isinstance(codec, Codec) else None
            with (partial / "records").open("wb") as file:
                for place, record in self._records(ledger, folder):
                    try:
                        sentences = record.sentences
                    except Dropped as reason:
                        ledger.drop(str(reason))
                        continue
                    _pack(file, place, record, [self._encode(sentence, codec, legal) for sentence in sentences])
            for what in self.undone:
                ledger.count(f"without MMseqs2: {what}", ledger.counts[""]["rows"])
            if legal is not None:
                np.save(partial / "legal.npy", legal.table())
            (partial / "ledger.json").write_text(json.dumps(ledger.counts[""]))
            partial.rename(done)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return done

    def _records(self, ledger: Ledger, folder: Path) -> Iterator[tuple[int, Record]]:
        """The records of this block with their places; whatever the reader cannot use in a row is told with the line.

        Every part reads the whole source; the first one counts its rows.
        """
        recipe, source = self.recipe, self.of
        clusters, twins = self.clusters(folder)
        reading = Reading(
            source=source,
            data=self.data,
            ledger=ledger if self.block == 0 else Ledger(),
            seed=recipe.seed,
            val_percent=recipe.val_percent,
            strict=recipe.licence == "strict",
            clusters=clusters,
            twins=twins,
        )
        try:
            records = enumerate(READERS[source.reader](reading))
            for place, record in islice(records, source.limit or None):
                if place % self.blocks == self.block:
                    yield place, record
        except (InputError, MissingError):
            raise
        except (ValueError, KeyError, TypeError) as error:
            message = f"{source.reader} cannot use this row: {error!r}"
            raise InputError(message, path=reading.path, line=reading.line) from error

    def _encode(self, sentence: Sentence, codec: Codec | GrownCodec, legal: LegalTable | None) -> Encoded:
        prompt, answer = split(write(sentence))
        numbers = token_type(codec.vocabulary.size)
        try:
            head, tokens = codec.encode(prompt), codec.encode(prompt + answer)
        except PromptError:
            return Encoded(UNKNOWN, 0, np.zeros(0, numbers), None)
        if len(tokens) >= self.recipe.max_symbols:
            return Encoded(LONG, 0, np.zeros(0, numbers), None)
        if legal is None:
            return Encoded(TOLD, len(head), np.asarray(tokens, numbers), None)
        rows, whole = legal.rows(sentence, tokens, len(head))
        return Encoded(TOLD if whole else OUTSIDE, len(head), np.asarray(tokens, numbers), np.asarray(rows, "<u4"))


@cache
def _program() -> str:
    """A hash of this program's own files: a part that another version has left is not taken."""
    hashed = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        hashed.update(path.read_bytes())
    return hashed.hexdigest()


def _pack(file: BinaryIO, place: int, record: Record, sentences: list[Encoded]) -> None:
    digest = hashlib.blake2b(record.name.encode(), digest_size=16).digest()
    file.write(_RECORD.pack(place, _SPLITS.index(record.split), digest, len(sentences)))
    for became, prompt, tokens, legal in sentences:
        file.write(_SENTENCE.pack(became, prompt, len(tokens)))
        file.write(tokens.tobytes())
        if legal is not None:
            file.write(legal.tobytes())


def read_part(folder: Path, tokens: np.dtype, *, answers: bool) -> Iterator[Made]:
    """The records that a part holds, whose tokens are written so."""
    with (folder / "records").open("rb") as file:
        while head := file.read(_RECORD.size):
            place, split_number, digest, count = _RECORD.unpack(head)
            sentences = tuple(_unpack(file, tokens, answers) for _ in range(count))
            yield Made(place, digest, _SPLITS[split_number], sentences)


def _unpack(file: BinaryIO, numbers: np.dtype, answers: bool) -> Encoded:
    became, prompt, length = _SENTENCE.unpack(file.read(_SENTENCE.size))
    tokens = np.frombuffer(file.read(numbers.itemsize * length), numbers)
    marked = answers and became in (TOLD, OUTSIDE)
    return Encoded(became, prompt, tokens, np.frombuffer(file.read(4 * length), "<u4") if marked else None)
