"""Rows of source tables, streamed: csv and jsonl, plain or compressed by gzip or zstd, with the line in every error."""

import csv
import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, TextIO

from scilogos.errors import InputError, MissingError

csv.field_size_limit(1 << 24)

_ENCODING = "utf-8-sig"  # what spreadsheets write begins with a mark
_BROKEN = (json.JSONDecodeError, UnicodeDecodeError, csv.Error, EOFError, zlib.error, OSError)


def digest(path: Path) -> str:
    """12 hexadecimal digits that name the content of a file; it is read again only when its length or time changes."""
    state = path.stat()
    return _digest(path.resolve(), state.st_size, state.st_mtime_ns)


@lru_cache
def _digest(path: Path, length: int, changed: int) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()[:12]


def open_text(path: Path) -> TextIO:
    """Open a text file for reading, decompressing by its ending."""
    if not path.is_file():
        raise MissingError(f"{path}: no such file")
    try:
        if path.suffix == ".gz":
            return gzip.open(path, "rt", encoding=_ENCODING, newline="")
        if path.suffix == ".zst":
            return io.TextIOWrapper(io.BufferedReader(_Zstd(path)), encoding=_ENCODING, newline="")
        return path.open(encoding=_ENCODING, newline="")
    except PermissionError as error:
        raise InputError(f"cannot be read: {error.strerror}", path=path) from None


def read_rows(path: Path, columns: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Yield the rows of a csv or jsonl table; InputError for a missing column, a broken line or a broken archive."""
    for _, row in numbered_rows(path, columns):
        yield row


def numbered_rows(path: Path, columns: tuple[str, ...] = ()) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows of a table, each with the line on which it ends."""
    with open_text(path) as handle:
        lines = _Lines(handle)
        rows = _jsonl(lines, columns) if ".jsonl" in path.suffixes else _csv(lines, columns)
        try:
            for row in rows:
                yield lines.number, row
        except InputError as error:
            raise InputError(str(error), path=path, line=lines.number) from None
        except _BROKEN as error:
            raise InputError(f"broken table: {error}", path=path, line=lines.number) from None


def _jsonl(lines: "_Lines", columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for line in lines:
        row = json.loads(line)
        if not isinstance(row, dict):
            raise InputError(f"found {line.strip()[:40]!r}; expected a JSON object")
        _require(columns, row)
        yield row


def _csv(lines: "_Lines", columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    reader = csv.reader(lines, strict=True)
    names = next(reader, [])
    _require(columns, names)
    for fields in reader:
        if fields and len(fields) != len(names):
            raise InputError(f"found {len(fields)} fields; expected {len(names)}")
        if fields:
            yield dict(zip(names, fields, strict=True))


def _require(columns: tuple[str, ...], found: Any) -> None:
    lacking = [column for column in columns if column not in found]
    if lacking:
        raise InputError(f"found columns {', '.join(found) or '(none)'}; expected {', '.join(lacking)}")


class _Lines:
    """The lines of a file, and the number of the one read last, or being read when an error came."""

    def __init__(self, handle: TextIO) -> None:
        self._handle, self.number = handle, 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        self.number += 1
        return next(self._handle)


class _Zstd(io.RawIOBase):
    """The content of a zstd file; EOFError where it is cut short, at which zstandard's own reader ends in silence."""

    def __init__(self, path: Path) -> None:
        try:
            import zstandard
        except ImportError:
            raise MissingError(f"{path}: reading zstd needs the package zstandard; pip install zstandard") from None
        self._error, self._decompressor = zstandard.ZstdError, zstandard.ZstdDecompressor(max_window_size=1 << 31)
        self._file, self._ready = path.open("rb"), memoryview(b"")
        self._frame: Any = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not len(self._ready):
            ended = self._frame is None or self._frame.eof
            data = (self._frame.unused_data if self._frame and ended else b"") or self._file.read(1 << 16)
            if not data and not ended:
                raise EOFError("the archive ends before its end marker")
            if not data:
                return 0
            if ended:
                self._frame = self._decompressor.decompressobj()
            try:
                self._ready = memoryview(self._frame.decompress(data))
            except self._error as error:
                raise OSError(str(error)) from None
        count = min(len(buffer), len(self._ready))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
