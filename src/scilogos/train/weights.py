"""Weights at both ends of a run: the model it starts from, and a checkpoint as a folder that others can load."""

from dataclasses import asdict
from pathlib import Path

import torch

from scilogos.errors import CheckpointError
from scilogos.model import ModelConfig, Transformer, adapt, load_checkpoint, merge, save_checkpoint
from scilogos.train import checkpoints
from scilogos.train.optimiser import copy_masters
from scilogos.train.recipe import TrainRecipe


def starting_model(recipe: TrainRecipe, vocabulary_size: int) -> Transformer:
    """Build the model of a recipe in fp32, from random weights or from `start`."""
    if recipe.start is not None:
        model, config = load_checkpoint(recipe.start, device=recipe.device)
        if config.vocab_size != vocabulary_size:
            raise CheckpointError(f"{recipe.start}: {config.vocab_size} symbols; the corpus has {vocabulary_size}")
        if recipe.lora_rank:
            adapt(model, recipe.lora_rank, torch.Generator().manual_seed(recipe.seed))
        return model
    model = Transformer(_shaped(recipe, vocabulary_size), device=recipe.device)
    return model.initialise(torch.Generator(device=recipe.device).manual_seed(recipe.seed))


def _shaped(recipe: TrainRecipe, vocabulary_size: int) -> ModelConfig:
    assert recipe.shape is not None
    return ModelConfig(
        vocab_size=vocabulary_size, tie_word_embeddings=True, bos_token_id=0, eos_token_id=0, **asdict(recipe.shape)
    )


def weights_of(checkpoint_or_run: Path, out: Path, recipe: TrainRecipe | None = None) -> Path:
    """Write a checkpoint, or the newest of a run, as fp32 weights in Hugging Face's layout; return `out`.

    A later run can `start` from there while this one goes on. A run without config.json needs its recipe.
    """
    folder = checkpoint_or_run
    if not (folder / checkpoints.PROGRESS_NAME).is_file():
        found = checkpoints.found(folder)
        if not found:
            raise CheckpointError(f"{folder}: holds no checkpoint; expected checkpoint-00000100 or the like")
        folder = found[-1]
    tensors, progress = checkpoints.load(folder)
    run = folder.absolute().parent
    if (run / checkpoints.CONFIG_NAME).is_file():
        config = ModelConfig.from_hf(checkpoints.read_config(run))
    elif recipe is None:
        raise CheckpointError(f"{run / checkpoints.CONFIG_NAME}: not there; give the recipe of the run")
    elif recipe.start is not None:
        _, config = load_checkpoint(recipe.start)
    else:
        embedding_VD = tensors.get("master/embedding_VD")
        config = _shaped(recipe, 1 if embedding_VD is None else len(embedding_VD))
    adapted = any(".parametrizations." in key for key in tensors)
    if adapted and (recipe is None or not recipe.lora_rank):
        raise CheckpointError(f"{folder}: holds adapters alone; give the recipe of the run, which names their rank")
    model = starting_model(recipe, config.vocab_size) if adapted and recipe is not None else Transformer(config)
    try:
        copy_masters(tensors, {name: p.detach() for name, p in model.named_parameters() if p.requires_grad})
    except CheckpointError as error:
        raise CheckpointError(f"{folder}: {error}") from None
    metadata = {"run": run.name, "corpus": progress["corpus"], "steps": str(progress["step"])}
    save_checkpoint(out, merge(model), config, dtype=torch.float32, metadata=metadata)
    return out
