"""The files of a checkpoint folder: which they are, what they contain, and their fingerprint.

Knows nothing about transformers; never unpickles.
Every fault raises CheckpointError with the file and what was expected.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from scilogos.errors import CheckpointError

CONFIG_NAME = "config.json"
WEIGHTS_NAME = "model.safetensors"
INDEX_NAME = "model.safetensors.index.json"
FLOATS = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def read_json(path: Path) -> Any:
    """Read one JSON file."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        place = f"the folder {path.parent}" if path.parent.is_dir() else f"there is no folder {path.parent}"
        raise CheckpointError(f"{path} is missing ({place}); expected a checkpoint folder") from None
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read as JSON: {error}") from error


def weight_paths(folder: Path) -> list[Path]:
    """Return the safetensors files of a folder in order of name: the single one, or the shards of the index."""
    if (folder / WEIGHTS_NAME).exists():
        return [folder / WEIGHTS_NAME]
    if not (folder / INDEX_NAME).exists():
        raise CheckpointError(f"{folder} holds no weights: expected {WEIGHTS_NAME} or {INDEX_NAME}")
    index = read_json(folder / INDEX_NAME)
    shards = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(shards, dict) or not shards or not all(isinstance(name, str) for name in shards.values()):
        raise CheckpointError(f"{folder / INDEX_NAME} lacks a weight_map from tensors to files")
    paths = [folder / name for name in sorted(set(shards.values()))]
    for path in paths:
        if path.parent != folder or path.suffix != ".safetensors":
            raise CheckpointError(f"{folder / INDEX_NAME} names {path.name!r}: expected *.safetensors beside it")
        if not path.is_file():
            raise CheckpointError(f"{path} is missing: {INDEX_NAME} names {len(paths)} files")
    return paths


def read_shapes(path: Path) -> Iterator[tuple[str, Tensor]]:
    """Give the tensors of one safetensors file without their numbers, by its header: on the device "meta"."""
    with _opened(path) as file:
        for name in file.keys():  # noqa: SIM118, not a dictionary
            held = file.get_slice(name)
            dtype = FLOATS.get(held.get_dtype(), torch.uint8)
            yield name, torch.empty(held.get_shape(), dtype=dtype, device="meta")


def read_tensors(path: Path) -> Iterator[tuple[str, Tensor]]:
    """Read the tensors of one safetensors file one after the other, on the CPU."""
    with _opened(path) as file:
        for name in file.keys():  # noqa: SIM118, not a dictionary
            yield name, file.get_tensor(name)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            yield file
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is not a whole safetensors file: {error}") from error


def fingerprint(folder: str | os.PathLike[str]) -> str:
    """Name a checkpoint by content: 12 hexadecimal digits of the sha256 of config.json and the weight files."""
    folder = Path(folder)
    read_json(folder / CONFIG_NAME)
    digest = hashlib.sha256()
    for path in (folder / CONFIG_NAME, *weight_paths(folder)):
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()[:12]


def write_bytes(path: Path, chunks: Iterator[bytes | memoryview]) -> None:
    """Write a file whole or not at all: under a temporary name first."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def encode_json(values: Mapping[str, Any]) -> bytes:
    """Write JSON the same way every time."""
    return (json.dumps(values, indent=2) + "\n").encode()
