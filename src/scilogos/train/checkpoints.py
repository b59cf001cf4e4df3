"""Checkpoints of a run: a folder gets its name only when everything in it has reached the disk.

runs/NAME/config.json                             the model's sizes, in Hugging Face's spelling
          checkpoint-00000100/state.safetensors   masters and optimiser state
                              progress.json       step, draws of the data, corpus fingerprint
          lock                                    held by the process that trains, and its number
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from scilogos.errors import CheckpointError, StorageError

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


def save(run: Path, step: int, tensors: dict[str, Tensor], progress: dict[str, Any], keep: int) -> Path:
    """Write a checkpoint and remove all but the newest `keep`; StorageError leaves the older ones as they were."""
    final, partial = run / f"checkpoint-{step:08d}", run / f"checkpoint-{step:08d}.partial"
    try:
        for leftover in run.glob("checkpoint-*.partial"):
            shutil.rmtree(leftover, ignore_errors=True)
        partial.mkdir(parents=True)
        save_file(tensors, partial / STATE_NAME)
        (partial / PROGRESS_NAME).write_text(json.dumps({"step": step, **progress}))
        for written in (*partial.iterdir(), partial):
            _sync(written)
        partial.rename(final)
        _sync(run)
    except (OSError, SafetensorError) as error:  # a full disk comes as either
        shutil.rmtree(partial, ignore_errors=True)
        raise StorageError(f"{final}: the checkpoint could not be written ({error}); older ones are intact") from error
    for old in found(run)[:-keep]:
        with suppress(OSError):  # by its name it is a whole checkpoint until the last moment
            shutil.rmtree(old.rename(old.with_suffix(".partial")), ignore_errors=True)
    return final


def found(run: Path) -> list[Path]:
    """The whole checkpoints of a run, oldest first."""
    return sorted(p for p in run.glob("checkpoint-????????") if p.is_dir())


def load(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a checkpoint; CheckpointError names the broken file."""
    cure = "remove this checkpoint to go on from the one before"
    path = folder / PROGRESS_NAME
    try:
        progress = json.loads(path.read_text())
        step, corpus, draws = progress["step"], progress["corpus"], progress["draws"]
        if not (
            isinstance(step, int) and isinstance(corpus, str) and {"row", "phase", "taken", "tokens"} <= draws.keys()
        ):
            raise ValueError("step, corpus or draws are not what they should be")
        path = folder / STATE_NAME
        return load_file(path), progress
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise CheckpointError(f"{path}: not whole ({type(error).__name__}: {error}); {cure}") from error


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
