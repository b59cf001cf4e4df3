"""The command line in process: a tiny random model, and `logos(...)` that returns exit code, output and errors."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from scilogos.model import Transformer, save_checkpoint
from scilogos.tokens import save_hf_tokenizer
from tests.fakes import CODEC, TINY


class Ran(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with one, `tiny`, of random weights."""
    folder = tmp_path_factory.mktemp("models")
    config = replace(TINY, max_position_embeddings=4096, tie_word_embeddings=True)
    model = Transformer(config).initialise(torch.Generator().manual_seed(0))
    save_checkpoint(folder / "tiny", model, config, dtype=torch.float32)
    CODEC.save(folder / "tiny")
    save_hf_tokenizer(CODEC, folder / "tiny")
    return folder


@pytest.fixture
def logos(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """Run `logos` with these words in an empty folder."""
    from scilogos.cli import main

    monkeypatch.setenv("SCILOGOS_MODELS", str(tiny))
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Ran:
        monkeypatch.setattr("sys.argv", ["logos", *words])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run
