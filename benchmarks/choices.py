"""What are the choices of training worth? A recipe, and the same with other settings, each trained and asked alike.

Every arm is a run of its own under runs/, and goes on where it stopped. The loss is that of the final weights, averaged
if the arm says so, on held-out rows. Ends with one line RESULT and JSON.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Annotated, Any

import torch
from cyclopts import App, Parameter
from cyclopts.validators import Number

from command import run_app
from result import show_result, spread
from scilogos.data.shards import read_corpus
from scilogos.errors import InputError, RecipeError
from scilogos.model import Transformer, save_checkpoint
from scilogos.recipe import read_table, to_dataclass, value_of
from scilogos.train import TrainRecipe, held_out_loss, train
from scilogos.train.weights import starting_model

RUNS = Path("runs")
INITIAL, RESIDUAL = "initial", "residual"  # factors of the first weights: of all, of those that write to the stream
AS_IT_IS = "as it is"

app = App(help=__doc__, help_format="plaintext", version_flags=())


@dataclass(frozen=True)
class Arm:
    """A recipe with other settings, and the factors of its first weights."""

    name: str
    recipe: TrainRecipe
    initial: float = 1.0
    residual: float = 1.0

    @classmethod
    def of(cls, table: Mapping[str, Any], changes: str) -> "Arm":
        """An arm from NAME=VALUE,NAME=VALUE over the keys of a recipe; InputError names what it lacks."""
        given = {}
        for change in filter(None, changes.split(",")):
            name, equals, value = change.partition("=")
            if not equals:
                raise InputError(f"--vary {changes}: found {change}; expected NAME=VALUE")
            given[name] = value_of(value)
        factors = {name: given.pop(name) for name in (INITIAL, RESIDUAL) if name in given}
        for name, value in factors.items():
            if not isinstance(value, int | float) or not 0 < value < math.inf:
                raise InputError(f"--vary {changes}: {name}: found {value!r}; expected a positive number")
        try:
            recipe = to_dataclass(TrainRecipe, {**table, **given}, "--vary")
        except RecipeError as error:
            raise InputError(f"--vary {changes}: {error}") from None
        if factors and recipe.shape is None:
            raise InputError(f"--vary {changes}: the recipe starts from weights, not from random ones")
        return cls(changes or AS_IT_IS, recipe, **factors)

    @property
    def run(self) -> Path:
        """The folder of its run, named by all that it is."""
        told = asdict(self.recipe) | {INITIAL: self.initial, RESIDUAL: self.residual}
        return RUNS / f"{self.recipe.name}-{hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:8]}"

    def train(self) -> Path:
        """The folder of its final weights."""
        recipe = self.recipe
        if (self.initial, self.residual) != (1.0, 1.0):
            start = self.run / "start"
            size = read_corpus(recipe.corpus).vocabulary_size
            model = starting_model(recipe, size)
            scale(model, self.initial, self.residual)
            save_checkpoint(start, model, model.config, dtype=torch.float32)
            recipe = replace(recipe, shape=None, start=start)
        return train(recipe, self.run, quiet=True)


@torch.no_grad()
def scale(model: Transformer, initial: float, residual: float) -> None:
    """Multiply every matrix by `initial`, and those that write to the residual stream by `residual` too."""
    for name, parameter in model.named_parameters():
        if parameter.ndim > 1:
            parameter.mul_(initial * (residual if name.endswith(("out_DE", "down_DF")) else 1.0))


@app.default
def choices(
    recipe: Path,
    /,
    *,
    vary: Annotated[list[str] | None, Parameter(negative="")] = None,
    rows: Annotated[int, Parameter(validator=Number(gte=1))] = 8,
) -> None:
    """Train and ask every arm; print a table, and end with one line RESULT and JSON.

    Parameters
    ----------
    recipe
        A training recipe; its corpus must be there.
    vary
        An arm: NAME=VALUE,NAME=VALUE over the keys of the recipe, as often as there are some; `initial` and `residual`
        are factors of the first weights, of all and of those that write to the residual stream. The recipe as it is
        is the first arm.
    rows
        Held-out rows of each modality, at most.
    """
    table = read_table(recipe, "train")
    arms = [Arm.of(table, changes) for changes in ("", *(vary or ()))]
    losses: dict[str, dict[str, float]] = {}
    for arm in arms:
        losses[arm.name] = asked(arm, rows)
        if arm.name == AS_IT_IS:
            print("\n".join(head(losses[arm.name])))
        print(row(arm.name, losses[arm.name], losses[AS_IT_IS]), flush=True)
    first = losses[AS_IT_IS]
    ratios = {
        f"loss, {name} / {AS_IT_IS}": spread([found[modality] / first[modality] for modality in first])
        for name, found in losses.items()
        if name != AS_IT_IS
    }
    settings = {"recipe": str(recipe), "rows": rows, "tokens": arms[0].recipe.tokens}
    show_result("choices", settings=settings, ratios=ratios, losses=losses)


def asked(arm: Arm, rows: int) -> dict[str, float]:
    """The loss of each modality of an arm's final weights, in nats a place."""
    weights, recipe = arm.train(), arm.recipe
    alike = {"row_length": recipe.row_length, "answers_only": recipe.answers_only, "most": rows}
    return {modality: held_out_loss(weights, recipe.corpus, modality, **alike) for modality in recipe.shares}


def head(losses: Mapping[str, float]) -> Sequence[str]:
    """The first lines of the table."""
    return f"| | mean | of {AS_IT_IS} | {' | '.join(losses)} |", "|---|" + "---:|" * (2 + len(losses))


def row(name: str, losses: Mapping[str, float], first: Mapping[str, float]) -> str:
    """A line of the table: the mean of the modalities, over that of the first arm, and each."""
    whole = mean(losses.values())
    cells = [f"{whole:.3f}", f"{whole / mean(first.values()):.3f}", *(f"{loss:.3f}" for loss in losses.values())]
    return f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    run_app(app, Path(__file__).name)
