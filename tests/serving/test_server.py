"""A running server, on a checkpoint of the from-scratch vocabulary, from Python and from the command line."""

import json
import subprocess
import sys

import pytest

from scilogos.decode.served import Remote, ServedEngine
from scilogos.errors import CheckpointError, PromptError
from scilogos.tasks import Logos, load
from tests.published import small_codec
from tests.serving import parity

pytest.importorskip("vllm", reason="vLLM is not installed here; `make test-vllm` has an environment for it")


@pytest.fixture(scope="module")
def logos(server, scratch) -> Logos:
    return load(f"{scratch.folder}@{server}")


def test_without_chance_the_answers_are_the_same(scratch, logos):
    parity.without_chance_the_answers_are_the_same(scratch.own, logos.engine)


def test_every_draw_is_legal_and_scored_by_the_unmasked_model(scratch, logos):
    parity.every_draw_is_legal_and_scored_by_the_unmasked_model(scratch.own, logos.engine)


def test_the_same_seed_gives_the_same(logos):
    parity.the_same_seed_gives_the_same(logos.engine)


def test_draws_follow_the_masked_model(logos):
    parity.draws_follow_the_masked_model(logos.engine)


def test_loops_weigh_as_ours_do(scratch, logos):
    parity.loops_weigh_as_ours_do(scratch.own, logos.engine)


def test_tables_are_the_same(scratch, logos):
    parity.tables_are_the_same(scratch.own, logos.engine)


def test_site_probabilities_are_those_of_the_choices(logos):
    (probabilities,) = logos.sites(parity.CHAIN, samples=4).probabilities
    assert len(probabilities) == len(parity.CHAIN) and ((probabilities > 0) & (probabilities < 1)).all()


def test_a_model_of_another_vocabulary_and_a_text_too_long_are_refused(server, logos):
    with pytest.raises(CheckpointError, match=r"another vocabulary"):
        ServedEngine(Remote(server, "tiny"), small_codec())
    with pytest.raises(PromptError, match=r"this model reads 1022 at most"):
        logos.sites("M" * 600, samples=1)


def test_from_the_command_line(server, scratch):
    command = [sys.executable, "-m", "scilogos.cli", "sites", parity.CHAIN, "--samples", "2", "--threshold", "0.0001"]
    run = subprocess.run(
        [*command, "--model", f"{scratch.folder}@{server}"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert len([json.loads(line) for line in run.stdout.splitlines()]) == len(parity.CHAIN)
    down = [*command, "--model", f"{scratch.folder}@http://127.0.0.1:1"]
    run = subprocess.run(down, capture_output=True, text=True, check=False)
    assert run.returncode == 2 and "is `vllm serve` running there?" in run.stderr
