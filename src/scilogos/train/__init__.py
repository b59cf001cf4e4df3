"""One training loop: recipe, optimiser, loss, checkpoints, journal; one process or many."""

from scilogos.train.growing import Grown, grow_checkpoint
from scilogos.train.held_out import held_out_loss
from scilogos.train.loop import train
from scilogos.train.recipe import NewRows, Shape, TrainRecipe, read_recipe
from scilogos.train.record import recorded
from scilogos.train.weights import weights_of

__all__ = [
    "Grown",
    "NewRows",
    "Shape",
    "TrainRecipe",
    "grow_checkpoint",
    "held_out_loss",
    "read_recipe",
    "recorded",
    "train",
    "weights_of",
]
