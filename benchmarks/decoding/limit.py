"""The machine's limit: what one decode step cannot avoid, its matrix products and the bytes that it must read.

Shapes: R rows, D hidden size, F intermediate size, V vocabulary, H query heads, G key-value heads, K head dimension.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median

import torch
import torch.nn.functional as F
from torch import Tensor

from decoding.cases import Case
from decoding.pairs import Work
from scilogos.model import ModelConfig

Shape = tuple[int, int]  # outputs, inputs
BF16 = 2  # bytes
_READ = 1 << 28  # bytes that no cache holds
_REPEATS = 9


def linear_shapes(config: ModelConfig) -> list[Shape]:
    """The weight matrices that every row is multiplied with, layer by layer, the head last."""
    D, F_, K = config.hidden_size, config.intermediate_size, config.head_dim
    H, G = config.num_attention_heads, config.num_key_value_heads
    layer = [((H + 2 * G) * K, D), (D, H * K), (2 * F_, D), (D, F_)]
    return layer * config.num_hidden_layers + [(config.vocab_size, D)]


def step_flops(config: ModelConfig, rows: int) -> int:
    """Multiplications and additions of one step's linear layers."""
    return 2 * rows * sum(outputs * inputs for outputs, inputs in linear_shapes(config))


def step_bytes(config: ModelConfig, rows: int, prompt: int, own: float) -> float:
    """The bytes of one step in bf16: weights once, the prompt's keys and values once, each row's own `own` of them."""
    weights = sum(outputs * inputs for outputs, inputs in linear_shapes(config))
    position = 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim
    return BF16 * (weights + position * (prompt + rows * own))


@dataclass(frozen=True)
class Limit:
    """A side that does nothing but the products of a step, or reads its bytes where that takes longer."""

    config: ModelConfig
    memory: Tensor = field(default_factory=lambda: torch.ones(_READ // 4), repr=False)

    def write(self, case: Case, lengths: Sequence[int]) -> Work:
        """The time of so many symbols, all rows at once and each answer of mean length."""
        products, reading = self.seconds(case, lengths)
        return Work(tuple(lengths), max(products, reading) * fmean(lengths))

    def seconds(self, case: Case, lengths: Sequence[int]) -> tuple[float, float]:
        """The time of one step's products and of its bytes, measured now."""
        needed = step_bytes(self.config, len(lengths), len(case.symbols), fmean(lengths) / 2)
        return product_seconds(linear_shapes(self.config), len(lengths)), needed / self.bytes_per_second()

    def bytes_per_second(self) -> float:
        """Time the reading of memory."""
        return self.memory.nbytes / median_seconds(self.memory.sum)


def product_seconds(shapes: Sequence[Shape], rows: int) -> float:
    """Time the products with random bf16 weights, as they lie or laid out for the product: the faster of both."""
    inputs = {width: torch.randn(rows, width).bfloat16() for _, width in shapes}
    weights = [torch.randn(shape).bfloat16() for shape in shapes]
    ways: list[tuple[Callable[[Tensor, Tensor], Tensor], list[Tensor]]] = [(F.linear, weights)]
    if torch.ops.mkldnn._is_mkldnn_bf16_supported():
        ways.append((_packed_linear, [torch.ops.mkldnn._reorder_linear_weight(w, rows) for w in weights]))
    widths = [width for _, width in shapes]
    return min(
        median_seconds(lambda: [linear(inputs[d], w) for d, w in zip(widths, held, strict=True)])  # noqa: B023
        for linear, held in ways
    )


def _packed_linear(x_RD: Tensor, weight: Tensor) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(x_RD, weight, None, "none", [], "")


def median_seconds(call: Callable[[], object]) -> float:
    """Call twice to warm up, then time it several times."""
    return median(timed_seconds(call))


@torch.inference_mode()
def timed_seconds(call: Callable[[], object]) -> list[float]:
    """Call twice to warm up, then time it several times."""
    taken = []
    for _ in range(2 + _REPEATS):
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    return taken[2:]
