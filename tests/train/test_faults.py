"""Faults, injected for real: kills, a disk that refuses, broken files, numbers that are not finite. Nothing is lost."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from scilogos.data.batches import Mixture
from scilogos.errors import CheckpointError, StorageError
from scilogos.model import ModelConfig, Transformer, load_checkpoint, save_checkpoint
from scilogos.train import checkpoints, train
from scilogos.train.journal import Journal
from scilogos.train.recipe import TrainRecipe
from tests.train.conftest import SHAPE, VOCABULARY, as_table, metrics

ROOT = Path(__file__).parents[2]
STATE = checkpoints.STATE_NAME


@pytest.fixture(scope="module")
def often(tiny) -> TrainRecipe:
    """A hundred and fifty steps, each with a checkpoint."""
    return replace(
        tiny, tokens=150 * 128, warmup_tokens=128, decay_tokens=50 * 128, checkpoint_every=1, validate_every=50
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, often) -> Path:
    run = tmp_path_factory.mktemp("undisturbed") / "run"
    train(often, run, quiet=True)
    return run


def same(run: Path, other: Path) -> None:
    """The two runs have ended with the same losses and weights, byte for byte."""
    assert (run / "metrics.jsonl").read_text() == (other / "metrics.jsonl").read_text()
    for name in ("config.json", "model.safetensors"):
        assert (run / "final" / name).read_bytes() == (other / "final" / name).read_bytes()


def killed(recipe: TrainRecipe, run: Path, number: int, world: int) -> dict[str, int]:
    command = [sys.executable, "-m", "tests.train.kills", as_table(recipe), str(run), str(number), str(world)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# --- kills


def test_killed_twenty_times_it_ends_as_if_undisturbed(often, undisturbed, tmp_path):
    counts = killed(often, tmp_path / "run", 20, world=1)
    assert counts["kills"] == 20 and counts["writing"] >= 2, counts
    same(tmp_path / "run", undisturbed)
    assert not list((tmp_path / "run").glob("*.partial")) and len(checkpoints.found(tmp_path / "run")) == often.keep


@pytest.mark.slow
def test_so_it_does_in_two_processes(often, tmp_path):
    recipe = replace(often, tokens=30 * 128, decay_tokens=0)
    assert killed(recipe, tmp_path / "whole", 0, world=2)["kills"] == 0
    counts = killed(recipe, tmp_path / "run", 6, world=2)
    assert counts["kills"] == 6 and counts["writing"] >= 1, counts
    same(tmp_path / "run", tmp_path / "whole")


# --- the disk


def in_child(act: Callable[[], object]) -> str:
    """What a forked process says: the error that `act` ends with, or nothing."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            act()
        except BaseException as error:
            os.write(write, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with open(read) as pipe:
        return pipe.read()


def test_a_file_that_the_system_refuses_to_write(recipe, tmp_path):
    """The kernel cuts the checkpoint's file short: no room for the optimiser's state, which the first one lacks."""
    short = replace(recipe, checkpoint_every=5, tokens=20 * 128, decay_tokens=0)
    train(short, tmp_path / "whole", quiet=True)
    run = tmp_path / "run"
    size = (checkpoints.found(tmp_path / "whole")[-1] / STATE).stat().st_size

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size - 1, resource.RLIM_INFINITY))
        train(short, run, quiet=True)

    said = in_child(limited)
    assert said.startswith(f"StorageError: {run}/checkpoint-00000005: the checkpoint could not be written"), said
    assert "older ones are intact" in said and not checkpoints.found(run) and not list(run.glob("*.partial"))
    train(short, run, quiet=True)
    same(run, tmp_path / "whole")


def test_a_full_disk_leaves_the_older_checkpoint(recipe, undisturbed, tmp_path):
    """A real one: room for two checkpoints, not for the third that is written before the first is removed."""
    run, recipe = tmp_path / "small", replace(recipe, checkpoint_every=7)
    run.mkdir()
    train(recipe, tmp_path / "whole", quiet=True)
    size = sum(file.stat().st_size for file in checkpoints.found(undisturbed)[-1].iterdir()) // 1024
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size * 5 // 2}k", "tmpfs", run]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        with pytest.raises(
            StorageError, match=r"checkpoint-00000021: the checkpoint could not be written .*are intact"
        ):
            train(recipe, run, quiet=True)
        assert [folder.name for folder in checkpoints.found(run)] == ["checkpoint-00000007", "checkpoint-00000014"]
        assert not list(run.glob("*.partial"))
        assert checkpoints.load(run / "checkpoint-00000014").progress["step"] == 14
        subprocess.run(["mount", "-o", f"remount,size={size * 8}k", run], check=True)
        train(recipe, run, quiet=True)
        same(run, tmp_path / "whole")
    finally:
        subprocess.run(["umount", run], check=True)


def test_a_journal_on_a_full_device(tmp_path):
    path = tmp_path / "metrics.jsonl"
    journal = Journal(path, step=0, steps=1, quiet=True)
    path.symlink_to("/dev/full")
    with pytest.raises(StorageError, match=r"metrics\.jsonl: could not be written \(No space left on device\)"):
        journal.write(0, {"loss": 1.0})


def test_a_disk_that_fails_to_sync(recipe, tmp_path, monkeypatch):
    train(replace(recipe, tokens=7 * 128, decay_tokens=0), tmp_path / "run", quiet=True)

    def refuses(path: Path) -> None:
        if ".partial" in str(path):
            raise OSError(5, "I/O error")

    monkeypatch.setattr(checkpoints, "_sync", refuses)
    with pytest.raises(StorageError, match="checkpoint-00000014: .*I/O error.*older ones are intact"):
        train(replace(recipe, tokens=20 * 128, decay_tokens=0), tmp_path / "run", quiet=True)
    assert [folder.name for folder in checkpoints.found(tmp_path / "run")] == ["checkpoint-00000007"]
    assert not list((tmp_path / "run").glob("*.partial"))


def test_a_folder_that_cannot_be_made(recipe, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file/run: cannot be made"):
        train(recipe, tmp_path / "file" / "run", quiet=True)


# --- broken files


DAMAGES: dict[str, Callable[[Path, bytes], object]] = {
    "truncated": lambda file, whole: file.write_bytes(whole[: len(whole) // 2]),
    "changed": lambda file, whole: file.write_bytes(whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:]),
    "empty": lambda file, _: file.write_bytes(b""),
    "missing": lambda file, _: file.unlink(),
    "text": lambda file, _: file.write_text('{"step": 150}'),
}


@pytest.mark.parametrize(
    ("name", "damage"),
    [*((STATE, how) for how in DAMAGES), *(("progress.json", how) for how in DAMAGES if how != "changed")],
)
def test_a_broken_newest_checkpoint_is_refused_and_the_one_before_goes_on(often, undisturbed, tmp_path, name, damage):
    run = tmp_path / "run"
    shutil.copytree(undisturbed, run)
    shutil.rmtree(run / "final")
    newest = run / "checkpoint-00000150"
    DAMAGES[damage](newest / name, (newest / name).read_bytes())
    message = f"checkpoint-00000150/{name}: not whole .*remove this checkpoint to go on from the one before"
    with pytest.raises(CheckpointError, match=message):
        train(often, run, quiet=True)
    shutil.rmtree(newest)
    train(often, run, quiet=True)
    same(run, undisturbed)


def test_a_checkpoint_from_before_there_were_digests(often, undisturbed, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(undisturbed, run)
    newest = run / "checkpoint-00000150"
    shutil.rmtree(newest)
    older = run / "checkpoint-00000149"
    progress = json.loads((older / "progress.json").read_text())
    del progress["files"]
    (older / "progress.json").write_text(json.dumps(progress))
    train(often, run, quiet=True)
    same(run, undisturbed)
    shutil.rmtree(run / "checkpoint-00000150")
    (older / STATE).write_bytes((older / STATE).read_bytes()[:-9])
    with pytest.raises(CheckpointError, match="checkpoint-00000149/state.safetensors: not whole"):
        train(often, run, quiet=True)


@pytest.mark.parametrize("part", ["tokens", "index", "records"])
@pytest.mark.parametrize("damage", ["truncated", "changed", "missing"])
def test_a_broken_shard_of_the_corpus_is_refused_by_name(recipe, corpus, tmp_path, part, damage):
    shutil.copytree(corpus, tmp_path / "corpus")
    file = sorted((tmp_path / "corpus").glob(f"up.train.*.{part}"))[0]
    DAMAGES[damage](file, file.read_bytes())
    found = {"truncated": r"\d+ bytes; expected \d+", "changed": "content does not match", "missing": "missing"}[damage]
    with pytest.raises(CheckpointError, match=rf"{file.name}: {found}.*; prepare the corpus again"):
        train(replace(recipe, corpus=tmp_path / "corpus"), tmp_path / "run", quiet=True)
    assert not (tmp_path / "run" / "metrics.jsonl").exists()


# --- numbers that are not finite


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory) -> Path:
    """Weights of which one symbol's input row is not a number: a batch that holds it has no finite gradient."""
    config = ModelConfig(vocab_size=VOCABULARY, tie_word_embeddings=False, **vars(SHAPE))
    model = Transformer(config).initialise(torch.Generator().manual_seed(3))
    with torch.no_grad():
        model.embedding_VD[31] = torch.nan
    folder = tmp_path_factory.mktemp("poisoned")
    save_checkpoint(folder, model, config, dtype=torch.float32)
    return folder


def holding(recipe: TrainRecipe, symbol: int) -> list[bool]:
    """Of each step, whether its rows hold a symbol."""
    rows = Mixture(recipe.corpus, split="train", shares=recipe.shares, row_length=recipe.row_length, seed=recipe.seed)
    return [
        any(symbol in row.inputs[: sum(row.lengths)] for row in [rows.next() for _ in range(recipe.rows_per_step)])
        for _ in range(recipe.steps)
    ]


def test_a_batch_without_finite_gradient_is_skipped_marked_and_moves_nothing(recipe, poisoned, tmp_path):
    poison = replace(
        recipe, shape=None, start=poisoned, rows_per_step=1, row_length=24, tokens=40 * 24, warmup_tokens=0,
        decay_tokens=0, checkpoint_every=1, keep=50,
    )  # fmt: skip
    expected = holding(poison, 31)
    assert 5 < sum(expected) < 35
    train(poison, tmp_path / "run", quiet=True)
    lines = metrics(tmp_path / "run")
    assert [line.get("skipped", False) for line in lines] == expected
    for step, line in enumerate(lines):
        if expected[step]:
            assert line["loss"] is None and line["gradient_norm"] is None
            if step:
                before, after = (tmp_path / "run" / f"checkpoint-{n:08d}" / STATE for n in (step, step + 1))
                assert before.read_bytes() == after.read_bytes()
    final, _ = load_checkpoint(tmp_path / "run" / "final")
    assert all(p.isfinite().all() for name, p in final.named_parameters() if name != "embedding_VD")
    assert final.embedding_VD.isfinite().all(1).tolist() == [True] * 31 + [False]


def test_ten_in_a_row_stop_the_run(recipe, poisoned, tmp_path):
    always = replace(recipe, shape=None, start=poisoned, rows_per_step=20, tokens=20 * 20 * 64)
    assert all(holding(always, 31))
    with pytest.raises(CheckpointError, match="10 steps in a row without a finite gradient; lower learning_rate"):
        train(always, tmp_path / "run", quiet=True)
    lines = metrics(tmp_path / "run")
    assert len(lines) == 10 and all(line["skipped"] for line in lines)
