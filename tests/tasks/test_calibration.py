"""A checkpoint's own threshold is read beside its weights."""

import pytest

from scilogos.errors import CheckpointError, StorageError
from scilogos.model import fingerprint
from scilogos.tasks.calibration import FILE, Calibration
from scilogos.tasks.registry import DEFAULT, find


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


def test_the_shipped_threshold_belongs_to_the_shipped_weights():
    assert Calibration.read(find(DEFAULT)).weights == fingerprint(find(DEFAULT))


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(StorageError, match=FILE):
        Calibration().write(tmp_path / "nowhere")
