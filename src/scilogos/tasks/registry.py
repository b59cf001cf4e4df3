"""Where models are: a folder by its path, or a name below the package, the source checkout or $SCILOGOS_MODELS."""

import os
from collections.abc import Iterator
from pathlib import Path

import torch

from scilogos.decode import Engine
from scilogos.errors import InputError, MissingError
from scilogos.model import load_checkpoint
from scilogos.tokens import load as load_codec

DEFAULT = "logos-8m"
_DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}


def folders() -> list[Path]:
    """The folders that hold models, first match wins."""
    package = Path(__file__).parents[1]
    listed = os.environ.get("SCILOGOS_MODELS", "")
    return [*(Path(p) for p in listed.split(os.pathsep) if p), package / "models", package.parents[1] / "models"]


def installed() -> Iterator[tuple[str, Path]]:
    """Name and folder of every model that is there."""
    seen: set[str] = set()
    for folder in folders():
        for config in sorted(folder.glob("*/config.json")):
            if config.parent.name not in seen:
                seen.add(config.parent.name)
                yield config.parent.name, config.parent


def find(name: str | Path) -> Path:
    """The folder of a model; MissingError lists what there is."""
    if (Path(name) / "config.json").is_file():
        return Path(name)
    there = dict(installed())
    if str(name) not in there:
        listing = ", ".join(there) or "none"
        raise MissingError(f"no model {str(name)!r}: expected a folder with config.json, or one of: {listing}")
    return there[str(name)]


def open_engine(name: str | Path = DEFAULT, *, dtype: str = "auto", device: str = "cpu") -> Engine:
    """Load a model and its vocabulary; `auto` computes in bf16 where the processor can."""
    folder = find(name)
    if dtype not in ("auto", *_DTYPES):
        raise InputError(f"dtype {dtype!r}: expected auto, {' or '.join(_DTYPES)}")
    if dtype == "auto":
        fast = device != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
        dtype = "bf16" if fast else "fp32"
    codec = load_codec(folder)
    model, _ = load_checkpoint(folder, dtype=_DTYPES[dtype], device=device)
    return Engine(model, codec)
