"""Our optimiser step, as the loop takes it, and the documents that it read."""

import time
from dataclasses import replace

import numpy as np
import torch

from scilogos.data.batches import Mixture, Row
from scilogos.data.shards import read_corpus
from scilogos.train import TrainRecipe
from scilogos.train.loss import Batch, summed_loss
from scilogos.train.optimiser import Masters
from scilogos.train.parallel import Ranks
from scilogos.train.weights import starting_model
from training.products import finish


class Ours:
    """A model of random weights in the shape of a recipe, its optimiser, and the recipe's stream of rows."""

    def __init__(self, recipe: TrainRecipe) -> None:
        corpus = read_corpus(recipe.corpus)
        self.recipe = replace(recipe, start=None)
        device = torch.device(recipe.device)
        self.model = starting_model(self.recipe, corpus.vocabulary_size, device)
        self.masters = Masters(self.model, self.recipe, Ranks(device=device))
        if recipe.compile:
            self.model.compile_blocks()
        self.mixture = Mixture(
            recipe.corpus, split="train", shares=recipe.shares, row_length=recipe.row_length, seed=recipe.seed
        )

    def rows(self, steps: int) -> list[Row]:
        """The rows of the next steps."""
        return [self.mixture.next() for _ in range(steps * self.recipe.rows_per_step)]

    def seconds(self, rows: list[Row]) -> float:
        """The time of the steps over these rows."""
        begun, group = time.perf_counter(), self.recipe.rows_per_step
        for first in range(0, len(rows), group):
            batches = [Batch.of(row, self.model.embedding_VD.device) for row in rows[first : first + group]]
            count = sum(len(batch.places_S) for batch in batches)
            for batch in batches:
                loss, _ = summed_loss(self.model, batch, None)
                self.masters.backward(loss / count, last=batch is batches[-1])
            self.masters.step(self.recipe.learning_rate)
        finish(self.recipe.device)
        return time.perf_counter() - begun


def documents(rows: list[Row]) -> list[list[int]]:
    """The sentences of rows, each with the end symbol on both sides."""
    found = []
    for row in rows:
        ends = np.cumsum(row.lengths)
        for end, length in zip(ends, row.lengths, strict=True):
            found.append([*row.inputs[end - length : end].tolist(), int(row.targets[end - 1])])
    return found


def places(rows: list[Row]) -> int:
    """The tokens that are learnt, padding left out."""
    return sum(sum(row.lengths) for row in rows)
