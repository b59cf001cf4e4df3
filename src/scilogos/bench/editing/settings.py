"""What can be set of the benchmark, and the recipe of its networks."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from scilogos.bench.editing.climb import Climb
from scilogos.bench.editing.copies import Learning
from scilogos.bench.editing.network import Fit
from scilogos.bench.editing.search import Budget
from scilogos.bench.tuning.recipes import RATES
from scilogos.errors import InputError
from scilogos.recipe import read_table, to_dataclass
from scilogos.tasks.protein_editing import SAMPLING

ORACLE = Fit()
PREDICTOR = Fit(steps=600, batch=128)
NUMBER = 128  # sequences of an answer


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a method may see, how much the copy learns, how far it looks; `recipe` is a file with the networks' fits."""

    labels: Literal["start", "all"] = "start"
    oracle: bool = False  # in the loop
    landscape: Literal["both", "AAV", "GFP"] = "both"
    tokens: int = Learning.tokens
    epochs: int = Learning.epochs
    rounds: int = Climb.rounds
    parents: int = Climb.parents
    children: int = Climb.children
    most: int = Climb.most
    calls: int = Budget.calls
    recipe: str = ""

    def __post_init__(self) -> None:
        for name in ("tokens", "epochs", "rounds", "parents", "children", "most", "calls"):
            if getattr(self, name) < 1:
                raise InputError(f"{name}: found {getattr(self, name)}; expected 1 or more")

    @property
    def learning(self) -> Learning:
        """How much a copy learns."""
        return Learning(tokens=self.tokens, epochs=self.epochs)

    @property
    def climb(self) -> Climb:
        """How far the copy looks."""
        return Climb(rounds=self.rounds, parents=self.parents, children=self.children, most=self.most)

    @property
    def budget(self) -> Budget:
        """What a baseline's search may ask."""
        return Budget(number=NUMBER, calls=self.calls)

    @property
    def apart(self) -> str:
        """What sets this apart from the comparable setting; empty for that."""
        parts = ["all labels seen"] * (self.labels == "all") + ["oracle in the loop"] * self.oracle
        return ", ".join(parts)

    def fit(self, table: Literal["oracle", "predictor"]) -> Fit:
        """How the oracle, or the baselines' predictor, is fitted."""
        if not self.recipe:
            return {"oracle": ORACLE, "predictor": PREDICTOR}[table]
        return to_dataclass(Fit, read_table(Path(self.recipe), table), f"{self.recipe}: {table}")


def made_by(settings: Settings) -> dict[str, str]:
    """What answers depend on beside the settings: how copy and predictor learn, and how edits are drawn."""
    return {
        "copy": f"{told(asdict(settings.learning.method))}, learning rate {RATES[settings.learning.method.kind]}",
        "predictor": told(asdict(settings.fit("predictor"))),
        "edits": told(asdict(SAMPLING)),
    }


def told(values: Mapping[str, object]) -> str:
    """Names and values in one line."""
    return ", ".join(f"{key} {value}" for key, value in values.items())
