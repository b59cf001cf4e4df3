"""A run's own record of its recipe."""

import json
from dataclasses import replace

import pytest

from scilogos.errors import CheckpointError
from scilogos.train import recorded, train
from scilogos.train.recipe import Phase
from scilogos.train.record import RECORD_NAME, record


def test_a_run_records_every_key_of_its_recipe(recipe, tmp_path):
    phased = replace(
        recipe, tokens=4 * 128, warmup_tokens=0, decay_tokens=0, later=(Phase(after=0.5, shares={"up": 1.0}),)
    )
    train(phased, tmp_path / "run", quiet=True)
    assert recorded(tmp_path / "run") == phased
    (entry,) = json.loads((tmp_path / "run" / RECORD_NAME).read_text())
    assert entry["from_step"] == 0 and entry["train"]["weight_decay"] == phased.weight_decay


def test_what_changes_on_resuming_is_added(recipe, tmp_path):
    slower = replace(recipe, learning_rate=1e-4)
    for told, step in ((recipe, 0), (recipe, 10), (slower, 20), (slower, 30)):
        record(tmp_path, told, step)
    entries = json.loads((tmp_path / RECORD_NAME).read_text())
    assert [entry["from_step"] for entry in entries] == [0, 20] and recorded(tmp_path) == slower
    record(tmp_path, recipe, 20)  # nothing was done under the other one
    assert [entry["from_step"] for entry in json.loads((tmp_path / RECORD_NAME).read_text())] == [0, 20]
    assert recorded(tmp_path) == recipe


def test_a_run_of_an_earlier_version_has_none(tmp_path):
    assert recorded(tmp_path) is None


@pytest.mark.parametrize("text", ["{", '[{"from_step": 0}]', '[{"from_step": 0, "train": {"colour": 1}}]'])
def test_a_broken_record_is_named(tmp_path, text):
    (tmp_path / RECORD_NAME).write_text(text)
    with pytest.raises(CheckpointError, match=r"recipe\.json"):
        recorded(tmp_path)
