"""Text files read whole, plain or gzip, and written whole or not at all."""

import gzip
import os
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from scilogos.errors import InputError, MissingError, ScilogosError, StorageError


def read_text(path: str | os.PathLike) -> str:
    """Read a whole text file, unpacked if it is gzip by its first bytes; InputError when cut short or not text."""
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise MissingError(f"{path}: there is no such file") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path=path) from None
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error) as error:
            raise InputError(f"the gzip data are broken or cut short ({error}); fetch it again", path=path) from None
    if not data.strip():
        raise InputError("the file is empty", path=path)
    if b"\0" in data[:4096]:
        raise InputError(f"found binary data, starting {data[:8]!r}; expected text", path=path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[TextIO]:
    """Write text under a temporary name beside `path` and rename it at the end; gzip where the name ends in .gz.

    On any error an elder file stays as it was and the temporary one goes. StorageError where the disk refuses.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    unpacked = gzip.open if target.suffix == ".gz" else open
    try:
        with unpacked(temporary, "wt", encoding="utf-8", newline="\n") as stream:
            yield stream
        os.replace(temporary, target)
    except ScilogosError:
        raise
    except OSError as error:
        raise StorageError(f"cannot write {target}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)
