"""Arms of a recipe: what they change, where they run, how their first weights differ; a whole run on a tiny corpus."""

import json
import math
from dataclasses import asdict

import pytest
import torch

from choices import AS_IT_IS, Arm, app, scale
from command import run_app
from scilogos.errors import InputError
from scilogos.model import Transformer
from tests.fakes import TINY
from tests.train.conftest import SHAPE, write_corpus

TABLE = {
    "name": "few", "corpus": "corpus", "shares": {"up": 1.0, "down": 1.0}, "tokens": 512, "row_length": 64,
    "warmup_tokens": 0, "compile": False, "precision": "fp32", "validate_every": 10_000, "checkpoint_every": 2,
    "shape": asdict(SHAPE),
}  # fmt: skip


def test_an_arm_changes_what_it_names():
    arm = Arm.of(TABLE, "optimiser=adamw,learning_rate=1e-3,initial=0.5")
    assert (arm.recipe.optimiser, arm.recipe.learning_rate, arm.initial, arm.residual) == ("adamw", 1e-3, 0.5, 1.0)
    assert Arm.of(TABLE, "").name == AS_IT_IS
    runs = {Arm.of(TABLE, changes).run for changes in ("", "seed=2", "initial=2", "residual=2", "initial=2")}
    assert len(runs) == 4, "a folder for each, the same for the same"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ("speed", "--vary speed: found speed; expected NAME=VALUE"),
        ("speed=2", "unknown key 'speed'"),
        ("clip=0", "clip: found 0.0; expected a positive number"),
        ("initial=0", "initial: found 0; expected a positive number"),
    ],
)
def test_faults_of_arms(changes, message):
    with pytest.raises(InputError, match=message):
        Arm.of(TABLE, changes)


def test_weights_that_are_there_have_no_first_ones():
    table = {key: value for key, value in TABLE.items() if key != "shape"} | {"start": "somewhere"}
    with pytest.raises(InputError, match="the recipe starts from weights"):
        Arm.of(table, "initial=2")


def test_first_weights_are_scaled():
    plain, other = (Transformer(TINY).initialise(torch.Generator().manual_seed(1)) for _ in range(2))
    scale(other, 0.5, 3.0)
    for (name, was), (_, now) in zip(plain.named_parameters(), other.named_parameters(), strict=True):
        factor = 1.0 if was.ndim == 1 else 1.5 if name.endswith(("out_DE", "down_DF")) else 0.5
        assert torch.equal(now, was * factor), name


def test_arms_are_trained_and_asked_alike(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_corpus(tmp_path / "corpus")
    recipe = tmp_path / "few.toml"
    lines = [f"{key} = {json.dumps(value)}" for key, value in TABLE.items() if not isinstance(value, dict)]
    tables = [(name, TABLE[name]) for name in ("shares", "shape")]
    for name, table in tables:
        lines += [f"[train.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    recipe.write_text("\n".join(["[train]", *lines]) + "\n")
    arms = ["learning_rate=1e-9", "initial=2", "average=2"]
    monkeypatch.setattr("sys.argv", ["choices.py", str(recipe), *(word for arm in arms for word in ("--vary", arm))])
    told = []
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            run_app(app, "choices.py")
        assert not ended.value.code
        told.append(capsys.readouterr().out.splitlines())
    result = json.loads(told[0][-1].removeprefix("RESULT "))
    losses = result["losses"]
    assert list(losses) == [AS_IT_IS, *arms] and losses[AS_IT_IS]["up"] < losses["learning_rate=1e-9"]["up"]
    assert losses["average=2"] != losses[AS_IT_IS], "the mean of checkpoints is asked, not the last"
    ratio = result["ratios"]["loss, learning_rate=1e-9 / as it is"]
    assert ratio["least"] > 1 and math.isfinite(ratio["most"])
    assert told[1][:-1] == told[0][:-1], "finished runs are found again"
