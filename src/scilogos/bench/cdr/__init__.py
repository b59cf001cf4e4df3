"""CDR design on the RAbD antibodies: how much of the native loop comes back, and how plausible the new one is."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from scilogos.bench.cdr import plausibility
from scilogos.bench.cdr.antibodies import TABLE, benchmark, is_numbered, validation
from scilogos.bench.cdr.loops import NAMES, Loops, training_loops
from scilogos.bench.cdr.loops import TABLE as TRAINING
from scilogos.bench.cdr.scoring import plots, score
from scilogos.bench.held_out import Answer, HeldOut, Item, Predict, subset
from scilogos.bench.settings import Drawn
from scilogos.errors import InputError, MissingError
from scilogos.tasks import Logos, cdr_design

__all__ = [
    "BATCH", "FILES", "HELD_OUT", "JUDGING", "METHOD", "PACKAGES", "QUICK", "SAMPLES", "SAMPLING", "Settings",
    "baseline", "items", "judge", "judged_by", "plots", "predict", "score",
]  # fmt: skip

FILES, PACKAGES = (TABLE, TRAINING), ("antiberty", "transformers")
HELD_OUT = (
    "RAbD, 60 complexes; one IMGT loop opened at a time, the other chain given where the table has it, no antigen. "
    "Training drops domains whose H3 is 60% or more identical to one of these, or that are 95% or more like one of "
    "these chains. Validation: the table's own val split, clustered by H3."
)
_FREE = 100  # draws of loops whose length is free
METHOD = (
    "loops of the native's length; first, unless `order` is likelihood, the loop of which most "
    "residues may be expected, put together residue by residue from all draws; a draw counts by its likelihood over "
    "that of being drawn under the length asked, at another sampling and over vLLM with a grown vocabulary like any "
    "other; other orders of the same draws beside. Recovery without alignment. Lengths: "
    f"{_FREE} loops at most without the native's length, between the usual lengths of training. Plausibility: mean "
    "masked log-probability of residues under AntiBERTy with the first loop in the native chain"
)
SAMPLES, BATCH, SAMPLING, QUICK = cdr_design.SAMPLES, 1, cdr_design.SAMPLING, (5, ())
JUDGING = ("plausibility",)


@dataclass(frozen=True, kw_only=True)
class Settings(Drawn):
    """The loops that are opened, one at a time; the antibodies; the order of answers; whether AntiBERTy is asked."""

    loops: tuple[str, ...] = ("H3",)
    split: Literal["rabd", "val"] = "rabd"
    order: cdr_design.Order = "agreement"
    plausibility: bool | None = None  # None: where it is installed

    @property
    def apart(self) -> str:
        """The split, where it is not RAbD."""
        return "" if self.split == "rabd" else "validation split"

    def __post_init__(self) -> None:
        super().__post_init__()
        if unknown := set(self.loops) - set(NAMES):
            raise InputError(f"loops: found {', '.join(sorted(unknown))}; expected some of {', '.join(NAMES)}")


def items(data: Path, *, limit: int | None, seed: int, settings: Settings = Settings()) -> HeldOut:
    """Read the antibodies with their native loops, `limit` of them for each loop, and the loops of training."""
    skipped: dict[str, list[str]] = defaultdict(list)
    read = benchmark if settings.split == "rabd" else validation
    found = []
    for name in settings.loops:
        mine = [item for item in read(data, name, skipped) if is_numbered(item, name, skipped)]
        found += subset(mine, limit, seed)
    notes = () if plausibility.is_there() or settings.plausibility is False else (plausibility.MISSING,)
    return HeldOut(tuple(found), dict(skipped), training_loops(data, settings.loops), notes)


def predict(model: Logos, held: HeldOut, batch: Sequence[Item], *, samples: int, seed: int) -> list[Answer]:
    """All distinct loops, best first, with votes, legal likelihood and weight; the lengths drawn when length is free.

    One that nobody drew, but most draws agree on, has no votes.
    """
    settings: Settings = held.settings or Settings()
    sampling = settings.sampling(SAMPLING)
    answers = []
    for item in batch:
        usual, length = held.training[item.group].lengths(), len(item.truth)
        given = cdr_design.opening(item.given.chains, [item.group])
        ask = partial(cdr_design.draw, model.engine, given, sampling=sampling, seed=seed)
        ranking = ask(lengths=(length, length), samples=samples)
        if settings.order == "agreement":
            ranking = cdr_design.agreed(given, ranking)
        free = ask(lengths=usual, samples=min(samples, _FREE))
        loops = [
            [a.thing.residues[0], a.votes, round(a.legal_score, 4) if a.votes else None, float(f"{a.weight:.4g}")]
            for a in ranking
        ]
        right = sum(a.votes for a in free if len(a.thing.residues[0]) == length) / max(1, free.drawn)
        answers.append({"loops": loops, "right length": right})
    return answers


def judged_by(settings: Settings) -> dict[str, str]:
    """What plausibility is measured by; MissingError where it is asked for and not there."""
    if settings.plausibility and not plausibility.is_there():
        raise MissingError(plausibility.MISSING)
    return {"plausibility": plausibility.NAME} if _is_asked(settings) else {}


def _is_asked(settings: Settings) -> bool:
    return plausibility.is_there() if settings.plausibility is None else settings.plausibility


def judge(held: HeldOut, batch: Sequence[Item], answers: Sequence[Answer]) -> list[Answer]:
    """The plausibility of the native chain with the first loop in it: of the whole, and of the loop."""
    if not _is_asked(held.settings):
        return [{} for _ in batch]
    made = [(item, answer["loops"][0][0]) for item, answer in zip(batch, answers, strict=True) if answer["loops"]]
    scores = iter(plausibility.plausibilities([item.given.filled(loop) for item, loop in made]))
    return [
        {"plausibility": [round(value, 4) for value in next(scores)]} if answer["loops"] else {} for answer in answers
    ]


def baseline(held: HeldOut, *, seed: int) -> dict[str, Predict]:
    """The most frequent residues of training loops; the loop of the nearest training framework; the native itself."""
    del seed
    loops: Mapping[str, Loops] = held.training

    def consensus(item: Item) -> Answer:
        mine, length = loops[item.group], len(item.truth)
        return {"loops": [[mine.consensus(length), 1, 0.0, 1.0]], "right length": mine.share(length)}

    def nearest(item: Item) -> Answer:
        return {"loops": [[loops[item.group].nearest(item.given.framework, len(item.truth)), 1, 0.0, 1.0]]}

    def native(item: Item) -> Answer:
        return {"loops": [[item.truth, 1, 0.0, 1.0]]}

    arms = {"most frequent residue": consensus, "nearest training loop": nearest, "native": native}
    return {name: lambda batch, one=one: [one(item) for item in batch] for name, one in arms.items()}
