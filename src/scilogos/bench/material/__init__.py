"""Material generation: stage 1, what is valid, novel and unique as text; stage 2, what of it stands as a structure.

`text` compares. `fit` finds building blocks, `stage_two` assembles, relaxes and checks by the programs
`assembly`, `relaxation`, `checks` and `porosity`, each under `limits`. `distributions` draws the pictures.
"""

import os
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from scilogos.bench.figures import Figure
from scilogos.bench.held_out import Answer, HeldOut, Item, Predict
from scilogos.bench.material.distributions import plots
from scilogos.bench.material.fit import BLOCKS, NETS, Library
from scilogos.bench.material.orders import orders
from scilogos.bench.material.settings import JUDGING, Settings, judged_by
from scilogos.bench.material.stage_two import judged, passes, structure_figures
from scilogos.bench.material.text import TABLE, Training, is_new, parts_of, text_figures, verdicts
from scilogos.data.order import mix
from scilogos.data.tables import read_rows
from scilogos.decode import Engine, Prompt
from scilogos.decode.served import ServedEngine
from scilogos.errors import InputError, ScilogosError
from scilogos.model import Transformer
from scilogos.science import comparison_key, neutralised
from scilogos.tasks import Logos, material_generation

__all__ = [
    "BATCH",
    "DRAWS",
    "FILES",
    "HELD_OUT",
    "JUDGE_BATCH",
    "JUDGING",
    "METHOD",
    "OPTIONAL",
    "QUICK",
    "SAMPLES",
    "SAMPLING",
    "Settings",
    "baseline",
    "control",
    "items",
    "judge",
    "judged_by",
    "looked_at",
    "plots",
    "predict",
    "score",
]

FILES, OPTIONAL = (TABLE,), (BLOCKS, NETS)  # stage 2 asks for the others
HELD_OUT = (
    "nothing is given, so nothing is held out; novelty is against all rows of the training split by linker set. "
    "VNU as in MOFFlow-2; BW-DB is not used, so not comparable with published VNU."
)
METHOD = (
    "nodes constrained to fragments of training nodes without spelled atoms, linkers to SMILES valence; "
    "likelihoods among the symbols that this leaves (unmasked over vLLM with a grown vocabulary); compared as "
    "sets without net and protonation. Controls: random weights under the same constraint; nodes and net of one random "
    "training row with the linkers of another. Stage 2: of the first draws, the valid and novel are assembled on the "
    "named net or else the smallest that fits, relaxed by UFF with the cell, and checked as MOFDiff and MOFFlow-2 do, "
    "each step under the limit of time by itself; what cannot be assembled counts as failed, whoever's fault it is"
)
SAMPLES, BATCH, JUDGE_BATCH, SAMPLING = None, 100, 4, material_generation.SAMPLING  # one draw an item
DRAWS, QUICK = 10_000, (1_000, ("structures=0",))


def items(data: Path, *, limit: int | None, seed: int, settings: Settings = Settings()) -> HeldOut:
    """Number the draws; read the nodes, linkers and nets of the training rows, and the blocks if they are wanted."""
    del seed
    rows = read_rows(data / TABLE, ("node", "linkers", "topology", "split_linker"))
    trained = ((row["node"], row["linkers"], row["topology"]) for row in rows if row["split_linker"] == "train")
    training = Training(trained, Library.read(data) if settings.looked_at else None)
    if not training.pairs:
        raise InputError("no row of the training split can be read", path=data / TABLE)
    return HeldOut(tuple(Item(str(i), None) for i in range(limit or DRAWS)), training=training)


def predict(model: Logos, held: HeldOut, batch: Sequence[Item], *, samples: int, seed: int) -> list[Answer]:
    """One draw an item: its text, node fragments and neutralised linkers, or why it is no material."""
    del samples
    engine, budget = model.engine, material_generation.BUDGET
    guide = engine.guide(material_generation.constraint(engine, frozenset(held.training.fragments)))
    stream = mix(seed, int(batch[0].key))
    sampling = (held.settings or Settings()).sampling(SAMPLING)
    (drawn,) = engine.complete([Prompt((), guide, budget, choices=True)], len(batch), sampling, seed=stream)
    return [{**_answer(completion.text), "score": round(completion.legal_score, 4)} for completion in drawn]


def _answer(text: str) -> Answer:
    try:
        thing = material_generation.read((), text)
        nodes, linkers = comparison_key(thing)
    except ScilogosError as error:
        return {"text": text, "invalid": str(error)}
    return {"text": text, "nodes": sorted(nodes), "linkers": sorted(linkers), "net": thing.net}


def looked_at(held: HeldOut) -> int:
    """How many of the first draws go on to stage 2."""
    return held.settings.looked_at


def judge(held: HeldOut, batch: Sequence[Item], answers: Sequence[Answer]) -> list[Answer]:
    """Build and check what is valid and novel, as many at a time as there are cores; else nothing."""
    del batch

    def one(answer: Answer) -> Answer:
        parts = parts_of(answer)
        if parts is None or not is_new(parts, held.training):
            return {}
        folder = held.shared / "structures"
        return judged(*parts, answer.get("net"), held.training.library, held.settings, folder)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1) as pool:
        return list(pool.map(one, answers))


def score(held: HeldOut, answers: Sequence[Answer]) -> dict[str, Figure]:
    """Shares of all draws as text; of those that went on to stage 2, what was built, what passed, and why not."""
    said = verdicts(answers, held.training)
    figures = text_figures(answers, held.training) | structure_figures(answers, said["vnu"])
    return figures | orders(answers, {"VNU that can bridge": said["bridging"], "stage 2": passes(answers, said["vnu"])})


def control(model: Logos, held: HeldOut, *, seed: int) -> dict[str, Predict]:
    """Random weights of the model's shape under the same constraint."""
    engine = model.engine
    if isinstance(engine, ServedEngine):  # its weights are elsewhere
        return {}

    def untrained(batch: Sequence[Item]) -> list[Answer]:
        weights = Transformer(engine.model.config, dtype=engine.dtype).initialise(torch.Generator().manual_seed(seed))
        noise = Logos(Engine(weights.to(engine.device), engine.codec), "untrained", model.folder)
        return predict(noise, held, batch, samples=1, seed=seed)

    return {"untrained": untrained}


def baseline(held: HeldOut, *, seed: int) -> dict[str, Predict]:
    """The nodes and net of a random training row, the linkers of another."""
    training: Training = held.training

    def shuffled(batch: Sequence[Item]) -> list[Answer]:
        answers = []
        for item in batch:
            rng = random.Random(f"{seed}/{item.key}")
            number = rng.randrange(len(training.pairs))
            nodes, (_, linkers) = training.pairs[number][0], rng.choice(training.pairs)
            net = rng.choice(training.nets[number] or [None])
            answers.append({"nodes": list(nodes), "linkers": sorted(map(neutralised, linkers)), "net": net})
        return answers

    return {"shuffled": shuffled}
