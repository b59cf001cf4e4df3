"""How a script of this folder ends: one line RESULT and JSON, with its ratios, their spread, and its settings."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import torch

from scilogos.bench.figures import Figure


@dataclass(frozen=True)
class Spread:
    """Median, least and most of some values."""

    median: float
    least: float
    most: float


def spread(values: Sequence[float]) -> Spread:
    """Summarise one value a pair, a round or a run."""
    return Spread(median(values), min(values), max(values))


def spread_of(figure: Figure) -> Spread:
    """A figure's value, and the ends of its interval; the value itself where it has none."""
    value = float("nan") if figure.value is None else float(figure.value)
    return Spread(value, value if figure.low is None else figure.low, value if figure.high is None else figure.high)


def show_figures(benchmark: str, found: Mapping[str, Figure], settings: Mapping[str, Any]) -> None:
    """Print figures by name, a line each, and the last line with them as its ratios."""
    for name, figure in found.items():
        print(f"{name}: {figure}")
    ratios = {name: spread_of(figure) for name, figure in found.items()}
    show_result(benchmark, settings=settings, ratios=ratios, figures={k: asdict(v) for k, v in found.items()})


def rounded(value: Any) -> Any:
    """Round every float of nested dictionaries to four digits."""
    if isinstance(value, Mapping):
        return {key: rounded(held) for key, held in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


def show_result(benchmark: str, *, settings: Mapping[str, Any], ratios: Mapping[str, Spread], **found: Any) -> None:
    """Print the last line of a script. Threads, torch's version and the load of the machine join the settings."""
    machine = {"threads": torch.get_num_threads(), "torch": torch.__version__, "load": os.getloadavg()[0]}
    result = {
        "benchmark": benchmark,
        "settings": {**machine, **settings},
        "ratios": {name: asdict(ratio) for name, ratio in ratios.items()},
        **found,
    }
    print("RESULT " + json.dumps(result))
