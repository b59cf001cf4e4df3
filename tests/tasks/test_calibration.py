"""A checkpoint's own threshold is read beside its weights."""

import shutil

import pytest

from scilogos.errors import CheckpointError, StorageError
from scilogos.model import fingerprint
from scilogos.tasks import Logos, load
from scilogos.tasks.calibration import FILE, Calibration
from scilogos.tasks.registry import find

SHIPPED = ("logos-1m", "logos-3m", "logos-8m")


def test_what_is_written_is_read(tmp_path):
    assert Calibration.read(tmp_path) == Calibration()
    chosen = Calibration(weights="abc", site_threshold=0.125)
    chosen.write(tmp_path)
    assert Calibration.read(tmp_path) == chosen
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("text", ["", "[]", '{"threshold": 0.5}', '{"site_threshold": 0}', '{"site_threshold": 1.5}'])
def test_a_broken_file_is_named(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(CheckpointError, match=FILE):
        Calibration.read(tmp_path)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_threshold_belongs_to_the_shipped_weights(name):
    assert Calibration.read(find(name)).weights == fingerprint(find(name))


def test_a_threshold_of_other_weights_is_not_taken(tmp_path):
    shutil.copytree(find("logos-1m"), tmp_path / "model")
    Calibration(weights="replaced", site_threshold=0.25).write(tmp_path / "model")
    assert load(tmp_path / "model").calibration == Calibration()
    shutil.copy(find("logos-1m") / FILE, tmp_path / "model" / FILE)
    loaded = load(tmp_path / "model")
    assert Logos(loaded.engine, "by hand", loaded.folder).calibration.weights == fingerprint(find("logos-1m"))
    Calibration(weights="replaced", site_threshold=0.25).write(tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").unlink()
    assert Calibration.of(tmp_path / "model").site_threshold == 0.25, "a server may hold the weights"


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(StorageError, match=FILE):
        Calibration().write(tmp_path / "nowhere")
