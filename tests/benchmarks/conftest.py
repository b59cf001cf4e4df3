"""The benchmarks are scripts beside the package: their folder goes on the path. Runs as `logos train` leaves them."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from scilogos.data.corpus import prepare
from scilogos.data.corpus import read_recipe as read_corpus_recipe
from scilogos.model import ModelConfig, Transformer, save_checkpoint
from scilogos.tokens import save_hf_tokenizer
from scilogos.train import read_recipe
from scilogos.train.record import record
from tests.fakes import CODEC, TINY

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

CONFIG = ModelConfig(
    family="qwen3", vocab_size=8, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
    num_key_value_heads=1, head_dim=8, max_position_embeddings=64,
)  # fmt: skip
SHAPE = (
    "shape = {hidden_size = 16, intermediate_size = 32, num_hidden_layers = 1, num_attention_heads = 2, "
    "num_key_value_heads = 1, head_dim = 8}"
)
RECIPE = """
[train]
name = "{name}"
corpus = "corpus"
{start}
tokens = 8192
row_length = 4096
rows_per_step = 1
warmup_tokens = 0
[train.shares]
retro = 1
"""


@pytest.fixture
def write_run(tmp_path, monkeypatch) -> Callable[..., Path]:
    """Write a recipe and its finished run of two steps, and go where both are."""
    monkeypatch.chdir(tmp_path)

    def write(recipe: str, validations: list[dict[str, float]], start: str = "") -> Path:
        path = tmp_path / recipe
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(RECIPE.format(name=path.stem, start=f'start = "runs/{start}/final"' if start else SHAPE))
        folder = tmp_path / "runs" / path.stem
        folder.mkdir(parents=True)
        record(folder, read_recipe(path), 0)
        lines = [{"step": step, "validation": losses} for step, losses in enumerate(validations)]
        (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        (folder / "config.json").write_text(json.dumps(CONFIG.to_hf()))
        return path

    return write


@pytest.fixture
def tiny(tmp_path) -> Path:
    """A folder with a tiny model of random weights."""
    folder = tmp_path / "tiny"
    config = replace(TINY, tie_word_embeddings=True)
    save_checkpoint(folder, Transformer(config).initialise(torch.Generator().manual_seed(0)), config)
    CODEC.save(folder)
    save_hf_tokenizer(CODEC, folder)
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A folder with a corpus and two recipes, where the scripts are started."""
    from tests.benchmarks import tiny_run  # after its folder is on the path

    monkeypatch.chdir(tmp_path)
    (tmp_path / "molecules.csv").write_text("smiles\n" + "".join(f"{'C' * n}O\n" for n in range(1, 40)))
    (tmp_path / "small.toml").write_text(tiny_run.RECIPE)
    (tmp_path / "larger.toml").write_text(tiny_run.LARGER)
    prepare(read_corpus_recipe(tmp_path / "small.toml"), tmp_path, tmp_path / "corpus", CODEC)
    return tmp_path
