"""What a training run is: the recipe as frozen dataclasses that check themselves and build nothing."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scilogos.errors import RecipeError
from scilogos.recipe import read_table, to_dataclass


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The transformer to build when a run starts from random weights; the vocabulary comes with the corpus."""

    family: Literal["qwen3", "llama"] = "qwen3"
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    rope_theta: float = 10_000.0
    max_position_embeddings: int = 4096


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Other shares from some moment on."""

    after: float  # share of the run's tokens
    shares: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class NewRows:
    """The rows that growing a vocabulary added to embedding and head: they alone move at first, without decay."""

    first: int  # of these rows; all behind it are new
    tokens: int  # of the run before everything moves

    def __post_init__(self) -> None:
        for key in ("first", "tokens"):
            if getattr(self, key) < 1:
                raise RecipeError(f"{key}: found {getattr(self, key)}; expected 1 or more")


@dataclass(frozen=True, kw_only=True)
class TrainRecipe:
    """One run of the loop. Lengths are in tokens; the learning rate warms up, stays, and decays linearly to zero."""

    name: str
    corpus: Path
    shares: dict[str, float]  # modality -> share of the tokens
    tokens: int
    later: tuple[Phase, ...] = ()  # in the order in which they begin
    shape: Shape | None = None
    start: Path | None = None  # a checkpoint folder to start from instead of random weights
    lora_rank: int = 0  # of adapters that learn in place of the weights of `start`; 0: all weights learn
    new_rows: NewRows | None = None  # of a grown vocabulary
    row_length: int = 4096
    rows_per_step: int = 1
    optimiser: Literal["muon", "adamw"] = "muon"
    learning_rate: float = 2e-3
    warmup_tokens: int = 500_000
    decay_tokens: int = 0
    weight_decay: float = 0.1
    clip: float = 1.0
    answers_only: bool = False
    precision: Literal["bf16", "fp32"] = "bf16"
    compile: bool = True
    recompute: bool = False  # layers in the backward pass, instead of keeping what is inside them
    seed: int = 1
    validate_every: int = 100  # steps
    validate_rows: int = 2
    checkpoint_every: int = 50  # steps
    keep: int = 2  # checkpoints
    average: int = 1  # late checkpoints whose mean the final weights are
    threads: int = 0  # 0: as torch finds
    device: str = "cpu"

    def __post_init__(self) -> None:
        if (self.shape is None) == (self.start is None):
            raise RecipeError("give either [train.shape] for random weights or `start`, a checkpoint folder")
        sizes = ("tokens", "row_length", "rows_per_step", "validate_every", "checkpoint_every", "keep", "average")
        for key in (*sizes, "learning_rate", "clip"):
            if not 0 < getattr(self, key) < math.inf:
                raise RecipeError(f"{key}: found {getattr(self, key)}; expected a positive number")
        for key in ("warmup_tokens", "decay_tokens", "weight_decay", "validate_rows", "threads", "lora_rank"):
            if not 0 <= getattr(self, key) < math.inf:
                raise RecipeError(f"{key}: found {getattr(self, key)}; expected 0 or more")
        if self.average > self.keep:
            raise RecipeError(f"average: found {self.average}; expected as many as keep = {self.keep}, or fewer")
        if self.average > 1 and self.lora_rank:
            raise RecipeError(f"average: found {self.average} with lora_rank; a mean of factors is no mean of weights")
        if self.lora_rank and self.start is None:
            raise RecipeError(f"lora_rank: found {self.lora_rank} without `start`; adapters need weights to stand on")
        if self.warmup_tokens + self.decay_tokens > self.tokens:
            raise RecipeError(f"warmup_tokens and decay_tokens together exceed tokens = {self.tokens}")
        for shares in (self.shares, *(phase.shares for phase in self.later)):
            if not all(0 <= share < math.inf for share in shares.values()) or not sum(shares.values()):
                raise RecipeError("shares: expected a share above 0 for at least one modality, and none below")
        moments = [phase.after for phase in self.later]
        if moments != sorted(set(moments)) or not all(0 < moment < 1 for moment in moments):
            raise RecipeError(f"later: found after = {moments}; expected rising numbers between 0 and 1")

    @property
    def phases(self) -> tuple[tuple[int, dict[str, float]], ...]:
        """The shares, each with the first row to which it applies."""
        rows = self.steps * self.rows_per_step
        return ((0, self.shares), *((math.ceil(phase.after * rows), phase.shares) for phase in self.later))

    @property
    def step_tokens(self) -> int:
        """Places of one optimiser step."""
        return self.row_length * self.rows_per_step

    def only(self, step: int) -> NewRows | None:
        """What alone moves in a 0-based step, if not everything does."""
        return self.new_rows if self.new_rows and step * self.step_tokens < self.new_rows.tokens else None

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole run."""
        return -(-self.tokens // self.step_tokens)

    def rate(self, step: int) -> float:
        """The learning rate of a 0-based step."""
        done, left = (step + 1) * self.step_tokens, (self.steps - step) * self.step_tokens
        warm = min(1.0, done / self.warmup_tokens) if self.warmup_tokens else 1.0
        cool = min(1.0, left / self.decay_tokens) if self.decay_tokens else 1.0
        return self.learning_rate * min(warm, cool)


def read_recipe(path: Path) -> TrainRecipe:
    """Read a run from the `[train]` table of a TOML file; relative folders count from where the run is started."""
    return to_dataclass(TrainRecipe, read_table(path, "train"), f"{path}: train")
