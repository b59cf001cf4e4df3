"""CDR-H3 design on the RAbD antibodies: how much of the native loop comes back, against the most frequent residues."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scilogos.bench.figures import Figure, mean
from scilogos.bench.held_out import Answer, HeldOut, Item, Predict, reading, subset
from scilogos.bench.scores import recovery
from scilogos.bench.settings import NoSettings
from scilogos.data.readers import READERS
from scilogos.data.tables import read_rows
from scilogos.errors import InputError
from scilogos.grammar.objects import RESIDUES
from scilogos.science import variable_domain
from scilogos.tasks import Logos, cdr_design

TABLE, TRAINING = "antibody/rabd_benchmark.jsonl", "antibody/ab_natural.csv.zst"
FILES = (TABLE, TRAINING)
HELD_OUT = (
    "RAbD, 60 complexes; IMGT CDR-H3 opened, the light chain given where the table has it, no antigen. Training drops "
    "domains whose H3 is 60% or more identical to one of these, or that are 95% or more like one of these chains."
)
METHOD = f"loops of the native's length, {cdr_design.SAMPLING}; recovery without alignment"
SAMPLES, BATCH = 20, 1
LOOP = "H3"


def items(data: Path, *, limit: int | None, seed: int, settings: NoSettings = NoSettings()) -> HeldOut:
    """Read the benchmark's antibodies with their native loops, and the H3 loops of training heavies by length."""
    found, skipped = [], defaultdict(list)
    for row in read_rows(data / TABLE, ("pdb", "heavy_chain")):
        if not row.get("heavy"):
            skipped["no heavy chain in the table"].append(row["pdb"])
            continue
        start, end = row["heavy_imgt"][4:]
        chains = [row["heavy"], *filter(None, [row.get("light")])]
        try:
            domains = [variable_domain(chain) for chain in chains]
        except InputError as error:
            skipped[f"not numbered: {error}"].append(row["pdb"])
            continue
        span = domains[0].loops.get(LOOP, (0, 0))
        if domains[0].residues[slice(*span)] != row["heavy"][start:end]:
            skipped["our numbering finds another H3 than the table"].append(row["pdb"])
            continue
        found.append(Item(row["pdb"], tuple(chains), row["heavy"][start:end]))
    return HeldOut(tuple(subset(found, limit, seed)), dict(skipped), _training_loops(data))


def _training_loops(data: Path) -> dict[int, list[str]]:
    """The H3 loops of the heavy domains that the corpus reader trains on, by length."""
    records = READERS["antibodies"](reading(data, "antibodies", TRAINING))
    trained = {record.key for record in records if record.split == "train"}
    loops = defaultdict(list)
    for row in read_rows(data / TRAINING, ("seq", "chain", "imgt3s", "imgt3e")):
        if row["chain"] == "H" and row["seq"] in trained:
            loop = row["seq"][int(row["imgt3s"]) : int(row["imgt3e"])]
            loops[len(loop)].append(loop)
    return dict(loops)


def predict(model: Logos, held: HeldOut, batch: Sequence[Item], *, samples: int, seed: int) -> list[Answer]:
    """All distinct loops drawn, best first, with how often each was drawn."""
    del held
    answers = []
    for item in batch:
        length = len(item.truth)
        ranking = model.cdr(item.given, [LOOP], n=samples, samples=samples, lengths=(length, length), seed=seed)
        answers.append({"loops": [[answer.thing.loops[0][1], answer.votes] for answer in ranking]})
    return answers


def score(held: HeldOut, answers: Sequence[Answer]) -> dict[str, Figure]:
    """Recovery of the top-ranked loop and the mean over draws, averaged over antibodies; 0 where the model refused."""
    best, average = [], []
    for item, answer in zip(held.items, answers, strict=True):
        loops = answer.get("loops") or [["", 1]]
        recovered, votes = [recovery(loop, item.truth) for loop, _ in loops], [count for _, count in loops]
        best.append(recovered[0])
        average.append(np.average(recovered, weights=votes))
    return {"AAR, top-ranked": mean(best), "AAR, mean of samples": mean(average)}


def baseline(model: Logos, held: HeldOut, *, seed: int) -> dict[str, Predict]:
    """The most frequent residue at each place of training loops of the native's length."""
    del model, seed

    def most_frequent(batch: Sequence[Item]) -> list[Answer]:
        return [{"loops": [[consensus(held.training, len(item.truth)), 1]]} for item in batch]

    return {"most frequent residue": most_frequent}


def consensus(loops: dict[int, list[str]], length: int) -> str:
    """The most frequent residue at each place of loops of this length; of all loops where none has it."""
    alike = loops.get(length)
    columns = zip(*alike, strict=True) if alike else [[r for some in loops.values() for s in some for r in s]] * length
    counts = (Counter(column) for column in columns)
    return "".join(max(RESIDUES, key=lambda letter: (count[letter], letter)) for count in counts)
