"""What continued pre-training needs on 8 GPUs: memory of each, operations and time a token, computed from the sizes.

    python benchmarks/memory.py                                          the table of docs/scale.md
    torchrun --nproc-per-node 2 benchmarks/memory.py                     the state of a tiny run, counted and computed

Ends with a line RESULT and JSON. Shapes: P parameters, T places of a row, D hidden size, V vocabulary.
"""

import argparse
import os
import sys
from pathlib import Path

import torch

from result import show_result, spread
from scilogos.model import ModelConfig, PackedAttention, Transformer
from scilogos.train import Shape, TrainRecipe, read_recipe
from scilogos.train.optimiser import Masters
from scilogos.train.parallel import joined, local_rows

RECIPES = Path(__file__).parents[1] / "recipes" / "continued"
LLAMA = {"family": "llama", "vocab_size": 128_320, "tie_word_embeddings": True, "num_key_value_heads": 8}
QWEN = {"family": "qwen3", "vocab_size": 151_936, "tie_word_embeddings": False, "num_key_value_heads": 8}
SIZES = {
    "llama-3.2-1b": {**LLAMA, "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16,
                     "num_attention_heads": 32, "head_dim": 64},
    "llama-3.2-3b": {**LLAMA, "hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 28,
                     "num_attention_heads": 24, "head_dim": 128},
    "qwen3-8b": {**QWEN, "hidden_size": 4096, "intermediate_size": 12_288, "num_hidden_layers": 36,
                 "num_attention_heads": 32, "head_dim": 128},
}  # fmt: skip
PEAK = 989e12  # dense bf16 operations a second of an H100 SXM
SENTENCE = 100  # tokens, the mean
GIB = 1 << 30
GPU_GIB = 80 * 1e9 / GIB  # of an H100
_TOGETHER = "together, GiB a GPU"


def memory(config: ModelConfig, recipe: TrainRecipe, world: int) -> dict[str, float]:
    """Bytes on each of so many GPUs, AdamW in fp32 and computing in bf16.

    >>> config = ModelConfig(max_position_embeddings=8192, **SIZES["llama-3.2-1b"])
    >>> parts = memory(config, read_recipe(RECIPES / "llama-3.2-1b.toml"), 8)
    >>> round(parts["masters and AdamW"] / config.num_parameters, 2)
    1.5
    """
    P, T, D, V = config.num_parameters, recipe.row_length, config.hidden_size, config.vocab_size
    tables = V * D * (1 if config.tie_word_embeddings else 2)
    layer = (P - tables) / config.num_hidden_layers
    heads = (config.num_attention_heads + 2 * config.num_key_value_heads) * config.head_dim
    out = config.num_attention_heads * config.head_dim
    inside = 4 * D + 5 * heads + 3 * out + 4 * config.intermediate_size  # numbers a place that a layer's gradient wants
    layers = config.num_hidden_layers
    return {
        "masters and AdamW": 12 * P / world,
        "gradient, its shard": 4 * P / world,
        "gradient, whole, until the last row of a step": 4.0 * P if recipe.rows_per_step > world else 6 * layer,
        "weights gathered in bf16: tables, two layers": 2 * (tables + 2 * layer),
        "activations": 2.0 * T * ((D * layers + inside) if recipe.recompute else inside * layers),
        "logits and their gradient": 14.0 * T * V,  # in bf16, fp32, log-softmax, its gradient
    }


def operations(config: ModelConfig, *, recompute: bool) -> float:
    """Floating-point operations a token of forward and backward, layers a second time forward with `recompute`.

    >>> config = ModelConfig(max_position_embeddings=8192, **SIZES["qwen3-8b"])
    >>> round(operations(config, recompute=False) / 6 / 1e9, 1)  # without the embedding, a look-up
    7.6
    """
    head = config.vocab_size * config.hidden_size
    layers = config.num_parameters - head * (1 if config.tie_word_embeddings else 2)
    seen = 2 * config.num_hidden_layers * config.num_attention_heads * config.head_dim * SENTENCE / 2
    return (8 if recompute else 6) * (layers + seen) + 6.0 * head


def computed(world: int, utilisation: float) -> dict[str, dict[str, float]]:
    """The table: GiB of each part, and time."""
    table = {}
    for name, sizes in SIZES.items():
        config, recipe = ModelConfig(max_position_embeddings=8192, **sizes), read_recipe(RECIPES / f"{name}.toml")
        parts = memory(config, recipe, world)
        rate = world * PEAK * utilisation / operations(config, recompute=recipe.recompute)
        table[name] = {
            "parameters, billions": round(config.num_parameters / 1e9, 2),
            **{part: round(size / GIB, 1) for part, size in parts.items()},
            _TOGETHER: round(sum(parts.values()) / GIB, 1),
            "checkpoint on the disk, GiB": round(12 * config.num_parameters / GIB, 1),
            "GFLOP a token": round(operations(config, recompute=recipe.recompute) / 1e9, 1),
            "microseconds a token, all GPUs": round(1e6 / rate, 2),
            "tokens a second, all GPUs": round(rate),
            "hours for a billion tokens": round(1e9 / rate / 3600, 1),
        }
    return table


def counted() -> dict[str, float] | None:
    """Bytes of masters, gradients and AdamW that this process of a tiny run holds, beside those of the formula."""
    shape = Shape(hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
                  num_key_value_heads=1, head_dim=16)  # fmt: skip
    recipe = TrainRecipe(name="tiny", corpus=Path(), shares={"a": 1}, tokens=10**6, shape=shape, optimiser="adamw")
    config = ModelConfig(vocab_size=1024, tie_word_embeddings=True, **vars(shape))
    with joined("cpu") as ranks:
        model = Transformer(config).initialise(torch.Generator().manual_seed(0))
        masters = Masters(model, recipe, ranks)
        tokens = torch.arange(32)
        loss = model.logits(model(tokens, tokens, PackedAttention((32,)))).float().sum()
        masters.backward(loss, last=True)
        gradients = [master.grad for master in masters.masters.values() if master.grad is not None]
        held = sum(local_rows(gradient)[0].nbytes for gradient in gradients)
        masters.step(1e-3)
        held += sum(local_rows(tensor)[0].nbytes for tensor in masters.state().values() if tensor.ndim)
        formula = memory(config, recipe, ranks.world)
        expected = formula["masters and AdamW"] + formula["gradient, its shard"]
        return {"processes": ranks.world, "counted": held, "computed": expected} if ranks.first else None


def main() -> None:
    """Print the table, or under torchrun what was counted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gpus", type=int, default=8)
    parser.add_argument("--utilisation", type=float, default=0.4, help="share of the peak, recomputation counted")
    options = parser.parse_args()
    if "RANK" in os.environ:
        result, settings = counted(), {"what": "bytes of state that a process holds"}
        if result is None:
            return
        ratios = {"counted / computed": spread([result["counted"] / result["computed"]])}
    else:
        result, settings = computed(options.gpus, options.utilisation), vars(options)
        names = list(result)
        print(f"| | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
        for part in result[names[0]]:
            print(f"| {part} | {' | '.join(f'{result[name][part]:,}' for name in names)} |")
        ratios = {
            f"{name}, share of a GPU's memory": spread([table[_TOGETHER] / GPU_GIB]) for name, table in result.items()
        }
    show_result("memory", settings=settings, ratios=ratios, rows=result)


if __name__ == "__main__":
    sys.exit(main())
