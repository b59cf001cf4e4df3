"""A part of a source: every n-th of its records, written, encoded and marked; made side by side with the others.

A part is named by all that it depends on. It is whole or not there: it gets its name when it is done, and it knows how
long its files are. Two processes that make the same part do not disturb each other; the first to end gives its own.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from uuid import uuid4

import numpy as np

from scilogos.data.answers import LegalTable
from scilogos.data.clusters import Clusters
from scilogos.data.grouping import Grouping, splitting, thinning
from scilogos.data.ledger import Ledger
from scilogos.data.part_files import LONG, OUTSIDE, TOLD, UNKNOWN, Encoded, is_whole, pack, seal
from scilogos.data.readers import READERS
from scilogos.data.shards import token_type
from scilogos.data.source import CorpusRecipe, Dropped, Reading, Source, Split
from scilogos.data.tables import digest
from scilogos.errors import InputError, MissingError, PromptError
from scilogos.grammar.forms import split
from scilogos.grammar.objects import Sentence
from scilogos.grammar.writer import write
from scilogos.tokens import Codec, GrownCodec

_OF_THE_CORPUS = ("name", "sources", "val_limit")  # no matter of a part
_MAKERS = ("data", "grammar", "science", "tokens")  # the packages whose change may change a part
_INPUTS = ("path", "exclude", "pairs", "join")


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
        recipe = {key: value for key, value in asdict(self.recipe).items() if key not in _OF_THE_CORPUS}
        inputs = [digest(path) for path in self._files()]
        found = [grouping and grouping.name for grouping in self.groupings]
        made_of = [recipe, asdict(self.of), inputs, found, self.vocabulary, _program()]
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
        if is_whole(done):
            return done
        partial = done.with_name(f"{done.name}.{uuid4().hex[:8]}.partial")
        partial.mkdir(parents=True)
        try:
            ledger = Ledger()
            legal = LegalTable(codec) if self.recipe.answers and isinstance(codec, Codec) else None
            with (partial / "records").open("wb") as file:
                for place, name, side, sentences in self._told(ledger, folder):
                    digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
                    encoded = [self._encode(sentence, codec, legal) for sentence in sentences]
                    pack(file, place, digest, side, encoded)
            for what in self.undone:
                ledger.count(f"without MMseqs2: {what}", ledger.counts[""]["rows"])
            if legal is not None:
                np.save(partial / "legal.npy", legal.table())
            seal(partial, ledger.counts[""])
            if not is_whole(done):
                shutil.rmtree(done, ignore_errors=True)
            try:
                partial.rename(done)
            except OSError:
                if not is_whole(done):  # of another process, which was first
                    raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return done

    def _told(self, ledger: Ledger, folder: Path) -> Iterator[tuple[int, str, Split, tuple[Sentence, ...]]]:
        """The records of this block: place, name, split and sentences; a row that cannot be used is named by its line.

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
                    try:
                        yield place, record.name, record.split, record.sentences
                    except Dropped as reason:
                        ledger.drop(str(reason))
        except InputError as error:
            if error.path is not None:
                raise
            raise InputError(str(error), path=reading.path, line=reading.line) from error
        except (ValueError, LookupError, TypeError, AttributeError) as error:  # JSON may hold any kind of value
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
    """A hash of the program that makes parts: one that another version has left is not taken."""
    hashed = hashlib.sha256()
    for folder in _MAKERS:
        for path in sorted((Path(__file__).parents[1] / folder).rglob("*.py")):
            hashed.update(path.read_bytes())
    return hashed.hexdigest()
