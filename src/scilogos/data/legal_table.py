"""The legal table of a post-training corpus as a file, named by its content. Reading needs only numpy."""

import hashlib
import io
from pathlib import Path

import numpy as np

from scilogos.data.shards import CorpusInfo
from scilogos.errors import CheckpointError


def save(folder: Path, table: np.ndarray) -> str:
    """Write the legal table, bool [rows, vocabulary], under the name of its content; return its SHA-256."""
    buffer = io.BytesIO()
    np.save(buffer, table)
    sha256 = hashlib.sha256(buffer.getvalue()).hexdigest()
    _path(folder, sha256).write_bytes(buffer.getvalue())
    return sha256


def load(folder: Path, corpus: CorpusInfo) -> np.ndarray | None:
    """Read the legal table of a corpus; CheckpointError when it is not there, or not the one that marked the shards."""
    if corpus.legal is None:
        if any("legal" in shard.sha256 for shard in corpus.shards):
            raise CheckpointError(f"{folder}: its shards are marked, but no legal table is listed; prepare it again")
        return None
    path = _path(folder, corpus.legal)
    if not path.is_file():
        raise CheckpointError(f"{path}: missing; prepare the corpus again")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != corpus.legal:
        raise CheckpointError(f"{path}: content does not match its name; prepare the corpus again")
    return np.load(io.BytesIO(data), allow_pickle=False)


def _path(folder: Path, sha256: str) -> Path:
    return folder / f"legal.{sha256[:12]}.npy"
