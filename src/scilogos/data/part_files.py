"""The files of a part of a corpus; see `parts`.

<part>/records     the records in order, see `pack`
<part>/legal.npy   bool [rows, vocabulary], for post-training: the sets of symbols that this part's marks number
<part>/part.json   what the reader counted (in the first part alone) and what of this part could not be told; the
                   lengths of the other files, by which one that was cut short is known
"""

import json
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from scilogos.data.source import Split

_RECORD, _SENTENCE = struct.Struct("<QB16sH"), struct.Struct("<BII")
_SPLITS: tuple[Split, ...] = ("train", "val")
_SEAL = "part.json"
TOLD, OUTSIDE, UNKNOWN, LONG = range(4)  # what became of a sentence; OUTSIDE: told, but outside its constraint


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


def pack(file: BinaryIO, place: int, digest: bytes, split: Split, sentences: Sequence[Encoded]) -> None:
    """Append a record: its head, and for each sentence a head, the symbols and, where there are any, the marks."""
    file.write(_RECORD.pack(place, _SPLITS.index(split), digest, len(sentences)))
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


def seal(folder: Path, counts: Mapping[str, int]) -> None:
    """Say that a part is whole, when all of it is on the disk."""
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    (folder / _SEAL).write_text(json.dumps({"counts": counts, "sizes": sizes}))
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def counts(folder: Path) -> dict[str, int]:
    """What the making of a part counted."""
    return json.loads((folder / _SEAL).read_text())["counts"]


def is_whole(folder: Path) -> bool:
    """Whether a part is there and none of its files is cut short."""
    try:
        sizes = json.loads((folder / _SEAL).read_text())["sizes"]
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError):
        return False
