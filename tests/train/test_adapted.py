"""Runs that train adapters: small checkpoints, the same losses after an interruption, plain weights at the end."""

import shutil
from dataclasses import replace

import pytest
import torch

from scilogos.errors import CheckpointError, RecipeError
from scilogos.model import fingerprint, load_checkpoint, save_checkpoint
from scilogos.train import checkpoints, train, weights_of


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    return tmp_path_factory.mktemp("start")


@pytest.fixture
def adapted(recipe, start):
    """Twelve steps of adapters on the weights of a short run."""
    if not (start / "weights").exists():
        train(replace(recipe, tokens=10 * 128, decay_tokens=0), start / "run", quiet=True)
        weights_of(start / "run", start / "weights")
    return replace(
        recipe, shape=None, start=start / "weights", lora_rank=3, tokens=12 * 128, warmup_tokens=0, decay_tokens=0,
        checkpoint_every=4, optimiser="adamw", learning_rate=2e-2,
    )  # fmt: skip


@pytest.mark.parametrize("optimiser", ["adamw", "muon"])
def test_adapters_alone_learn_and_are_kept(adapted, tmp_path, journal, optimiser):
    recipe = replace(adapted, optimiser=optimiser)
    final = train(recipe, tmp_path / "run", quiet=True)
    losses = [line["loss"] for line in journal(tmp_path / "run")]
    assert sum(losses[-3:]) < sum(losses[:3]) - 0.05
    tensors = checkpoints.load(checkpoints.found(tmp_path / "run")[-1]).shapes
    assert all(key.endswith(("u_ER", "v_RF")) for key in tensors)
    before, after = (dict(load_checkpoint(folder)[0].named_parameters()) for folder in (adapted.start, final))
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {name for name in before if name.endswith(("qkv_ED", "out_DE", "gate_up_FD", "down_DF"))}
    weights_of(tmp_path / "run", tmp_path / "taken", recipe)
    taken = dict(load_checkpoint(tmp_path / "taken")[0].named_parameters())
    for name, parameter in after.items():
        torch.testing.assert_close(parameter, taken[name], atol=1e-6, rtol=1e-6)


def test_interrupted_it_goes_on_to_the_same_weights(adapted, tmp_path, journal):
    whole = train(adapted, tmp_path / "whole", quiet=True)
    recipe = replace(adapted, checkpoint_every=5)
    train(replace(recipe, tokens=5 * 128), tmp_path / "cut", quiet=True)
    cut = train(recipe, tmp_path / "cut", quiet=True)
    assert [line["loss"] for line in journal(tmp_path / "cut")] == [
        line["loss"] for line in journal(tmp_path / "whole")
    ]
    for ours, theirs in zip(load_checkpoint(cut)[0].parameters(), load_checkpoint(whole)[0].parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_adapters_do_not_change_the_weights_they_stand_on(adapted, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(adapted.start, base)
    recipe = replace(adapted, start=base, checkpoint_every=5)
    train(replace(recipe, tokens=5 * 128), tmp_path / "run", quiet=True)
    model, config = load_checkpoint(base)
    save_checkpoint(base, model.initialise(torch.Generator().manual_seed(9)), config)
    with pytest.raises(CheckpointError, match=f"its adapters stand on the weights {fingerprint(adapted.start)}"):
        train(recipe, tmp_path / "run", quiet=True)
    with pytest.raises(CheckpointError, match=f"`start` now holds {fingerprint(base)}"):
        weights_of(tmp_path / "run", tmp_path / "taken", recipe)


def test_what_does_not_fit_is_refused(adapted, tmp_path):
    with pytest.raises(RecipeError, match="lora_rank: found 2 without `start`"):
        replace(adapted, lora_rank=2, start=None, shape=object())
    with pytest.raises(RecipeError, match="lora_rank: found -1"):
        replace(adapted, lora_rank=-1)
    with pytest.raises(RecipeError, match="average: found 2 with lora_rank"):
        replace(adapted, average=2)
    train(adapted, tmp_path / "run", quiet=True)
    with pytest.raises(CheckpointError, match="embedding_VD is in the model alone"):
        train(replace(adapted, lora_rank=0, tokens=20 * 128), tmp_path / "run", quiet=True)
    with pytest.raises(CheckpointError, match="holds adapters alone; give the recipe"):
        weights_of(tmp_path / "run", tmp_path / "taken")
