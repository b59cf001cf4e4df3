"""Checkpoints of a run: a folder gets its name only when everything in it has reached the disk.

    runs/NAME/checkpoint-00000100/state.safetensors   masters and optimiser state
                                  progress.json       step, draws of the data, recipe and corpus fingerprints
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from scilogos.errors import CheckpointError, StorageError


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def save(run: Path, step: int, tensors: dict[str, Tensor], progress: dict[str, Any], keep: int) -> Path:
    """Write a checkpoint and remove all but the newest `keep`; StorageError leaves the older ones as they were."""
    final, partial = run / f"checkpoint-{step:08d}", run / f"checkpoint-{step:08d}.partial"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        save_file(tensors, partial / "state.safetensors")
        (partial / "progress.json").write_text(json.dumps({"step": step, **progress}))
        for file in partial.iterdir():
            _sync(file)
        shutil.rmtree(final, ignore_errors=True)
        partial.rename(final)
        _sync(run)
    except (OSError, RuntimeError) as error:  # safetensors reports a full disk as a RuntimeError subclass
        shutil.rmtree(partial, ignore_errors=True)
        raise StorageError(f"{final}: the checkpoint could not be written ({error}); older ones are intact") from error
    for old in found(run)[:-keep]:
        shutil.rmtree(old, ignore_errors=True)
    return final


def found(run: Path) -> list[Path]:
    """The whole checkpoints of a run, oldest first."""
    return sorted(p for p in run.glob("checkpoint-????????") if p.is_dir())


def load(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a checkpoint; CheckpointError names the broken file."""
    try:
        progress = json.loads((folder / "progress.json").read_text())
        return load_file(folder / "state.safetensors"), progress
    except Exception as error:
        raise CheckpointError(f"{folder}: not a whole checkpoint ({error}); remove it to go on from the one before") from error
