"""One training loop: recipe, optimiser, loss, checkpoints, journal."""

from scilogos.train.held_out import held_out_loss
from scilogos.train.loop import train
from scilogos.train.recipe import Shape, TrainRecipe, read_recipe
from scilogos.train.weights import weights_of

__all__ = ["Shape", "TrainRecipe", "held_out_loss", "read_recipe", "train", "weights_of"]
