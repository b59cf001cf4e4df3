"""Finished runs as their folders tell them: size, tokens, validation losses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import torch

from scilogos.errors import InputError, MissingError
from scilogos.model import ModelConfig, Transformer, fingerprint, load_checkpoint, save_checkpoint
from scilogos.train import TrainRecipe, read_recipe, recorded

METRICS = "metrics.jsonl"  # of a run
Over = Literal["size", "tokens"]


@dataclass(frozen=True)
class Run:
    """A run: its size, and the validation loss of every modality after so many tokens, from the first weights on."""

    name: str
    parameters: int
    tokens: np.ndarray  # [evaluations]
    losses: Mapping[str, np.ndarray]  # modality -> nats a place [evaluations]
    fingerprints: tuple[str, ...] = ()  # of its final weights as they lie there, and as they are shipped, in bf16

    def x(self, over: Over) -> float:
        """Its size, or the tokens it has read."""
        return self.parameters if over == "size" else float(self.tokens[-1])

    def head(self, over: Over) -> str:
        """The same in words."""
        return f"{self.parameters / 1e6:.1f} M" if over == "size" else f"{self.tokens[-1] / 1e6:.1f} M tokens"


def read_run(recipe: Path) -> Run:
    """Read the run of a recipe from runs/NAME, with the runs whose weights it started from.

    Their tokens count as read; their validations too as long as they were of the same modalities.
    """
    settings = read_recipe(recipe)
    folder = Path("runs") / settings.name
    if not (folder / METRICS).is_file():
        raise MissingError(f"{folder / METRICS}: not there; train {recipe} first")
    stages = [_stage(folder, settings)]
    while (start := stages[0].start) and (start.parent / METRICS).is_file():
        stages.insert(0, _stage(start.parent))
    parameters = parameters_of(ModelConfig.from_hf(json.loads((folder / "config.json").read_text())))
    before = np.cumsum([0, *(stage.tokens for stage in stages)])
    alike = [(n, stage) for n, stage in enumerate(stages) if stage.losses.keys() == stages[-1].losses.keys()]
    tokens = np.concatenate([before[n] + stage.validated for n, stage in alike])
    losses = {name: np.concatenate([stage.losses[name] for _, stage in alike]) for name in stages[-1].losses}
    return Run(settings.name, parameters, tokens, losses, _fingerprints(folder / "final"))


def parameters_of(config: ModelConfig) -> int:
    """How many numbers a model of this shape has."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in Transformer(config, device="meta").parameters())


@dataclass(frozen=True)
class _Stage:
    tokens: int
    validated: np.ndarray  # tokens of the stage at each validation
    losses: Mapping[str, np.ndarray]
    start: Path | None


def _stage(folder: Path, recipe: TrainRecipe | None = None) -> _Stage:
    settings = recorded(folder) or recipe
    if settings is None:
        raise InputError("the run has no record of its recipe", path=folder)
    told = [line for line in journal(folder) if "validation" in line]
    validated = np.array([(line["step"] + 1) * settings.step_tokens for line in told])
    losses = {name: np.array([line["validation"][name] for line in told]) for name in told[-1]["validation"]}
    return _Stage(settings.steps * settings.step_tokens, validated, losses, settings.start)


def journal(folder: Path) -> list[dict[str, Any]]:
    """What a run said of each step; InputError where it never validated."""
    lines = [json.loads(line) for line in (folder / METRICS).read_text().splitlines()]
    if not any("validation" in line for line in lines):
        raise InputError("no validation yet", path=folder / METRICS)
    return lines


def _fingerprints(final: Path) -> tuple[str, ...]:
    if not final.is_dir():
        return ()
    with TemporaryDirectory() as shipped:
        save_checkpoint(shipped, *load_checkpoint(final, dtype=torch.bfloat16))
        return (fingerprint(final), fingerprint(shipped))
