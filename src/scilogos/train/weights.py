"""Weights at both ends of a run: the model it starts from, and a checkpoint as a folder that others can load."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from scilogos.errors import CheckpointError
from scilogos.model import ModelConfig, Transformer, adapt, fingerprint, load_checkpoint, merge, save_checkpoint
from scilogos.train import checkpoints
from scilogos.train.optimiser import masters_of
from scilogos.train.recipe import TrainRecipe


def starting_model(recipe: TrainRecipe, vocabulary_size: int, device: torch.device | str = "cpu") -> Transformer:
    """Build the model of a recipe in fp32, from random weights or from `start`."""
    if recipe.start is not None:
        model, config = load_checkpoint(recipe.start, device=device)
        if config.vocab_size != vocabulary_size:
            raise CheckpointError(f"{recipe.start}: {config.vocab_size} symbols; the corpus has {vocabulary_size}")
        if recipe.lora_rank:
            adapt(model, recipe.lora_rank, torch.Generator().manual_seed(recipe.seed))
        return model
    model = Transformer(_shaped(recipe, vocabulary_size), device=device)
    return model.initialise(torch.Generator(device=device).manual_seed(recipe.seed))


def base_of(recipe: TrainRecipe) -> dict[str, str]:
    """What a checkpoint of adapters must say beside: the fingerprint of the weights that they stand on."""
    return {"base": fingerprint(recipe.start)} if recipe.lora_rank and recipe.start is not None else {}


def see_base(saved: checkpoints.Saved, base: Mapping[str, str]) -> None:
    """CheckpointError where the adapters of a checkpoint stand on other weights than those."""
    was, here = saved.progress.get("base"), base.get("base")
    if was and here and was != here:
        raise CheckpointError(f"{saved.folder}: its adapters stand on the weights {was}; `start` now holds {here}")


def _shaped(recipe: TrainRecipe, vocabulary_size: int) -> ModelConfig:
    assert recipe.shape is not None
    return ModelConfig(
        vocab_size=vocabulary_size, tie_word_embeddings=True, bos_token_id=0, eos_token_id=0, **asdict(recipe.shape)
    )


def weights_of(
    checkpoint_or_run: Path,
    out: Path,
    recipe: TrainRecipe | None = None,
    *,
    last: int = 1,
    dtype: torch.dtype = torch.float32,
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """Write a checkpoint, or the newest of a run, as weights in Hugging Face's layout; return `out`.

    Of a run, the mean of its `last` checkpoints. A later run can `start` from there while this one goes on. A run
    without config.json needs its recipe. Without metadata the file names run, corpus and steps.
    """
    several = [checkpoint_or_run]
    if not (checkpoint_or_run / checkpoints.PROGRESS_NAME).is_file():
        several = checkpoints.found(checkpoint_or_run)[-last:]
        if not several:
            raise CheckpointError(f"{checkpoint_or_run}: holds no checkpoint; expected checkpoint-00000100 or the like")
    folder, saved = several[-1], checkpoints.load(several[-1])
    run = folder.absolute().parent
    if (run / checkpoints.CONFIG_NAME).is_file():
        config = ModelConfig.from_hf(checkpoints.read_config(run))
    elif recipe is None:
        raise CheckpointError(f"{run / checkpoints.CONFIG_NAME}: not there; give the recipe of the run")
    elif recipe.start is not None:
        _, config = load_checkpoint(recipe.start)
    else:
        config = _shaped(recipe, saved.shapes.get("master/embedding_VD", (1,))[0])
    model = _model_of(saved, config, recipe)
    learnt = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    _read_mean([checkpoints.load(one) for one in several[:-1]] + [saved], learnt)
    usual = {"run": run.name, "corpus": saved.progress["corpus"], "steps": str(saved.progress["step"])}
    save_checkpoint(out, merge(model), config, dtype=dtype, metadata=metadata or usual)
    return out


@torch.no_grad()
def _read_mean(several: Sequence[checkpoints.Saved], into: Mapping[str, Tensor]) -> None:
    """Read the mean of the masters of checkpoints into parameters."""
    total: dict[str, Tensor] = {}
    for number, saved in enumerate(several, 1):
        try:
            saved.read(masters_of(saved, into))
        except CheckpointError as error:
            raise CheckpointError(f"{saved.folder}: {error}") from None
        if len(several) == 1:  # a second copy would be as large as the model
            return
        for name, parameter in into.items():
            total[name] = (
                parameter / len(several) if number == 1 else total[name].add_(parameter, alpha=1 / len(several))
            )
    for name, parameter in into.items():
        parameter.copy_(total[name])


def _model_of(saved: checkpoints.Saved, config: ModelConfig, recipe: TrainRecipe | None) -> Transformer:
    """A model of random weights for all that a checkpoint holds; where that is adapters, they are on their start."""
    if not any(".parametrizations." in key for key in saved.shapes):
        return Transformer(config)
    if recipe is None or not recipe.lora_rank:
        message = "holds adapters alone; give the recipe of the run, which names their rank"
        raise CheckpointError(f"{saved.folder}: {message}")
    see_base(saved, base_of(recipe))
    return starting_model(recipe, config.vocab_size)
