"""Token shards: sentences of one modality and split as three flat arrays, named by their content.

    <modality>.<split>.<hash>.tokens   uint16, uint32 for large vocabularies: all sentences in turn, without end symbols
    <modality>.<split>.<hash>.index    int64 [sentences, 2]: where each sentence starts, and how long its prompt is
    <modality>.<split>.<hash>.records  int64 [records]: the first sentence of each record; its others tell the same
    <modality>.<split>.<hash>.legal    uint16 like tokens: the row of the legal table that binds each symbol
    legal.<hash>.npy                   bool [rows, vocabulary]: the legal table, the symbols that each row allows

Reading needs only numpy. Only post-training has the last two. `corpus.json` lists them all with their hashes.
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from scilogos.errors import CheckpointError

PARTS = ("tokens", "index", "records", "legal")
FREE = 0  # the legal row that allows every symbol
MOST_TOKENS = 1 << 27  # of a shard: the next sentence begins another


def token_type(vocabulary_size: int) -> np.dtype:
    """How a token of such a vocabulary is written."""
    return np.dtype("<u2" if vocabulary_size <= 1 << 16 else "<u4")


@dataclass(frozen=True, kw_only=True)
class ShardInfo:
    """One shard as `corpus.json` lists it."""

    modality: str
    split: str
    records: int
    sentences: int
    tokens: int
    sha256: dict[str, str]

    @property
    def stem(self) -> str:
        """The file name without its part."""
        return f"{self.modality}.{self.split}.{self.sha256['tokens'][:12]}"


class ShardWriter:
    """Append sentences; nothing has its final name before `close`."""

    def __init__(
        self, folder: Path, modality: str, split: str, *, legal: bool, tokens: np.dtype = token_type(0)
    ) -> None:
        self.folder, self.modality, self.split, self._type = folder, modality, split, tokens
        self._paths = {part: folder / f"{modality}.{split}.{part}.partial" for part in PARTS[: 4 if legal else 3]}
        self._files: dict[str, BinaryIO] = {part: path.open("wb") for part, path in self._paths.items()}
        self._hashes = {part: hashlib.sha256() for part in self._files}
        self.records = self.sentences = self.tokens = 0

    def append(
        self, tokens: Sequence[int], prompt: int, legal: Sequence[int] | None = None, *, first: bool = True
    ) -> None:
        """Append one sentence whose first `prompt` tokens are its prompt; the `first` one of a record begins it."""
        if first:
            self._write("records", np.asarray([self.sentences], "<i8"))
            self.records += 1
        self._write("tokens", np.asarray(tokens, self._type))
        self._write("index", np.asarray([self.tokens, prompt], "<i8"))
        if legal is not None:
            self._write("legal", np.asarray(legal, "<u2"))
        self.sentences += 1
        self.tokens += len(tokens)

    def _write(self, part: str, array: np.ndarray) -> None:
        data = array.tobytes()
        self._files[part].write(data)
        self._hashes[part].update(data)

    def close(self) -> ShardInfo:
        """Give the files their names."""
        sha256 = {part: hashed.hexdigest() for part, hashed in self._hashes.items()}
        info = ShardInfo(
            modality=self.modality,
            split=self.split,
            records=self.records,
            sentences=self.sentences,
            tokens=self.tokens,
            sha256=sha256,
        )
        for part, file in self._files.items():
            file.close()
            self._paths[part].replace(self.folder / f"{info.stem}.{part}")
        return info

    def discard(self) -> None:
        """Close the files whatever comes, a full disk too; what `close` did stays done."""
        for file in self._files.values():
            with suppress(OSError):
                file.close()


class Shard:
    """One shard, memory-mapped; CheckpointError when a file is missing, truncated or does not match its hash."""

    def __init__(
        self, folder: Path, info: ShardInfo, tokens: np.dtype = token_type(0), *, verify: bool = False
    ) -> None:
        self.info = info
        types = {"tokens": tokens, "index": "<i8", "records": "<i8", "legal": "<u2"}
        shapes = {
            "tokens": (info.tokens,),
            "index": (info.sentences, 2),
            "records": (info.records,),
            "legal": (info.tokens,),
        }
        arrays: dict[str, np.ndarray] = {}
        for part in info.sha256:
            path, dtype = folder / f"{info.stem}.{part}", np.dtype(types[part])
            size = path.stat().st_size if path.is_file() else -1
            expected = int(np.prod(shapes[part])) * dtype.itemsize
            if size != expected:
                found = "missing" if size < 0 else f"{size} bytes"
                raise CheckpointError(f"{path}: {found}; expected {expected} bytes; prepare the corpus again")
            if verify and hashlib.sha256(path.read_bytes()).hexdigest() != info.sha256[part]:
                raise CheckpointError(f"{path}: content does not match its name; prepare the corpus again")
            empty = np.zeros(shapes[part], dtype)
            arrays[part] = np.memmap(path, dtype, "r", shape=shapes[part]) if expected else empty
        self.tokens, self.index, self.legal = arrays["tokens"], arrays["index"], arrays.get("legal")
        self.records = arrays["records"]

    def __len__(self) -> int:
        return self.info.records

    def tell(self, record: int, number: int) -> "Text":
        """The sentence of a record that a large random number picks."""
        told = self.told(record)
        return self.sentence(told[number % len(told)])

    def told(self, record: int) -> range:
        """The numbers of a record's sentences."""
        end = int(self.records[record + 1]) if record + 1 < len(self) else self.info.sentences
        return range(int(self.records[record]), end)

    @property
    def longest(self) -> int:
        """The tokens of the longest sentence."""
        return int(np.diff(self.index[:, 0], append=self.info.tokens).max(initial=0))

    def sentence(self, i: int) -> "Text":
        """Sentence i."""
        end = self.index[i + 1, 0] if i + 1 < self.info.sentences else self.info.tokens
        place = slice(int(self.index[i, 0]), int(end))
        return Text(self.tokens[place], int(self.index[i, 1]), None if self.legal is None else self.legal[place])


class Text(NamedTuple):
    """A sentence: its tokens, how many of them are its prompt, and the row of the legal table that binds each."""

    tokens: np.ndarray
    prompt: int
    legal: np.ndarray | None


class Shards:
    """The shards of one modality and split, as one."""

    def __init__(self, folder: Path, infos: Sequence[ShardInfo], tokens: np.dtype = token_type(0)) -> None:
        self._shards = [Shard(folder, info, tokens) for info in infos]
        self._ends = list(accumulate(map(len, self._shards)))

    def __len__(self) -> int:
        return self._ends[-1]

    @property
    def longest(self) -> int:
        """The tokens of the longest sentence."""
        return max(shard.longest for shard in self._shards)

    def tell(self, record: int, number: int) -> Text:
        """The sentence that a large random number picks of a record, counted through all shards."""
        shard, record = self._place(record)
        return shard.tell(record, number)

    def sentences(self, record: int) -> Iterator[Text]:
        """All sentences of a record, counted through all shards."""
        shard, record = self._place(record)
        return map(shard.sentence, shard.told(record))

    def _place(self, record: int) -> tuple[Shard, int]:
        at = bisect_right(self._ends, record)
        return self._shards[at], record - (self._ends[at - 1] if at else 0)


@dataclass(frozen=True, kw_only=True)
class CorpusInfo:
    """What `corpus.json` says: the shards, the vocabulary and recipe that made them, the SHA-256 of the legal table.

    `ends` are the tokens before and behind a sentence where they are not 0, as in the vocabularies of others.
    """

    vocabulary: str
    vocabulary_size: int
    recipe: str
    shards: tuple[ShardInfo, ...]
    legal: str | None = None  # without post-training, neither said nor part of the fingerprint
    ends: tuple[int, int] | None = None  # the same

    @property
    def listing(self) -> dict[str, Any]:
        """What `corpus.json` holds, but for the fingerprint."""
        return {key: value for key, value in asdict(self).items() if value is not None}

    @property
    def fingerprint(self) -> str:
        """First 12 hex digits of the SHA-256 of the listing."""
        return hashlib.sha256(json.dumps(self.listing, sort_keys=True).encode()).hexdigest()[:12]

    def save(self, folder: Path) -> None:
        """Write corpus.json, atomically."""
        partial = folder / "corpus.json.partial"
        partial.write_text(json.dumps({"fingerprint": self.fingerprint, **self.listing}, indent=1))
        partial.replace(folder / "corpus.json")


def read_corpus(folder: Path) -> CorpusInfo:
    """Read corpus.json."""
    path = folder / "corpus.json"
    try:
        listing = json.loads(path.read_text())
        shards = tuple(ShardInfo(**row) for row in listing["shards"])
        return CorpusInfo(
            vocabulary=listing["vocabulary"],
            vocabulary_size=listing["vocabulary_size"],
            recipe=listing["recipe"],
            shards=shards,
            legal=listing.get("legal"),
            ends=tuple(listing["ends"]) if "ends" in listing else None,
        )
    except FileNotFoundError:
        raise CheckpointError(f"{path}: not found; make a corpus with `logos prepare`") from None
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: not a corpus listing ({error})") from None
