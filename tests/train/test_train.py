"""The loop: it learns, the same every time, and goes on to the same losses whatever happened to it."""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from scilogos.errors import CheckpointError
from scilogos.model import PackedAttention, load_checkpoint
from scilogos.train import checkpoints, loop, train
from scilogos.train.journal import Journal


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, corpus) -> dict[str, Path]:
    """Folders of whole runs, by what is special about their recipe."""
    return {}


@pytest.fixture
def whole(uninterrupted, tmp_path_factory, recipe) -> Path:
    """The run of the plain recipe, never interrupted."""
    if "plain" not in uninterrupted:
        run = tmp_path_factory.mktemp("whole") / "run"
        train(recipe, run, quiet=True)
        uninterrupted["plain"] = run
    return uninterrupted["plain"]


def text(run: Path) -> str:
    return (run / "metrics.jsonl").read_text()


@pytest.mark.parametrize(("optimiser", "precision"), [("muon", "bf16"), ("adamw", "fp32"), ("adamw", "bf16")])
def test_the_loss_falls(recipe, tmp_path, journal, optimiser, precision):
    recipe = replace(recipe, optimiser=optimiser, precision=precision, tokens=60 * 128)
    final = train(recipe, tmp_path / "run", quiet=True)
    lines = journal(tmp_path / "run")
    assert [line["step"] for line in lines] == list(range(60))
    assert [line["learning_rate"] for line in lines] == [recipe.rate(step) for step in range(60)]
    losses = [line["loss"] for line in lines]
    assert losses[0] == pytest.approx(math.log(32), abs=0.15)  # nothing known yet
    assert sum(losses[-5:]) / 5 < 1.9
    validated = [line for line in lines if "validation" in line]
    assert [line["step"] for line in validated] == [14, 29, 44, 59]
    assert set(validated[-1]["validation"]) == {"up", "down"} and max(validated[-1]["validation"].values()) < 2.2
    model, config = load_checkpoint(final)
    assert config.num_hidden_layers == 2 and all(parameter.isfinite().all() for parameter in model.parameters())
    dtypes = {"fp32": "float32", "bf16": "bfloat16"}
    assert json.loads((final / "config.json").read_text())["torch_dtype"] == dtypes[precision]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is here")
@pytest.mark.parametrize("optimiser", ["muon", "adamw"])
def test_on_a_gpu(recipe, tmp_path, journal, optimiser):
    """bf16, compiled, the fused optimiser; the weights are read on any machine."""
    there = replace(
        recipe, optimiser=optimiser, precision="bf16", compile=True, device="cuda", tokens=60 * 128, keep=10
    )
    final = train(there, tmp_path / "run", quiet=True)
    losses = [line["loss"] for line in journal(tmp_path / "run")]
    assert losses[0] == pytest.approx(math.log(32), abs=0.15) and sum(losses[-5:]) / 5 < 1.9
    for later in checkpoints.found(tmp_path / "run")[1:]:  # from the first one on, once more
        shutil.rmtree(later)
    shutil.rmtree(final)
    assert train(there, tmp_path / "run", quiet=True) == final
    again = [line["loss"] for line in journal(tmp_path / "run")]
    assert again == pytest.approx(losses, rel=0.05)
    model, _ = load_checkpoint(final, device="cpu")
    assert all(parameter.isfinite().all() for parameter in model.parameters())


def test_the_same_seed_gives_the_same_losses(recipe, whole, tmp_path, journal):
    train(recipe, tmp_path / "again", quiet=True)
    assert text(tmp_path / "again") == text(whole)
    train(replace(recipe, seed=2, tokens=5 * 128, decay_tokens=0), tmp_path / "other", quiet=True)
    assert [line["loss"] for line in journal(tmp_path / "other")] != [line["loss"] for line in journal(whole)[:5]]


def test_post_training_on_answers_with_a_legal_table(recipe, legal_corpus, tmp_path, journal):
    recipe = replace(recipe, corpus=legal_corpus, answers_only=True)
    train(recipe, tmp_path / "run", quiet=True)
    losses = [line["loss"] for line in journal(tmp_path / "run")]
    assert losses[0] < math.log(32) - 0.4  # most places have 16 symbols to choose from
    assert sum(losses[-5:]) / 5 < 1.2


def test_a_finished_run_is_finished(recipe, whole):
    before = text(whole)
    assert train(recipe, whole, quiet=True) == whole / "final"
    assert text(whole) == before and len(checkpoints.found(whole)) == recipe.keep


def test_final_weights_load_in_transformers(whole):
    transformers = pytest.importorskip("transformers")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(whole / "final", dtype=torch.float32).eval()
    ours, _ = load_checkpoint(whole / "final")
    tokens = torch.tensor([0, 5, 6, 7, 8, 9, 10])
    with torch.no_grad():
        logits = ours.logits(ours(tokens, torch.arange(7), PackedAttention((7,))))
        torch.testing.assert_close(theirs(tokens[None]).logits[0], logits, atol=1e-4, rtol=1e-4)


# --- interrupted


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_saves_first(recipe, whole, tmp_path, journal, monkeypatch, number):
    run, made = tmp_path / "run", []
    step = loop._Run._step

    def stopped_in_step_ten(self):
        made.append(1)
        if len(made) == 10:
            os.kill(os.getpid(), number)
        return step(self)

    before = signal.getsignal(number)
    with monkeypatch.context() as patch:
        patch.setattr(loop._Run, "_step", stopped_in_step_ten)
        with pytest.raises(KeyboardInterrupt):
            train(recipe, run, quiet=True)
    assert signal.getsignal(number) is before
    assert [folder.name for folder in checkpoints.found(run)] == ["checkpoint-00000007", "checkpoint-00000010"]
    assert len(journal(run)) == 10 and not (run / "final").exists()
    train(recipe, run, quiet=True)
    assert text(run) == text(whole)


def test_sigterm_from_outside(recipe, tmp_path, journal, start_run):
    run = tmp_path / "run"
    process = start_run(replace(recipe, tokens=10**7), run)
    while not (run / "metrics.jsonl").exists() and process.poll() is None:
        time.sleep(0.01)
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 77  # KeyboardInterrupt
    assert checkpoints.load(checkpoints.found(run)[-1]).progress["step"] == len(journal(run)) > 0


def stopped(recipe, run: Path, monkeypatch, steps: int) -> Path:
    """A run that breaks off after so many steps, without a checkpoint for it."""
    made, step = [], loop._Run._step

    def broken(self):
        if len(made) == steps:
            raise MemoryError
        made.append(1)
        return step(self)

    with monkeypatch.context() as patch:
        patch.setattr(loop._Run, "_step", broken)
        with pytest.raises(MemoryError):
            train(recipe, run, quiet=True)
    return run


def test_the_one_before_and_a_partial_one(recipe, whole, tmp_path, monkeypatch):
    run = stopped(recipe, tmp_path / "run", monkeypatch, 16)
    (run / "checkpoint-00000014").rename(run / "checkpoint-00000015.partial")
    (run / "metrics.jsonl").open("a").write('{"step": 16, "lo')  # cut short by the kill
    train(recipe, run, quiet=True)
    assert text(run) == text(whole) and not list(run.glob("*.partial"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"optimiser": "adamw"}, "checkpoint-00000007: found momentum_buffer of .*: go on with the optimiser"),
        ({"shares": {"up": 1}}, "checkpoint-00000007: the draws are of down, up; the recipe mixes up"),
        ({"shape": {"num_hidden_layers": 1}}, "checkpoint-00000007: layers.1.* is in the checkpoint alone"),
        (
            {"shape": {"intermediate_size": 48}},
            r"checkpoint-00000007: layers.0.* has the shape \[128, 32\]; the model wants \[96, 32\]",
        ),
        ({"shape": {"rope_theta": 5e3}}, r"config.json: the run has begun with .*rope_theta = 10000.0"),
        ({"corpus": "legal"}, "checkpoint-00000007: was trained on corpus"),
    ],
)
def test_a_run_does_not_go_on_as_another(recipe, legal_corpus, tmp_path, monkeypatch, change, message):
    run = stopped(recipe, tmp_path / "run", monkeypatch, 8)
    if "shape" in change:
        change = {"shape": replace(recipe.shape, **change["shape"])}
    if "corpus" in change:
        change = {"corpus": legal_corpus}
    with pytest.raises(CheckpointError, match=message):
        train(replace(recipe, **change), run, quiet=True)


# --- gradients that are not finite


def broken_in(monkeypatch, steps: range) -> None:
    summed, calls = loop.summed_loss, []

    def broken(*arguments):
        loss, count = summed(*arguments)
        calls.append(1)
        return loss * (math.nan if (len(calls) - 1) // 2 in steps else 1.0), count

    monkeypatch.setattr(loop, "summed_loss", broken)


def test_a_step_without_a_finite_gradient_is_skipped_and_recorded(recipe, whole, tmp_path, journal, monkeypatch):
    broken_in(monkeypatch, range(3, 12))
    train(replace(recipe, tokens=19 * 128, decay_tokens=0), tmp_path / "run", quiet=True)
    lines, usual = journal(tmp_path / "run"), journal(whole)
    assert lines[:3] == usual[:3]
    for line in lines[3:12]:
        assert line["skipped"] is True and line["loss"] is None and line["gradient_norm"] is None
    assert all("skipped" not in line and math.isfinite(line["loss"]) for line in lines[12:])
    assert lines[12]["loss"] == pytest.approx(usual[3]["loss"], abs=0.2)  # as far as it was after three steps


def test_ten_in_a_row_stop_the_run(recipe, tmp_path, journal, monkeypatch):
    broken_in(monkeypatch, range(3, 40))
    with pytest.raises(CheckpointError, match="10 steps in a row without a finite gradient; lower learning_rate"):
        train(recipe, tmp_path / "run", quiet=True)
    lines = journal(tmp_path / "run")
    assert len(lines) == 13 and all(line["skipped"] for line in lines[3:])


# --- the journal


def test_the_journal_speaks_of_progress(tmp_path, capsys):
    journal = Journal(tmp_path / "m.jsonl", step=0, steps=40)
    for step in range(1, 41):
        journal.progress(step, step * 100, 1.5)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and lines[0].startswith("step 20/40  loss 1.5000  ") and lines[1].endswith(" 0:00:00 left")
    Journal(tmp_path / "m.jsonl", step=0, steps=40, quiet=True).progress(40, 1, 1.0)
    assert capsys.readouterr().err == ""


# --- what it needs

BLOCKED = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(f"{name} is blocked")

BLOCKED = {"rdkit", "rich", "cyclopts", "pyarrow", "gemmi", "immunum", "tokenizers", "transformers", "fastapi",
           "llguidance", "matplotlib", "vllm"}  # not pandas and zstandard: torch itself looks whether they are there
sys.meta_path.insert(0, Blocker())
"""


def test_it_needs_only_torch_numpy_and_safetensors(recipe, tmp_path, start_run):
    recipe = replace(recipe, tokens=3 * 128, warmup_tokens=0, decay_tokens=0)
    process = start_run(recipe, tmp_path / "run", before=BLOCKED)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 3


def test_the_test_blocks_what_it_says():
    done = subprocess.run([sys.executable, "-c", BLOCKED + "import rdkit"], capture_output=True, text=True)
    assert "rdkit is blocked" in done.stderr
