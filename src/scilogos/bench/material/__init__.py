"""Material generation: stage 1, what is valid, novel and unique as text; stage 2, what of it stands as a structure.

`text` draws and compares. `fit` finds building blocks, `stage_two` assembles, relaxes and checks by the programs
`assembly`, `relaxation`, `checks` and `porosity`, each under `limits`. `distributions` draws the pictures.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scilogos.bench.figures import Figure
from scilogos.bench.held_out import Answer, HeldOut, Item
from scilogos.bench.material.distributions import plots
from scilogos.bench.material.fit import BLOCKS, NETS, Library
from scilogos.bench.material.settings import JUDGING, Settings, judged_by
from scilogos.bench.material.stage_two import judged, structure_figures
from scilogos.bench.material.text import TABLE, Training, baseline, is_new, parts_of, predict, text_figures, verdicts
from scilogos.data.tables import read_rows
from scilogos.errors import InputError
from scilogos.tasks import material_generation

__all__ = [
    "BATCH",
    "DRAWS",
    "FILES",
    "HELD_OUT",
    "JUDGING",
    "METHOD",
    "SAMPLES",
    "Settings",
    "baseline",
    "items",
    "judge",
    "judged_by",
    "plots",
    "predict",
    "score",
]

FILES = (TABLE, BLOCKS, NETS)
HELD_OUT = (
    "nothing is given, so nothing is held out; novelty is against all rows of the training split by linker set. "
    "VNU as in MOFFlow-2; BW-DB is not used, so not comparable with published VNU."
)
METHOD = (
    f"{material_generation.SAMPLING}; nodes constrained to fragments of training nodes, linkers to SMILES valence; "
    "compared without net and protonation. Controls: random weights under the same constraint; nodes and net of one "
    "random training row with the linkers of another. Stage 2: of the first draws, the valid and novel are assembled "
    "on the named net or else the smallest that fits, relaxed by UFF with the cell, and checked as MOFDiff and "
    "MOFFlow-2 do; what cannot be assembled counts as failed, whoever's fault it is"
)
SAMPLES, BATCH = None, 100  # one draw an item
DRAWS = 1000


def items(data: Path, *, limit: int | None, seed: int, settings: Settings = Settings()) -> HeldOut:
    """Number the draws; read the nodes, linkers and nets of the training rows, and the blocks if they are wanted."""
    del seed
    rows = read_rows(data / TABLE, ("node", "linkers", "topology", "split_linker"))
    trained = ((row["node"], row["linkers"], row["topology"]) for row in rows if row["split_linker"] == "train")
    training = Training(trained, Library.read(data) if settings.structures else None)
    if not training.pairs:
        raise InputError("no row of the training split can be read", path=data / TABLE)
    return HeldOut(tuple(Item(str(i), None) for i in range(limit or DRAWS)), training=training)


def judge(held: HeldOut, batch: Sequence[Item], answers: Sequence[Answer]) -> list[Answer]:
    """Build and check the valid, novel ones of the first draws, as many at a time as there are cores; else nothing."""

    def one(item: Item, answer: Answer) -> Answer:
        parts = parts_of(answer)
        if int(item.key) >= held.settings.structures or parts is None or not is_new(parts, held.training):
            return {}
        folder = held.folder / "structures"
        return judged(*parts, answer.get("net"), held.training.library, held.settings, folder)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1) as pool:
        return list(pool.map(one, batch, answers))


def score(held: HeldOut, answers: Sequence[Answer]) -> dict[str, Figure]:
    """Shares of all draws as text; of those that went on to stage 2, what was built, what passed, and why not."""
    vnu = verdicts(answers, held.training)["vnu"]
    return text_figures(answers, held.training) | structure_figures(answers, vnu)
