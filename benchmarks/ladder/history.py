"""What led to weights that a repository ships: their runs, kept beside them as training.json when the runs are gone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ladder.runs import METRICS, Run, journal, parameters_of
from scilogos.data.shards import read_corpus
from scilogos.errors import InputError, MissingError
from scilogos.model import ModelConfig, fingerprint
from scilogos.model.files import read_json
from scilogos.science import replacing
from scilogos.train import TrainRecipe, read_recipe, recorded

KEPT = "training.json"


@dataclass(frozen=True)
class Stage:
    """A run: what it followed, what its corpus holds, and what it said of its losses."""

    run: str
    steps: int
    step_tokens: int
    optimiser: str
    learning_rate: float
    decay_tokens: int
    answers_only: bool
    shares: Mapping[str, float]
    later: Sequence[tuple[float, Mapping[str, float]]]  # from which share of the tokens on, other shares
    corpus: str
    told: Mapping[str, tuple[int, int]]  # modality -> records and tokens to train on
    validation: Sequence[tuple[int, Mapping[str, float]]]  # tokens of the run, and the loss of each modality

    @property
    def tokens(self) -> int:
        """Places read."""
        return self.steps * self.step_tokens


@dataclass(frozen=True)
class History:
    """The runs that led to weights, in order; of the weights that the first began with, what their card says."""

    fingerprint: str
    stages: tuple[Stage, ...]
    origin: str = ""

    def keep(self, model: Path) -> None:
        """Write it beside the weights."""
        with replacing(model / KEPT) as stream:
            stream.write(json.dumps(asdict(self), indent=1) + "\n")


def read_history(model: Path) -> History:
    """What is kept beside weights; MissingError where nothing is, InputError where it is of other weights."""
    path = model / KEPT
    if not path.is_file():
        raise MissingError(f"{path}: not there; give the recipes of the runs, in order, and it is written")
    table = read_json(path)
    try:
        history = History(**{**table, "stages": tuple(Stage(**stage) for stage in table["stages"])})
    except (KeyError, TypeError) as error:
        raise InputError(f"not a record of training ({error})", path=path) from None
    if history.fingerprint != fingerprint(model):
        raise InputError(f"a record of other weights, {history.fingerprint}; give the recipes of the runs", path=path)
    return history


def run_of(model: Path) -> Run:
    """The runs that led to a model as one: its losses over all tokens, where they are of the modalities of the last."""
    history = read_history(model)
    before = np.cumsum([0, *(stage.tokens for stage in history.stages)])
    stages = zip(before[:-1], history.stages, strict=True)
    told = [(was + tokens, losses) for was, stage in stages for tokens, losses in stage.validation]
    last = told[-1][1]
    alike = [(tokens, losses) for tokens, losses in told if losses.keys() == last.keys()]
    return Run(
        model.name,
        parameters_of(ModelConfig.from_hf(read_json(model / "config.json"))),
        np.array([tokens for tokens, _ in alike]),
        {name: np.array([losses[name] for _, losses in alike]) for name in last},
        (history.fingerprint,),
    )


def history_of(model: Path, recipes: Sequence[Path]) -> History:
    """The same from the runs of recipes, in runs/NAME; MissingError where a run or its corpus is not there."""
    followed = [(path, read_recipe(path)) for path in recipes]
    runs = [Path("runs") / recipe.name for _, recipe in followed]
    for run, (path, _) in zip(runs, followed, strict=True):
        if not (run / METRICS).is_file():
            raise MissingError(f"{run / METRICS}: not there; train {path} first")
    told = [recorded(run) or recipe for run, (_, recipe) in zip(runs, followed, strict=True)]
    return History(fingerprint(model), tuple(map(_stage, runs, told)), _origin(told[0]))


def _stage(run: Path, recipe: TrainRecipe) -> Stage:
    lines, corpus = journal(run), read_corpus(recipe.corpus)
    step_tokens = recipe.step_tokens
    validated: list[Mapping[str, Any]] = [line for line in lines if "validation" in line]
    return Stage(
        run=recipe.name,
        steps=lines[-1]["step"] + 1,
        step_tokens=step_tokens,
        optimiser=recipe.optimiser,
        learning_rate=recipe.learning_rate,
        decay_tokens=recipe.decay_tokens,
        answers_only=recipe.answers_only,
        shares=recipe.shares,
        later=[(phase.after, phase.shares) for phase in recipe.later],
        corpus=corpus.fingerprint,
        told={one.modality: (one.records, one.tokens) for one in corpus.shards if one.split == "train"},
        validation=[((line["step"] + 1) * step_tokens, line["validation"]) for line in validated],
    )


def _origin(first: TrainRecipe) -> str:
    if first.start is None:
        return ""
    card = first.start / "README.md"
    if not card.is_file():
        raise MissingError(f"{card}: not there; it would tell how the first weights came about")
    part = card.read_text(encoding="utf-8").partition("\n## Training\n")[2].partition("\n## ")[0].strip()
    if not part:
        raise InputError("a card without a part ## Training", path=card)
    quoted = "\n".join(f"> {line}".rstrip() for line in part.splitlines())
    begun, weights = "The first of these runs, on one processor core, went on from weights", fingerprint(first.start)
    return f"{begun} with the fingerprint {weights}, of which their card says:\n\n{quoted}"
