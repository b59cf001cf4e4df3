"""A tiny corpus that can be learnt, recipes of a tiny model, and runs in processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from scilogos.data import legal_table
from scilogos.data.shards import CorpusInfo, ShardWriter
from scilogos.train import Shape, TrainRecipe

VOCABULARY = 32
SHAPE = Shape(
    hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, head_dim=16
)
RUN = """
import json, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from scilogos.recipe import to_dataclass
from scilogos.train import TrainRecipe, train
print("ready", flush=True)
try:
    train(to_dataclass(TrainRecipe, json.loads(sys.argv[1]), "test"), Path(sys.argv[2]), quiet=True)
except KeyboardInterrupt:
    sys.exit(77)
"""


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Threads only get in each other's way on tensors this small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def write_corpus(folder: Path, *, legal: bool = False, seed: int = 0) -> Path:
    """Sentences that count up or down from a random number, so that a place tells the next."""
    folder.mkdir(parents=True, exist_ok=True)
    rng, infos = np.random.default_rng(seed), []
    for modality, step in (("up", 1), ("down", -1)):
        for split, count in (("train", 60), ("val", 6)):
            writer = ShardWriter(folder, modality, split, legal=legal)
            for _ in range(count):
                first, length = int(rng.integers(1, VOCABULARY)), int(rng.integers(4, 20))
                tokens = [1 + (first + step * i) % (VOCABULARY - 1) for i in range(length)]
                writer.append(tokens, 2, [0, 0, *[1 + token % 2 for token in tokens[2:]]] if legal else None)
            infos.append(writer.close())
    table = np.ones((3, VOCABULARY), bool)  # rows 1 and 2: the even and the odd symbols
    table[1, 1::2] = False
    table[2, 0::2] = False
    digest = legal_table.save(folder, table) if legal else None
    shards = tuple(infos)
    CorpusInfo(vocabulary="v", vocabulary_size=VOCABULARY, recipe="r", shards=shards, legal=digest).save(folder)
    return folder


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("train") / "corpus")


@pytest.fixture(scope="session")
def legal_corpus(tmp_path_factory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("train") / "legal", legal=True)


@pytest.fixture(scope="session")
def tiny(corpus) -> TrainRecipe:
    """Forty steps of 128 places."""
    return TrainRecipe(
        name="tiny", corpus=corpus, shares={"up": 2, "down": 1}, tokens=40 * 128, shape=SHAPE, row_length=64,
        rows_per_step=2, learning_rate=1e-2, warmup_tokens=5 * 128, decay_tokens=15 * 128, precision="fp32",
        compile=False, checkpoint_every=7, validate_every=15, validate_rows=1,
    )  # fmt: skip


@pytest.fixture
def recipe(tiny) -> TrainRecipe:
    return tiny


def metrics(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture
def journal() -> Callable[[Path], list[dict]]:
    return metrics


def as_table(recipe: TrainRecipe) -> str:
    table = {key: value for key, value in vars(recipe).items() if value is not None}
    if recipe.shape is not None:
        table["shape"] = vars(recipe.shape)
    return json.dumps(table, default=str)


@pytest.fixture
def start_run() -> Callable[..., subprocess.Popen]:
    """Start a run in a process of its own; return once it has imported all and begins."""
    begun: list[subprocess.Popen] = []

    def start(recipe: TrainRecipe, run: Path, script: str = RUN, *, before: str = "") -> subprocess.Popen:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-c", before + script, as_table(recipe), str(run)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment)
        begun.append(process)
        assert process.stdout is not None and process.stdout.readline() == "ready\n", process.communicate()[1]
        return process

    yield start
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.communicate()
