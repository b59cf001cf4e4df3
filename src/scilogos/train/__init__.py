"""One training loop: recipe, optimiser, loss, checkpoints, journal."""

from scilogos.train.loop import train
from scilogos.train.recipe import Shape, TrainRecipe, read_recipe

__all__ = ["Shape", "TrainRecipe", "read_recipe", "train"]
