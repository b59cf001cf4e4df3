"""Fine-tuning as recipes: how the table of a task is read, and a run whose size fits it. Reads and writes nothing."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from scilogos.bench.figures import Figure
from scilogos.bench.tuning import own
from scilogos.data.shards import CorpusInfo
from scilogos.data.source import CorpusRecipe, Source
from scilogos.errors import InputError, RecipeError
from scilogos.grammar import Sentence
from scilogos.tasks import Logos
from scilogos.train import TrainRecipe

HELD_OUT_PERCENT = 10.0
ROW_LENGTH, MOST_SYMBOLS = 2048, 1400
LEAST_STEPS, MOST_EPOCHS = 200, 20  # epochs are chosen to give so many steps, if so many epochs suffice
LONG_RUN, MOST_ROWS = 600, 8  # a step of a run that were longer has more rows
RATES = {"lora": 2e-3, "full": 5e-4}


class Task(NamedTuple):
    """How a table of one task is read, and what is measured of its held-out records beside the loss."""

    reader: str
    writings: int = 1
    forms: tuple[str, ...] = ()
    measure: Callable[[Logos, Sequence[Sentence]], dict[str, Figure]] = lambda model, held: {}


TASKS = {
    "retrosynthesis": Task("own_reactions", 4, ("retro",), own.reactants),
    "binding-site": Task("own_sites", measure=own.marks),
    "ligand": Task("own_ligands", 2, ("marked", "expanded")),
    "material": Task("own_materials"),
    "editing": Task("own_edits"),
    "cdr": Task("own_antibodies", 4),
}


@dataclass(frozen=True, kw_only=True)
class Method:
    """How to fine-tune: all weights or adapters of a rank; without epochs, as many as the table's size asks for."""

    kind: Literal["lora", "full"] = "full"
    rank: int = 16
    epochs: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        if self.kind not in RATES:
            raise RecipeError(f"method {self.kind!r}: expected {' or '.join(RATES)}")
        for name, least in (("rank", 1), ("epochs", 1), ("seed", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise RecipeError(f"{name}: found {value}; expected {least} or more")


def task_named(name: str) -> Task:
    """The task of a name; InputError lists them."""
    if name not in TASKS:
        raise InputError(f"task {name!r}: expected one of {', '.join(TASKS)}")
    return TASKS[name]


def corpus_recipe(name: str, table: Path, seed: int) -> CorpusRecipe:
    """The corpus of a task's table, which lies in the data folder."""
    task = task_named(name)
    source = Source(reader=task.reader, path=Path(table.name), modality=name, writings=task.writings, forms=task.forms)
    return CorpusRecipe(
        name=table.stem,
        sources=(source,),
        seed=seed,
        max_symbols=MOST_SYMBOLS,
        answers=True,
        val_percent=HELD_OUT_PERCENT,
        val_limit=10**9,  # all that the table holds out
    )


def epoch_tokens(info: CorpusInfo) -> int:
    """Places of an epoch, which tells each record once, an end with each."""
    shards = [shard for shard in info.shards if shard.split == "train" and shard.sentences]
    return sum(round(s.tokens * s.records / s.sentences) + s.records for s in shards)


def run_recipe(start: Path, info: CorpusInfo, corpus: Path, method: Method, *, bf16: bool) -> TrainRecipe:
    """The run: short warm-up, then linear decay to zero; checkpoints and validation at every tenth of it."""
    each = epoch_tokens(info)
    epochs = method.epochs or min(MOST_EPOCHS, math.ceil(LEAST_STEPS * ROW_LENGTH / max(1, each)))
    tokens = max(1, epochs * each)
    rows = min(MOST_ROWS, 1 + tokens // (LONG_RUN * ROW_LENGTH))
    steps = math.ceil(tokens / (rows * ROW_LENGTH))
    (modality,) = {shard.modality for shard in info.shards}
    return TrainRecipe(
        name=start.resolve().name + "-tuned",
        corpus=corpus,
        shares={modality: 1.0},
        tokens=tokens,
        start=start,
        lora_rank=method.rank if method.kind == "lora" else 0,
        row_length=ROW_LENGTH,
        rows_per_step=rows,
        optimiser="adamw",
        learning_rate=RATES[method.kind],
        warmup_tokens=tokens // 20,
        decay_tokens=tokens - tokens // 20,
        weight_decay=0.0,
        answers_only=True,
        precision="bf16" if bf16 else "fp32",
        compile=False,  # takes longer than it saves in a run of minutes
        seed=method.seed,
        validate_every=max(1, steps // 10),
        checkpoint_every=max(1, steps // 10),
        keep=1,
    )
