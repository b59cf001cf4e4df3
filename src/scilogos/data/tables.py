"""Rows of source tables, streamed: csv and jsonl, plain or compressed by gzip or zstd, with the line in every error."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scilogos.errors import InputError, MissingError

csv.field_size_limit(1 << 24)


def open_text(path: Path) -> io.TextIOBase:
    """Open a text file for reading, decompressing by its ending."""
    if not path.is_file():
        raise MissingError(f"{path}: no such file")
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    if path.suffix == ".zst":
        import zstandard

        stream = zstandard.ZstdDecompressor(max_window_size=1 << 31).stream_reader(path.open("rb"), closefd=True)
        return io.TextIOWrapper(stream, encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def read_rows(path: Path, columns: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Yield the rows of a csv or jsonl table; InputError for a missing column, a broken line or a broken archive."""
    number = 0
    try:
        with open_text(path) as handle:
            if ".jsonl" in path.suffixes:
                for number, line in enumerate(handle, 1):
                    yield json.loads(line)
                return
            reader = csv.DictReader(handle)
            lacking = [column for column in columns if column not in (reader.fieldnames or ())]
            if lacking:
                found = ", ".join(reader.fieldnames or ()) or "an empty file"
                raise InputError(f"found columns {found}; expected {', '.join(lacking)}", path=path, line=1)
            for number, row in enumerate(reader, 2):
                if None in row or None in row.values():
                    raise InputError(f"expected {len(reader.fieldnames or ())} fields", path=path, line=number)
                yield row
    except (json.JSONDecodeError, UnicodeDecodeError, EOFError, gzip.BadGzipFile) as error:
        raise InputError(f"broken table: {error}", path=path, line=number) from None
