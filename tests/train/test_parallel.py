"""Several processes give the losses of one, and go on with each other's checkpoints."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from scilogos.errors import CheckpointError, RecipeError
from scilogos.model import load_checkpoint
from scilogos.train import checkpoints, train
from tests.train.conftest import as_table, metrics

STEPS, HALF = 20, 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("parallel")


@pytest.fixture(scope="module")
def plain(tiny):
    """Twenty steps of four rows, saved in the middle and at the end."""
    return replace(
        tiny, rows_per_step=4, tokens=STEPS * 256, warmup_tokens=5 * 256, decay_tokens=5 * 256, optimiser="adamw",
        checkpoint_every=HALF, validate_every=HALF, validate_rows=3,
    )  # fmt: skip


def work(folder: Path, jobs: list[dict]) -> dict[str, list[int]]:
    """Run jobs of several processes in folders of these names; their exit codes."""
    for job in jobs:
        job |= {key: str(folder / job[key]) for key in ("run", "like") if key in job}
        job["recipe"] = as_table(job["recipe"])
    command = [sys.executable, "-m", "tests.train.ranks", json.dumps(jobs)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    (folder / "errors").write_text(done.stderr)
    return {Path(job["run"]).name: codes for job, codes in zip(jobs, json.loads(done.stdout), strict=True)}


@pytest.fixture(scope="module")
def runs(folder, plain) -> dict[str, list[int]]:
    """Whole runs, in this process and in two others."""
    muon = replace(plain, optimiser="muon")
    for name, recipe in (("one", plain), ("one-muon", muon)):
        train(recipe, folder / name, quiet=True)
    recomputed = replace(muon, recompute=True)
    jobs = [{"run": "two", "world": 2, "recipe": plain}, {"run": "two-muon", "world": 2, "recipe": recomputed}]
    return work(folder, jobs)


@pytest.fixture(scope="module")
def more(folder, plain, runs) -> dict[str, list[int]]:
    """Runs that go on from those, or end otherwise."""
    endless = replace(plain, tokens=10**7, decay_tokens=0)
    cut = ["final", f"checkpoint-{STEPS:08d}"]
    jobs = [
        {"run": "two-four", "world": 4, "recipe": plain, "like": "two", "drop": cut},
        {"run": "one-two", "world": 2, "recipe": plain, "like": "one", "drop": cut},
        {"run": "asked", "world": 2, "recipe": endless, "signal": "SIGTERM"},
        {"run": "killed", "world": 2, "recipe": endless, "signal": "SIGKILL"},
        {"run": "three", "world": 3, "recipe": plain},
    ]
    return work(folder, jobs)


def same_losses(run: Path, reference: Path, tolerance: float) -> None:
    ours, theirs = metrics(run), metrics(reference)
    assert [line["step"] for line in ours] == [line["step"] for line in theirs] == list(range(STEPS))
    for a, b in zip(ours, theirs, strict=True):
        assert a["loss"] == pytest.approx(b["loss"], rel=tolerance)
        assert a["gradient_norm"] == pytest.approx(b["gradient_norm"], rel=10 * tolerance)
        assert a.get("validation", {}) == pytest.approx(b.get("validation", {}), rel=tolerance)
    ours, theirs = load_checkpoint(run / "final")[0], load_checkpoint(reference / "final")[0]
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=30 * tolerance)


def test_two_processes_give_the_losses_of_one(folder, runs):
    assert runs["two"] == [0, 0]
    same_losses(folder / "two", folder / "one", 1e-6)


def test_with_muon_too(folder, runs):
    assert runs["two-muon"] == [0, 0]
    same_losses(folder / "two-muon", folder / "one-muon", 1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "world"), [("two-four", 4), ("one-two", 2)])
def test_they_go_on_where_others_stopped(folder, more, name, world):
    assert more[name] == [0] * world
    same_losses(folder / name, folder / "one", 1e-6)


def cut(folder: Path, name: str) -> Path:
    """A run on two processes that has come to its middle."""
    run = folder / f"two-{name}"
    shutil.copytree(folder / "two", run)
    for later in ("final", f"checkpoint-{STEPS:08d}"):
        shutil.rmtree(run / later)
    return run


def test_one_goes_on_where_two_stopped(folder, runs, plain):
    run = cut(folder, "one")
    files = {file.name for file in checkpoints.found(run)[-1].iterdir()}
    assert files == {"progress.json", *(f"shard-0000{i}-model-00001-of-00001.safetensors" for i in (1, 2))}
    train(plain, run, quiet=True)
    same_losses(run, folder / "one", 1e-6)


@pytest.mark.parametrize("damage", ["truncated", "changed", "missing"])
@pytest.mark.parametrize("shard", [1, 2])
def test_a_broken_shard_is_refused_by_name(folder, runs, plain, tmp_path, shard, damage):
    run = tmp_path / "run"
    shutil.copytree(folder / "two", run)
    file = run / f"checkpoint-{STEPS:08d}" / f"shard-0000{shard}-model-00001-of-00001.safetensors"
    whole = file.read_bytes()
    {
        "truncated": lambda: file.write_bytes(whole[:-5]),
        "changed": lambda: file.write_bytes(whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:]),
        "missing": file.unlink,
    }[damage]()
    with pytest.raises(CheckpointError, match=f"{STEPS:08d}/{file.name}: not whole .*; remove this checkpoint"):
        train(plain, run, quiet=True)


@pytest.mark.slow
def test_asked_in_one_place_all_save_and_stop(folder, more):
    assert more["asked"] == [77, 77]
    run = folder / "asked"
    assert checkpoints.load(checkpoints.found(run)[-1]).progress["step"] == len(metrics(run)) >= 3


@pytest.mark.slow
def test_where_one_is_killed_the_others_end_too(folder, more):
    assert more["killed"][1] == -9 and more["killed"][0] == 1
    saved = checkpoints.found(folder / "killed")
    assert all(checkpoints.load(checkpoint).progress["step"] % HALF == 0 for checkpoint in saved)
    assert not (folder / "killed" / "final").exists()
    assert "CheckpointError: another process of this run is lost" in (folder / "errors").read_text()


@pytest.mark.slow
def test_rows_must_divide_among_the_processes(folder, more):
    assert more["three"] == [1, 1, 1]
    message = "RecipeError: rows_per_step = 4: expected a multiple of the 3 processes"
    assert message in (folder / "errors").read_text() and issubclass(RecipeError, ValueError)
