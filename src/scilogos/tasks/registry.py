"""Where models are: a folder by its path, or a name below $SCILOGOS_MODELS, the user's own folder or the package.

`NAME@http://host:8000` is a model that `vllm serve` holds there, `NAME@vllm` one that vLLM holds in this process: the
folder gives the tokenizer, and for the second the weights.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import torch

from scilogos.decode import Engine
from scilogos.decode.served import Local, Remote, ServedEngine
from scilogos.errors import CheckpointError, InputError, MissingError, StorageError
from scilogos.model import ModelConfig, check_checkpoint, has_bf16, load_checkpoint
from scilogos.tokens import Codec, GrownCodec
from scilogos.tokens import load as load_codec

DEFAULT = "logos-8m"
_DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}
_VLLM_DTYPES = {"auto": "auto", "bf16": "bfloat16", "fp32": "float32"}
_PLACE = re.compile(r"@(vllm|https?://.+)$")


def folders() -> list[Path]:
    """The folders that hold models, first match wins."""
    package = Path(__file__).parents[1]
    return [*_listed(), _own(), package / "models", package.parents[1] / "models"]


def _listed() -> list[Path]:
    return [Path(p) for p in os.environ.get("SCILOGOS_MODELS", "").split(os.pathsep) if p]


def _own() -> Path:
    """The user's folder of models, as the XDG base directories place it."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "scilogos" / "models"


def installed() -> Iterator[tuple[str, Path]]:
    """Name and folder of every model that is there."""
    seen: set[str] = set()
    for folder in folders():
        for config in sorted(folder.glob("*/config.json")):
            if config.parent.name not in seen:
                seen.add(config.parent.name)
                yield config.parent.name, config.parent


def find(name: str | Path) -> Path:
    """The folder of a model, wherever it is served; MissingError lists what there is."""
    name = _PLACE.sub("", str(name))
    if (Path(name) / "config.json").is_file():
        return Path(name)
    there = dict(installed())
    if name not in there:
        listing = ", ".join(there) or "none"
        raise MissingError(f"no model {name!r}: expected a folder with config.json, or one of: {listing}")
    return there[name]


def register(folder: Path, name: str | None = None) -> Path:
    """Register a checkpoint folder under a name (default: its own) by a link; return the link.

    The link goes to the first folder of $SCILOGOS_MODELS, else to the user's own. CheckpointError names what is broken.
    """
    folder = folder.resolve()
    _check_rows(folder, check_checkpoint(folder), load_codec(folder))
    name = name or folder.name
    if Path(name).name != name or name.startswith("."):
        raise InputError(f"name {name!r}: expected a file's name without folders")
    taken = dict(installed()).get(name)
    if taken is not None and taken.resolve() != folder:
        raise InputError(f"name {name!r}: taken by {taken}; give another by --name")
    link = (_listed() or [_own()])[0] / name
    if taken is None:
        try:
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)  # one that leads nowhere
            link.symlink_to(folder, target_is_directory=True)
        except OSError as error:
            raise StorageError(f"{link}: the model cannot be registered: {error}") from error
    return taken or link


def _check_rows(folder: Path, config: ModelConfig, codec: Codec | GrownCodec) -> None:
    """Raise CheckpointError where the vocabulary is of other weights."""
    if codec.vocabulary.size != config.vocab_size:
        rows = f"{codec.vocabulary.size} numbers; config.json has vocab_size {config.vocab_size}"
        raise CheckpointError(f"{folder}: its symbol table has {rows}")


def open_engine(name: str | Path = DEFAULT, *, dtype: str = "auto", device: str = "cpu") -> Engine | ServedEngine:
    """Load a model and its vocabulary, or find the server that holds it; `auto` is bf16 where the processor can.

    vLLM chooses its own device, and a running server its own dtype.
    """
    folder, place = find(name), _PLACE.search(str(name))
    if dtype not in ("auto", *_DTYPES):
        raise InputError(f"dtype {dtype!r}: expected auto, {' or '.join(_DTYPES)}")
    if place and place[1] == "vllm":
        return ServedEngine(Local(folder, dtype=_VLLM_DTYPES[dtype]), load_codec(folder))
    if place:
        own = Path(_PLACE.sub("", str(name))).name
        return ServedEngine(Remote(place[1], own, folder.resolve().name), load_codec(folder))
    if dtype == "auto":
        fast = device != "cpu" or has_bf16()
        dtype = "bf16" if fast else "fp32"
    codec = load_codec(folder)
    model, _ = load_checkpoint(folder, dtype=_DTYPES[dtype], device=device)
    _check_rows(folder, model.config, codec)
    return Engine(model, codec)
