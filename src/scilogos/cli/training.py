"""The verb train: a run by a recipe, or a model fine-tuned on a user's own table."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from scilogos.cli.output import Result
from scilogos.errors import InputError


def train(
    recipe: Path | None = None,
    /,
    *,
    run: Path | None = None,
    start: Annotated[str | None, Parameter(name="--from")] = None,
    task: str | None = None,
    data: Path | None = None,
    out: Path | None = None,
    method: Literal["lora", "full"] | None = None,
    rank: int | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    quiet: bool = False,
) -> None:
    """Train by a recipe, or fine-tune a model on your own table; started again, it goes on where it stopped.

    Several processes: docs/scale.md.

    Example: logos train recipes/pretrain.toml --run runs/logos-8m-pretrain
    Example: logos train --from logos-8m --task retrosynthesis --data mine.csv --out mine

    Parameters
    ----------
    recipe
        A TOML file with a table [train].
    run
        The folder of the recipe's run; default runs/NAME.
    start
        The model to fine-tune, by name or folder.
    task
        What the table is for: retrosynthesis, binding-site, ligand, material, editing or cdr.
    data
        The table, CSV or JSONL; docs/own-data.md lists its columns.
    out
        The folder of the fine-tuning; default runs/ and the table's name. The new weights are in OUT/model.
    method
        Full, the default, moves all weights; lora only adapters of the given rank.
    rank
        Of the adapters; default 16.
    epochs
        How often each record is told; default by the table's size.
    seed
        Of what is held out, of the order and of the adapters; default 1.
    """
    tuning = {"from": start, "task": task, "data": data}
    more = {"out": out, "method": method, "rank": rank, "epochs": epochs, "seed": seed}
    if recipe is not None:
        if given := [name for name, value in (tuning | more).items() if value is not None]:
            raise InputError(f"--{given[0]} is for fine-tuning, without a recipe; found the recipe {recipe}")
        _by_recipe(recipe, run, quiet)
        return
    if start is None or task is None or data is None:
        lacking = ", ".join(f"--{name}" for name, value in tuning.items() if value is None)
        raise InputError(f"expected a recipe, or --from, --task and --data to fine-tune a model; found no {lacking}")
    if run is not None:
        raise InputError("--run is for a recipe; name the folder of a fine-tuning with --out")
    if rank is not None and method != "lora":
        raise InputError("--rank is for --method lora")
    _on_table(start, task, data, out, quiet, kind=method, rank=rank, epochs=epochs, seed=seed)


def _by_recipe(recipe: Path, run: Path | None, quiet: bool) -> None:
    from scilogos.tokens import Codec, load, save_hf_tokenizer
    from scilogos.train import read_recipe
    from scilogos.train import train as go

    settings = read_recipe(recipe)
    final = go(settings, run or Path("runs") / settings.name, quiet=quiet)
    if os.environ.get("RANK", "0") != "0":  # of several processes under torchrun
        return
    codec = load(final)
    if isinstance(codec, Codec):
        save_hf_tokenizer(codec, final)  # so that transformers reads the folder too
    print(final)


def _on_table(start: str, task: str, table: Path, out: Path | None, quiet: bool, **options: object) -> None:
    from scilogos.bench import Method, tune
    from scilogos.tasks import load

    method = Method(**{name: value for name, value in options.items() if value is not None})
    out = out or Path("runs") / table.name.partition(".")[0]
    found = tune(load(start), task, table, out, method, quiet=quiet, say=lambda line: None if quiet else _say(line))
    rows = [
        {"held out": name, "before": str(figure), "after": str(found.after[name]), "items": figure.count}
        for name, figure in found.before.items()
    ]
    counts = f"{found.records['train']:,} records trained on, {found.records['val']:,} held out"
    Result(rows, f"Fine-tuned for {task}").show(None)
    for note in (counts, *found.notes, f"the model is in {found.model}"):
        _say(note)


def _say(line: str) -> None:
    print(line, file=sys.stderr)
