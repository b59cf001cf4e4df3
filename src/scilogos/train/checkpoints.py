"""Checkpoints of a run: a folder gets its name only when everything in it has reached the disk.

runs/NAME/config.json                             the model's sizes, in Hugging Face's spelling
          checkpoint-00000100/state.safetensors   masters and optimiser state; of several processes shard-* by torch's
                                                  distributed checkpoint, safetensors too: nothing is pickled
                              progress.json       step, draws of the data, corpus fingerprint, digests of the files
          lock                                    held by the process that trains, and its number
"""

import fcntl
import json
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.distributed.tensor import DTensor

from scilogos.errors import CheckpointError, StorageError
from scilogos.train.parallel import Ranks

CONFIG_NAME, PROGRESS_NAME, STATE_NAME = "config.json", "progress.json", "state.safetensors"
LOCK_NAME = "lock"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(run: Path) -> Iterator[None]:
    """Make the folder of a run and keep other processes from training there; CheckpointError where one does.

    The lock goes with the process, however it ends: the file that stays holds nobody off.
    """
    try:
        run.mkdir(parents=True, exist_ok=True)
        file = (run / LOCK_NAME).open("a+")
    except OSError as error:
        raise StorageError(f"{run}: cannot be made ({error.strerror})") from error
    with file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            file.seek(0)
            holder = file.read().strip() or "another one"
            message = f"process {holder} is training in this folder; wait for it, or name another folder"
            raise CheckpointError(f"{run}: {message}") from None
        except OSError as error:
            raise StorageError(f"{run}: cannot be locked ({error.strerror})") from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def save(
    run: Path, step: int, tensors: dict[str, Tensor], progress: dict[str, Any], keep: int, ranks: Ranks, every: int = 1
) -> Path:
    """Write a checkpoint and remove all but the newest `keep`; StorageError leaves the older ones as they were.

    One that is not of a multiple of `every` steps stays only until the next, so that a run that was stopped keeps the
    same as one that was not. Every rank writes its shards. The first one gives the folder its name when all have
    written.
    """
    final, partial = run / f"checkpoint-{step:08d}", run / f"checkpoint-{step:08d}.partial"
    try:
        with ranks.together():
            if ranks.first:
                for leftover in run.glob("checkpoint-*.partial"):
                    shutil.rmtree(leftover, ignore_errors=True)
                partial.mkdir(parents=True)
        with ranks.together():
            mine = _write(partial, tensors, ranks)
            digest = _digest(mine) if mine.exists() else -1
        digests = {_file(rank, ranks.world): found for rank, found in enumerate(ranks.gather(digest)) if found >= 0}
        with ranks.together():
            if ranks.first:
                (partial / PROGRESS_NAME).write_text(json.dumps({"step": step, "files": digests, **progress}))
                for written in (partial / PROGRESS_NAME, partial):
                    _sync(written)
                partial.rename(final)
                _sync(run)
    except (OSError, SafetensorError) as error:  # a full disk comes as either
        shutil.rmtree(partial, ignore_errors=True)
        raise StorageError(f"{final}: the checkpoint could not be written ({error}); older ones are intact") from error
    if ranks.first:
        whole = found(run)
        stay = [folder for folder in whole if folder == final or _step(folder) % every == 0][-keep:]
        for old in (folder for folder in whole if folder not in stay):
            with suppress(OSError):  # by its name it is a whole checkpoint until the last moment
                shutil.rmtree(old.rename(old.with_suffix(".partial")), ignore_errors=True)
    return final


def _file(rank: int, world: int) -> str:
    """The file of a rank: our own name where there is one, else as torch names its shards."""
    return STATE_NAME if world == 1 else f"shard-{rank + 1:05d}-model-00001-of-00001.safetensors"


def _write(folder: Path, tensors: dict[str, Tensor], ranks: Ranks) -> Path:
    """Write what this rank holds and see that it reaches the disk; where that is nothing, there is no file."""
    mine = folder / _file(ranks.rank, ranks.world)
    if ranks.world == 1:
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, mine)
    else:
        from torch.distributed import checkpoint as dcp

        try:
            writer = dcp.HuggingFaceStorageWriter(str(folder), save_distributed=True)
            dcp.save(dict(tensors), storage_writer=writer)
        except dcp.CheckpointException as error:  # a BaseException that all ranks raise
            raise OSError("; ".join(str(failure) for failure, _ in error.failures.values())) from None
    if mine.exists():
        _sync(mine)
    return mine


def _digest(path: Path) -> int:
    """The CRC-32 of a file."""
    digest = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest = crc32(chunk, digest)
    return digest


def found(run: Path) -> list[Path]:
    """The whole checkpoints of a run, oldest first."""
    return sorted(p for p in run.glob("checkpoint-????????") if p.is_dir())


def _step(folder: Path) -> int:
    return int(folder.name.rpartition("-")[2])


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A whole checkpoint on the disk: what it says of itself, and the shapes of its tensors."""

    folder: Path
    progress: dict[str, Any]
    shapes: dict[str, torch.Size]

    def kinds(self, name: str) -> set[str]:
        """What is held of a parameter: its master and the kinds of its optimiser state."""
        return {key.split("/", 1)[0] for key in self.shapes if key.split("/", 1)[1] == name}

    def read(self, into: dict[str, Tensor]) -> None:
        """Read tensors in place: shards by all ranks together, whole ones by whoever asks."""
        from torch.distributed import checkpoint as dcp

        alone = not any(isinstance(tensor, DTensor) for tensor in into.values())
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "torch.distributed is disabled")
            dcp.load(dict(into), storage_reader=dcp.HuggingFaceStorageReader(str(self.folder)), no_dist=alone)


def load(folder: Path, ranks: Ranks = Ranks()) -> Saved:
    """Open a checkpoint of any number of ranks; CheckpointError names the broken file.

    Each rank compares its part of the files with their digests; all wait for that.
    """
    cure = "remove this checkpoint to go on from the one before"
    path = folder / PROGRESS_NAME
    try:
        with ranks.together():
            progress = json.loads(path.read_text())
            step, corpus, draws = progress["step"], progress["corpus"], progress["draws"]
            if not (
                isinstance(step, int)
                and isinstance(corpus, str)
                and {"row", "phase", "taken", "tokens"} <= draws.keys()
            ):
                raise ValueError("step, corpus or draws are not what they should be")
            files = progress.get("files", {STATE_NAME: None})  # those from before there were several say no digest
            shapes: dict[str, list[int]] = {}
            for number, (name, digest) in enumerate(files.items()):
                path = folder / name
                if digest is not None and number % ranks.world == ranks.rank and _digest(path) != digest:
                    raise ValueError("its content has changed")
                for key, shape in _shapes(path):
                    shapes[key] = list(map(max, shape, shapes.get(key, shape)))
            return Saved(folder=folder, progress=progress, shapes={k: torch.Size(v) for k, v in shapes.items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{path}: not whole ({type(error).__name__}: {error}); {cure}") from error


def _shapes(path: Path) -> Iterator[tuple[str, list[int]]]:
    """The tensors of a file, each with the least shape that holds what of it is here."""
    with safe_open(path, framework="pt") as file:
        cut = json.loads((file.metadata() or {}).get("DCP_SHARDING_INFO", "{}"))
        for key in file.keys():  # noqa: SIM118, not a dictionary
            shape = file.get_slice(key).get_shape()
            starts = cut[key]["saved_offsets"] if key in cut else [0] * len(shape)
            yield key, [start + size for start, size in zip(starts, shape, strict=True)]


def write_config(run: Path, config: dict[str, Any]) -> None:
    """Write config.json of a run, whole or not at all; CheckpointError where the run has begun with another one."""
    path, partial = run / CONFIG_NAME, run / f"{CONFIG_NAME}.partial"
    if path.is_file() and found(run):
        before = read_config(run)
        changed = sorted(key for key in config if before.get(key) != config[key])
        if changed:
            was = ", ".join(f"{key} = {before.get(key)!r}" for key in changed)
            raise CheckpointError(f"{path}: the run has begun with {was}; take another folder for another model")
        return
    try:
        partial.write_text(json.dumps(config, indent=2) + "\n")
        _sync(partial)
        partial.replace(path)
    except OSError as error:
        raise StorageError(f"{path}: could not be written ({error.strerror})") from error


def read_config(run: Path) -> dict[str, Any]:
    """Read config.json of a run."""
    path = run / CONFIG_NAME
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise CheckpointError(f"{path}: cannot be read as a model's config ({error})") from error
