"""Measure our training step beside the transformers Trainer and the machine's products; see docs/speed.md."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from command import run_app
from decoding.checkpoints import SHAPES
from decoding.limit import linear_shapes
from result import Spread, rounded, show_result, spread
from scilogos.errors import InputError, MissingError
from scilogos.train import Shape, TrainRecipe, read_recipe
from scilogos.train.optimiser import DTYPES
from training.ours import Ours, documents, places
from training.products import product_flops, product_seconds
from training.trainer_peer import Trainer

app = App(help=__doc__, help_format="plaintext", version_flags=())
Positive = Annotated[int, Parameter(validator=Number(gte=1))]


@app.default
def train(
    recipe: Path,
    /,
    *,
    config: str | None = None,
    precision: Literal["bf16", "fp32"] | None = None,
    rows: Positive | None = None,
    steps: Positive = 4,
    pairs: Positive = 5,
    peak: Annotated[float | None, Parameter(validator=Number(gt=0))] = None,
) -> None:
    """Compare, and end with one line RESULT and JSON.

    Parameters
    ----------
    recipe
        A training recipe with a shape; its corpus must be there.
    config
        Another shape with the recipe's rows: 27m.
    precision
        Of the model and of the products; the recipe's own without it.
    rows
        Rows a step; the recipe's own without it.
    steps
        Optimiser steps of one measurement.
    pairs
        Ours and the Trainer in turn, so many times.
    peak
        TFLOP/s that the device's data sheet promises: gives model FLOPs utilisation too (6 a parameter and token,
        the embedding once). The recipe says which device.
    """
    shaped = _shaped(read_recipe(recipe), config)
    ours = Ours(replace(shaped, precision=precision or shaped.precision, rows_per_step=rows or shaped.rows_per_step))
    shapes, settings = linear_shapes(ours.model.config), ours.recipe
    ours.seconds(ours.rows(2))  # compiles
    peer, skipped = _peer(ours)
    shares, speeds, ratios, rates = [], [], [], []
    for _ in range(pairs):
        packed = ours.rows(steps)
        products = product_seconds(shapes, settings.row_length, DTYPES[settings.precision], settings.device)
        mine = ours.seconds(packed)
        shares.append(len(packed) * products / mine)
        rates.append(product_flops(shapes, settings.row_length) / products / 1e9)
        speeds.append(places(packed) / mine)
        line = f"{speeds[-1]:,.0f} tokens/s, {shares[-1]:.0%} of the product rate ({rates[-1]:,.0f} GFLOP/s)"
        if peer is not None:
            ratios.append(peer.seconds(documents(packed)) / mine)
            line += f", {ratios[-1]:.2f} x the Trainer"
        print(line, flush=True)
    found: dict[str, Spread] = {"share_of_products": spread(shares)}
    if peak is not None:
        needed = 6 * sum(parameter.numel() for parameter in ours.model.parameters())
        found["model_flops_utilisation"] = spread([needed * speed / (peak * 1e12) for speed in speeds])
    if ratios:
        found["ratio_trainer"] = spread(ratios)
    speed = {"tokens_per_s": speeds, "product_gflops": rates}
    show_result(
        "train",
        settings={
            "recipe": recipe.name,
            "config": config or settings.name,
            "parameters": sum(p.numel() for p in ours.model.parameters()),
            "row_length": settings.row_length,
            "rows_per_step": settings.rows_per_step,
            "optimiser": settings.optimiser,
            "precision": settings.precision,
            "device": settings.device,
            "peak_tflops": peak,
            "steps": steps,
            "pairs": pairs,
        },
        ratios=found,
        skipped=skipped,
        **{name: rounded(asdict(spread(values))) for name, values in speed.items()},
    )


def _shaped(recipe: TrainRecipe, config: str | None) -> TrainRecipe:
    if config is None:
        if recipe.shape is None:
            raise InputError("the recipe starts from weights: give one with a shape, or --config 27m")
        return recipe
    if config not in SHAPES or SHAPES[config].tokenizer is not None:
        raise InputError(f"--config {config}: expected 27m")
    sizes = {key: value for key, value in SHAPES[config].config.items() if key != "tie_word_embeddings"}
    return replace(recipe, shape=Shape(**sizes), start=None)


def _peer(ours: Ours) -> tuple[Trainer | None, dict[str, str]]:
    try:
        peer = Trainer(
            ours.model, ours.recipe.step_tokens, device=ours.recipe.device, bf16=ours.recipe.precision == "bf16"
        )
    except MissingError as error:
        print(f"trainer: skipped: {error}", flush=True)
        return None, {"trainer": str(error)}
    peer.seconds(documents(ours.rows(1)))  # warms up
    return peer, {}


if __name__ == "__main__":
    run_app(app, "train.py")
