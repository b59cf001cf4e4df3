"""Structures inside tar files."""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from scilogos.errors import InputError


def archived(path: Path, ending: str) -> dict[str, str]:
    """The texts of an archive's files with this ending, by folder and name, those ending in .gz unpacked."""

    def read() -> Iterator[tuple[str, str]]:
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.name.endswith(ending) else None
                if stream is not None:
                    content = stream.read()
                    text = gzip.decompress(content) if member.name.endswith(".gz") else content
                    yield "/".join(Path(member.name).parts[-2:]), text.decode("utf-8", "replace")

    try:
        return dict(read())
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise InputError(f"this archive cannot be read ({error}); fetch it again", path=path) from None
