"""Checkpoints in Hugging Face's layout: config.json and safetensors files, whole or in shards.

The file format is written here, not by safetensors, whose header order differs from run to run: equal weights make
equal bytes, so that a fingerprint names a content.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from scilogos.errors import CheckpointError, StorageError
from scilogos.model.config import ModelConfig
from scilogos.model.files import (
    CONFIG_NAME,
    INDEX_NAME,
    WEIGHTS_NAME,
    encode_json,
    read_json,
    read_shapes,
    read_tensors,
    weight_paths,
    write_bytes,
)
from scilogos.model.names import Place, places
from scilogos.model.transformer import Transformer

DTYPES = {torch.float32: ("F32", "float32"), torch.bfloat16: ("BF16", "bfloat16")}  # in safetensors, in config.json
HEAD_NAME = "lm_head.weight"
IGNORED_SUFFIX = ".rotary_emb.inv_freq"  # in old Llama files; computed from the config
DEFAULT_SHARD_BYTES = 5_000_000_000


def save_checkpoint(
    folder: str | os.PathLike[str],
    model: Transformer,
    config: ModelConfig,
    *,
    dtype: torch.dtype = torch.bfloat16,
    metadata: Mapping[str, str] | None = None,
    max_shard_bytes: int = DEFAULT_SHARD_BYTES,
) -> None:
    """Write config.json and the weights as float32 or bfloat16; raises StorageError where the disk refuses.

    Replaces an older checkpoint of the folder file by file, config.json last.
    """
    if dtype not in DTYPES:
        raise CheckpointError(f"dtype = {dtype}: expected torch.float32 or torch.bfloat16")
    if not all(isinstance(text, str) for pair in (metadata or {}).items() for text in pair):
        raise CheckpointError(f"metadata = {metadata}: expected texts by texts")
    _require_same_shapes(model, Transformer(config, device="meta"))
    folder, parameters = Path(folder), {name: p.detach() for name, p in model.named_parameters()}
    shards = _plan_shards(list(places(config)), dtype.itemsize, max_shard_bytes)
    names = [f"model-{i + 1:05d}-of-{len(shards):05d}.safetensors" for i in range(len(shards))]
    names = [WEIGHTS_NAME] if len(shards) == 1 else names
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, shard in zip(names, shards, strict=True):
            write_bytes(folder / name, _encode(shard, parameters, dtype, metadata or {}))
        if len(shards) > 1:
            total = sum(_num_bytes(place, dtype.itemsize) for shard in shards for place in shard)
            located = {place.name: name for name, shard in zip(names, shards, strict=True) for place in shard}
            index = {"metadata": {"total_size": total}, "weight_map": located}
            write_bytes(folder / INDEX_NAME, iter([encode_json(index)]))
        values = {**config.to_hf(), "torch_dtype": DTYPES[dtype][1]}
        write_bytes(folder / CONFIG_NAME, iter([encode_json(values)]))
        for path in folder.glob("model*.safetensors*"):
            if path.name not in names and (path.name != INDEX_NAME or len(shards) == 1):
                path.unlink()
    except OSError as error:
        raise StorageError(f"{folder}: the checkpoint cannot be written: {error}") from error


def load_checkpoint(
    folder: str | os.PathLike[str], *, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
) -> tuple[Transformer, ModelConfig]:
    """Read a folder of Hugging Face's layout; raises CheckpointError naming the file and what was expected of it."""
    folder = Path(folder)
    config = _read_config(folder)
    model = Transformer(config, dtype=dtype, device=device)
    parameters = {name: parameter.detach() for name, parameter in model.named_parameters()}
    held_head = None
    for place, tensor in _held(folder, config, read_tensors):
        if place.name == HEAD_NAME and config.tie_word_embeddings:
            held_head = tensor
        else:
            parameters[place.parameter][place.start : place.start + place.shape[0]].copy_(tensor)
    if held_head is not None and not torch.equal(held_head.to(dtype), parameters["embedding_VD"].cpu()):
        raise CheckpointError(f"{folder} ties word embeddings, but its lm_head.weight differs from them")
    return model, config


def check_checkpoint(folder: str | os.PathLike[str]) -> ModelConfig:
    """Refuse what `load_checkpoint` refuses, from the files' headers alone: tensors are not read."""
    folder = Path(folder)
    config = _read_config(folder)
    for _ in _held(folder, config, read_shapes):
        pass
    return config


def _read_config(folder: Path) -> ModelConfig:
    try:
        return ModelConfig.from_hf(read_json(folder / CONFIG_NAME))
    except CheckpointError as error:
        raise CheckpointError(f"{folder / CONFIG_NAME}: {error}") from error


def _held(
    folder: Path, config: ModelConfig, read: Callable[[Path], Iterator[tuple[str, Tensor]]]
) -> Iterator[tuple[Place, Tensor]]:
    """Yield every tensor of a folder with its place, checked; after the last one, raise for those that lack."""
    expected = {place.name: place for place in places(config)}
    shape = (config.vocab_size, config.hidden_size)
    tied = Place(name=HEAD_NAME, parameter="embedding_VD", shape=shape)
    known, seen = expected | ({HEAD_NAME: tied} if config.tie_word_embeddings else {}), set[str]()
    for path in weight_paths(folder):
        for name, tensor in read(path):
            if name.endswith(IGNORED_SUFFIX):
                continue
            if name in seen:
                raise CheckpointError(f"{path} holds {name}, which another file of the folder holds too")
            if name not in known:
                raise CheckpointError(f"{path} holds {name}, unexpected in {config.family} as config.json describes it")
            seen.add(name)
            yield known[name], _checked(path, known[name], tensor)
    missing = [name for name in expected if name not in seen]
    if missing:
        raise CheckpointError(f"{folder} lacks {len(missing)} of {len(expected)} tensors, first {missing[0]}")


def _require_same_shapes(model: Transformer, described: Transformer) -> None:
    found = {name: list(parameter.shape) for name, parameter in model.named_parameters()}
    expected = {name: list(parameter.shape) for name, parameter in described.named_parameters()}
    for name in expected | found:
        if found.get(name) != expected.get(name):
            pair = f"{found.get(name)} in the model and {expected.get(name)} by the config"
            raise CheckpointError(f"{name} has the shape {pair}: save a model with its own config")


def _checked(path: Path, place: Place, tensor: Tensor) -> Tensor:
    if tuple(tensor.shape) != place.shape or not tensor.is_floating_point():
        found, shape = f"{tensor.dtype} of shape {list(tensor.shape)}", list(place.shape)
        if not tensor.numel():
            found = f"empty, {found}; saved from a part of a sharded model?"
        raise CheckpointError(f"{path} holds {place.name} as {found}: config.json wants floating point of {shape}")
    return tensor


def _plan_shards(tensors: list[Place], itemsize: int, max_shard_bytes: int) -> list[list[Place]]:
    shards: list[list[Place]] = [[]]
    size = 0
    for place in tensors:
        num_bytes = _num_bytes(place, itemsize)
        if shards[-1] and size + num_bytes > max_shard_bytes:
            shards.append([])
            size = 0
        shards[-1].append(place)
        size += num_bytes
    return shards


def _num_bytes(place: Place, itemsize: int) -> int:
    return torch.Size(place.shape).numel() * itemsize


def _encode(
    shard: list[Place], parameters: dict[str, Tensor], dtype: torch.dtype, metadata: Mapping[str, str]
) -> Iterator[bytes | memoryview]:
    """Yield a safetensors file: the header's length in 8 bytes, the header as JSON padded to 8, the tensors."""
    header: dict[str, object] = {"__metadata__": {"format": "pt", **metadata}}
    offset = 0
    for place in shard:
        end = offset + _num_bytes(place, dtype.itemsize)
        header[place.name] = {"dtype": DTYPES[dtype][0], "shape": place.shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for place in shard:
        rows = parameters[place.parameter][place.start : place.start + place.shape[0]]
        yield rows.to("cpu", dtype).contiguous().view(torch.uint8).numpy().data
