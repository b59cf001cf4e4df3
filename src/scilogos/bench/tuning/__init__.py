"""Fine-tuning on a user's own table: a corpus of it, figures before, a run, weights, the same figures after.

    OUT/tuning.json   what was asked for; another request is refused here
        corpus/       the table as sentences, with its ledger
        before.json   figures of the weights it starts from
        run/          checkpoints and metrics
        model/        the weights: every task takes them by --model
        after.json    the same figures of these
        report.json   both, with counts and settings

Each is whole or not there, so the same request goes on where it was interrupted.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from scilogos.bench.figures import Figure
from scilogos.bench.tuning.recipes import ROW_LENGTH, Method, Task, corpus_recipe, run_recipe, task_named
from scilogos.data.corpus import Work, prepare
from scilogos.data.ledger import Ledger
from scilogos.data.readers import READERS
from scilogos.data.shards import read_corpus
from scilogos.data.source import CorpusRecipe, Reading, Record
from scilogos.data.tables import digest
from scilogos.errors import InputError, MissingError, StorageError
from scilogos.grammar import Sentence
from scilogos.model import fingerprint, has_bf16_tiles
from scilogos.science import replacing
from scilogos.tasks import Logos, load
from scilogos.tasks.calibration import Calibration
from scilogos.tokens import Codec, save_hf_tokenizer
from scilogos.tokens import load as load_codec
from scilogos.train import TrainRecipe, held_out_loss, train

__all__ = ["LOSS", "Method", "Tuning", "tune"]

LOSS = "loss, nats a free choice"


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """The new weights, the records trained on and held out, and their figures before and after; `notes` on the rest."""

    model: Path
    records: dict[str, int]
    steps: int
    before: dict[str, Figure]
    after: dict[str, Figure]
    notes: tuple[str, ...] = ()


def tune(
    logos: Logos,
    task: str,
    table: Path,
    out: Path,
    method: Method = Method(),
    *,
    quiet: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Tuning:
    """Fine-tune a model for a task on a table; the new weights are in `out`/model. Interrupted, the same call goes on.

    InputError names the line of a row that cannot be used, before anything is written. `say` is told what begins.
    """
    kind, recipe = task_named(task), corpus_recipe(task, table, method.seed)
    if not isinstance(logos.engine.codec, Codec):
        raise InputError(f"{logos.folder}: fine-tuning needs a model of our own vocabulary, such as logos-8m")
    if not table.is_file():
        raise MissingError(f"{table}: no such file")
    records, counts = _records(recipe, table)
    held = [record.sentences[0] for record in records if record.split == "val"]
    asked = {"model": fingerprint(logos.folder), "task": task, "table": digest(table), **asdict(method)}
    _claim(out, asked)
    corpus = out / "corpus"
    if not (corpus / "corpus.json").is_file():
        say(f"writing {len(records)} records as sentences, {counts['val']} of them held out")
        prepare(recipe, table.parent, corpus, logos.engine.codec, Work(blocks=1))
    settings = run_recipe(logos.folder, read_corpus(corpus), corpus, method, bf16=has_bf16_tiles())
    before = _figures(out / "before.json", kind, logos, held, settings, say)
    say(f"training, {settings.steps} steps")
    model = _model(train(settings, out / "run", quiet=quiet), logos.folder, out / "model")
    after = _figures(out / "after.json", kind, load(model), held, settings, say)
    found = Tuning(
        model=model, records=counts, steps=settings.steps, before=before, after=after, notes=tuple(_notes(corpus))
    )
    _write(out / "report.json", {"asked": asked, "run": asdict(settings), **asdict(found)})
    return found


def _records(recipe: CorpusRecipe, table: Path) -> tuple[list[Record], dict[str, int]]:
    """The records as the corpus will have them, and how many of each split; InputError where one is empty."""
    (source,) = recipe.sources
    reading = Reading(
        source=source, data=table.parent, ledger=Ledger(), seed=recipe.seed, val_percent=recipe.val_percent
    )
    records = list(READERS[source.reader](reading))
    counts = Counter(record.split for record in records)
    if not counts["train"] or not counts["val"]:
        found = f"found {counts['train']} records to train on and {counts['val']} held out"
        raise InputError(f"{found}; expected at least 1 of each, of different products or chains", path=table)
    return records, {"train": counts["train"], "val": counts["val"]}


def _claim(out: Path, asked: dict[str, Any]) -> None:
    """Take a new or empty folder for a request, or find it there; InputError where the folder holds anything else."""
    path = out / "tuning.json"
    if path.is_file():
        before = json.loads(path.read_text())
        if changed := [key for key in asked if before.get(key) != asked[key]]:
            was = ", ".join(f"{key} {before.get(key)}" for key in changed)
            raise InputError(f"was begun with {was}; name another folder with --out", path=out)
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("is there and holds no fine-tuning; name another folder with --out", path=out)
    else:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{out}: cannot be made: {error.strerror or error}") from error
        _write(path, asked)


def _write(path: Path, what: Any) -> None:
    with replacing(path) as stream:
        stream.write(json.dumps(what, indent=1, default=str) + "\n")


def _figures(
    path: Path, task: Task, logos: Logos, held: Sequence[Sentence], run: TrainRecipe, say: Callable[[str], None]
) -> dict[str, Figure]:
    """The figures of a model, measured unless they are there."""
    if not path.is_file():
        say(f"measuring {path.stem} training, on what is held out")
        (modality,) = run.shares
        loss = held_out_loss(logos.folder, run.corpus, modality, row_length=ROW_LENGTH)
        figures = {LOSS: Figure(loss, count=len(held), percent=False)} | task.measure(logos, held)
        _write(path, {name: asdict(figure) for name, figure in figures.items()})
    return {name: Figure(**values) for name, values in json.loads(path.read_text()).items()}


def _model(final: Path, start: Path, out: Path) -> Path:
    """Make the folder of the new weights, all that a task needs in it; calibration comes along."""
    partial = out.with_name(out.name + ".partial")
    try:
        for folder in (partial, out):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(final, partial)
        save_hf_tokenizer(load_codec(final), partial)
        if (calibrated := Calibration.of(start)).weights:
            replace(calibrated, weights=fingerprint(partial)).write(partial)
        partial.rename(out)
    except OSError as error:
        raise StorageError(f"{out}: cannot be written: {error.strerror or error}") from error
    return out


def _notes(corpus: Path) -> list[str]:
    """What the ledger says was merged or left out."""
    (counts,) = json.loads((corpus / "ledger.json").read_text())["sources"].values()
    told = ("merged", "dropped", "answers outside")
    return [f"{number:,} {what}" for what, number in counts.items() if number and what.startswith(told)]
