"""What a run has been told to do: recipe.json in its folder, every key resolved, from which step on.

    [{"from_step": 0, "train": {...}}, {"from_step": 640, "train": {...}}]

A run that is resumed with a changed recipe gets a second entry. Reports of a run read it, not the recipe of today.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scilogos.errors import CheckpointError, RecipeError, StorageError
from scilogos.recipe import to_dataclass
from scilogos.train.recipe import TrainRecipe

RECORD_NAME = "recipe.json"


def record(run: Path, recipe: TrainRecipe, step: int) -> None:
    """Add what a run does from a step on, unless it is what it did before; StorageError where the disk refuses."""
    path, partial = run / RECORD_NAME, run / f"{RECORD_NAME}.partial"
    told, now = _read(path), json.loads(json.dumps(asdict(recipe), default=str))
    if told and told[-1]["train"] == now:
        return
    before = [entry for entry in told if entry["from_step"] < step]
    try:
        partial.write_text(json.dumps([*before, {"from_step": step, "train": now}], indent=1) + "\n")
        partial.replace(path)
    except OSError as error:
        raise StorageError(f"{path}: could not be written ({error.strerror})") from error


def recorded(run: Path) -> TrainRecipe | None:
    """The recipe that a run follows by its own record; None for a run of an earlier version, which kept none."""
    path = run / RECORD_NAME
    told = _read(path)
    if not told:
        return None
    table = {key: value for key, value in told[-1]["train"].items() if value is not None}
    try:
        return to_dataclass(TrainRecipe, table, str(path))
    except RecipeError as error:
        raise CheckpointError(str(error)) from None


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    try:
        told = json.loads(path.read_text())
        return [{"from_step": int(entry["from_step"]), "train": dict(entry["train"])} for entry in told]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: cannot be read as the record of a run ({error})") from error
