"""A checkpoint as a folder of weights, so that a later run can start from a run that is still on its plateau."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from scilogos.errors import CheckpointError, RecipeError
from scilogos.model import load_checkpoint
from scilogos.train import checkpoints, train, weights_of
from scilogos.train.optimiser import Masters
from scilogos.train.parallel import Ranks
from scilogos.train.weights import starting_model


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("plateau") / "run"


@pytest.fixture
def short(recipe, run):
    """Five steps in bf16 with checkpoints after each second one and after the last."""
    recipe = replace(recipe, tokens=5 * 128, warmup_tokens=0, decay_tokens=0, checkpoint_every=2, precision="bf16")
    if not run.exists():
        train(recipe, run, quiet=True)
    return recipe


def masters(folder: Path) -> dict[str, torch.Tensor]:
    saved = checkpoints.load(folder)
    tensors = {key: torch.zeros(shape) for key, shape in saved.shapes.items()}
    saved.read(tensors)
    return {key.removeprefix("master/"): value for key, value in tensors.items() if key.startswith("master/")}


def equal(model, folder: Path) -> bool:
    found, expected = dict(model.named_parameters()), masters(folder)
    return found.keys() == expected.keys() and all(torch.equal(found[name], expected[name]) for name in found)


def test_the_newest_checkpoint_of_a_run_or_one_that_is_named(short, run, tmp_path):
    first, last = checkpoints.found(run)
    assert weights_of(run, tmp_path / "newest") == tmp_path / "newest"
    weights_of(first, tmp_path / "first")
    for folder, checkpoint in (("newest", last), ("first", first)):
        model, config = load_checkpoint(tmp_path / folder)
        assert equal(model, checkpoint) and config == load_checkpoint(run / "final")[1]
    assert not torch.equal(*(load_checkpoint(tmp_path / name)[0].embedding_VD for name in ("newest", "first")))


def test_the_mean_of_late_checkpoints(short, run, tmp_path):
    first, last = (masters(folder) for folder in checkpoints.found(run))
    weights_of(run, tmp_path / "mean", last=2)
    for name, parameter in load_checkpoint(tmp_path / "mean")[0].named_parameters():
        torch.testing.assert_close(parameter, (first[name] + last[name]) / 2, atol=0, rtol=1e-6)
    averaged = train(replace(short, average=2, precision="fp32"), tmp_path / "run", quiet=True)
    found = (masters(folder) for folder in checkpoints.found(tmp_path / "run"))
    means = {name: sum(values) / 2 for name, values in _by_name(found).items()}
    for name, parameter in load_checkpoint(averaged)[0].named_parameters():
        torch.testing.assert_close(parameter, means[name], atol=0, rtol=1e-6)
    with pytest.raises(RecipeError, match="average: found 3; expected as many as keep = 2"):
        replace(short, average=3)


def test_a_stop_between_checkpoints_leaves_no_trace_in_the_mean(short, tmp_path):
    recipe = replace(short, checkpoint_every=3, keep=3, average=3, tokens=9 * short.step_tokens, decay_tokens=0)
    train(recipe, tmp_path / "whole", quiet=True)
    train(replace(recipe, tokens=7 * short.step_tokens), tmp_path / "cut", quiet=True)  # saves where it ends
    train(recipe, tmp_path / "cut", quiet=True)
    for one, other in zip(*(checkpoints.found(tmp_path / name) for name in ("whole", "cut")), strict=True):
        assert one.name == other.name
    one, other = (load_checkpoint(tmp_path / name / "final")[0] for name in ("whole", "cut"))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def _by_name(several):
    several = list(several)
    return {name: [one[name] for one in several] for name in several[0]}


def test_a_later_run_starts_from_them_without_loss_of_bits(short, run, tmp_path, journal):
    weights_of(run, tmp_path / "weights")
    later = replace(short, start=tmp_path / "weights", shape=None, tokens=128)
    model = starting_model(later, 32)
    masters_ = Masters(model, later, Ranks())
    assert all(
        torch.equal(masters_.masters[name], value) for name, value in masters(checkpoints.found(run)[-1]).items()
    )
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}
    train(later, tmp_path / "later", quiet=True)
    assert journal(tmp_path / "later")[0]["loss"] < journal(run)[0]["loss"] - 0.05
    weights_of(tmp_path / "later", tmp_path / "again")
    (tmp_path / "later" / "config.json").unlink()
    weights_of(tmp_path / "later", tmp_path / "by_recipe", later)
    assert (tmp_path / "again/model.safetensors").read_bytes() == (
        tmp_path / "by_recipe/model.safetensors"
    ).read_bytes()
    with pytest.raises(CheckpointError, match="weights: 32 symbols; the corpus has 64"):
        starting_model(later, 64)


def test_a_run_from_before_there_was_a_config(short, run, tmp_path):
    weights_of(run, tmp_path / "with")
    old = tmp_path / "old" / "run"
    old.mkdir(parents=True)
    for folder in checkpoints.found(run):
        (old / folder.name).symlink_to(folder)
    with pytest.raises(CheckpointError, match=r"old/run/config\.json: not there; give the recipe of the run"):
        weights_of(old, tmp_path / "without")
    weights_of(old, tmp_path / "without", short)
    for name in ("config.json", "model.safetensors"):
        assert (tmp_path / "with" / name).read_bytes() == (tmp_path / "without" / name).read_bytes()
    wider = replace(short, shape=replace(short.shape, hidden_size=64))
    with pytest.raises(CheckpointError, match=r"checkpoint-00000005: embedding_VD has the shape \[32, 32\]"):
        weights_of(old, tmp_path / "wrong", wider)


def test_what_holds_no_checkpoint(short, run, tmp_path):
    with pytest.raises(CheckpointError, match="holds no checkpoint"):
        weights_of(tmp_path, tmp_path / "out")
    (tmp_path / "checkpoint-00000001").mkdir()
    (tmp_path / "checkpoint-00000001" / "progress.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"checkpoint-00000001/progress\.json: not whole"):
        weights_of(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_broken_config_is_named(short, run, tmp_path):
    (tmp_path / "checkpoint-00000005").symlink_to(checkpoints.found(run)[-1])
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"config\.json: cannot be read"):
        weights_of(tmp_path, tmp_path / "out")
