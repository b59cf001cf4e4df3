"""The real vLLM, where it is installed, on checkpoints of random weights: offline, and as a server on loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import torch

from scilogos.decode import Engine
from scilogos.model import Transformer, save_checkpoint
from scilogos.tokens import Codec, GrownCodec, save_hf_tokenizer
from tests.fakes import CODEC, TINY
from tests.published import small_codec

pytest.register_assert_rewrite("tests.serving.parity")

SETTINGS = {
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GB
    "VLLM_CPU_OMP_THREADS_BIND": ",".join(map(str, sorted(os.sched_getaffinity(0)))),
    "HF_HUB_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
}
for _name, _value in SETTINGS.items():
    os.environ.setdefault(_name, _value)
OPTIONS = {"dtype": "float32", "enforce_eager": True, "max_num_seqs": 16, "max_model_len": 1024}
PATIENCE = 300  # seconds until the server must answer


@dataclass
class Checkpoint:
    """A folder, and the same weights in our own engine."""

    folder: Path
    own: Engine


def write(folder: Path, codec: Codec | GrownCodec, family: str) -> Checkpoint:
    """Write random weights, so large that what the model has read shows in what it writes."""
    config = replace(
        TINY,
        family=family,
        vocab_size=codec.vocabulary.size,
        hidden_size=64,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        bos_token_id=None,
        eos_token_id=codec.vocabulary.end,
    )
    model, generator = Transformer(config), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(1 + 0.2 * noise if parameter.ndim == 1 else 0.2 * noise)
    folder.mkdir()
    save_checkpoint(folder, model, config, dtype=torch.float32)
    codec.save(folder)
    if isinstance(codec, Codec):
        save_hf_tokenizer(codec, folder)
    return Checkpoint(folder, Engine(model, codec))


@pytest.fixture(scope="session")
def scratch(tmp_path_factory) -> Checkpoint:
    """A checkpoint of the from-scratch vocabulary."""
    return write(tmp_path_factory.mktemp("scratch") / "tiny", CODEC, "qwen3")


@pytest.fixture(scope="session")
def published(tmp_path_factory) -> Checkpoint:
    """A checkpoint with a grown tokenizer."""
    return write(tmp_path_factory.mktemp("published") / "grown", small_codec(), "llama")


@pytest.fixture(scope="session")
def server(scratch, tmp_path_factory):
    """Give the address of a server that holds the scratch checkpoint."""
    with serving(scratch.folder, tmp_path_factory.mktemp("log") / "server.txt") as url:
        yield url


@contextmanager
def serving(folder: Path, log: Path):
    """Start vLLM's server as `vllm serve` does, wait for it, and end it with all its processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Chunks of prompts and seeded draws do not go together in vLLM's CPU build: its generators have no offset.
    options = ["--max-logprobs", "-1", "--no-enable-chunked-prefill", "--host", "127.0.0.1", "--port", str(port)]
    for name, value in OPTIONS.items():
        options += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder), *options]
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process, log)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(url: str, process: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(f"{url}/health", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.5)
    pytest.fail("the server did not start:\n" + "\n".join(log.read_text().splitlines()[-20:]))
