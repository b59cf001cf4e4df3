"""The one checkpoint that all sides of a run read: an installed model, or a shape with random weights."""

import json
import shutil
from pathlib import Path

import torch

from scilogos.errors import InputError
from scilogos.model import ModelConfig, Transformer, save_checkpoint
from scilogos.tasks.registry import find
from scilogos.tokens import default, save_hf_tokenizer

SHAPES = {
    "27m": {
        "hidden_size": 512,
        "intermediate_size": 1536,
        "num_hidden_layers": 8,
        "num_attention_heads": 8,
        "num_key_value_heads": 8,
        "head_dim": 64,
    },
}


def export(folder: Path, model: str, config: str | None) -> None:
    """Write the checkpoint with the tokenizer that transformers and vLLM read."""
    if config is None:
        shutil.copytree(find(model), folder, dirs_exist_ok=True)
    else:
        _write_random(folder, shape(config))
    _read_anything(folder / "tokenizer.json")


def shape(name: str) -> ModelConfig:
    """A Qwen3 of our vocabulary; InputError for a name that is not in the table."""
    if name not in SHAPES:
        raise InputError(f"no config {name!r}: expected {', '.join(SHAPES)}")
    vocabulary = default().vocabulary
    return ModelConfig(
        family="qwen3",
        vocab_size=vocabulary.size,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        bos_token_id=vocabulary.end,
        eos_token_id=vocabulary.end,
        **SHAPES[name],
    )


def _write_random(folder: Path, config: ModelConfig) -> None:
    save_checkpoint(folder, Transformer(config).initialise(torch.Generator().manual_seed(0)), config)
    default().save(folder)
    save_hf_tokenizer(default(), folder)


def _read_anything(path: Path) -> None:
    """Give what the vocabulary lacks a number of its own.

    Published scripts read back what they have drawn without a constraint, which need not be a sentence; our tokenizer
    refuses such a text. The number is that of a row of the embedding without a symbol.
    """
    tokenizer = json.loads(path.read_text())
    pieces = tokenizer["model"]["vocab"]
    pieces[tokenizer["model"]["unk_token"]] = max(pieces.values()) + 1
    path.write_text(json.dumps(tokenizer, ensure_ascii=False))
