"""The lock of a run: one process trains in a folder; what a killed one leaves holds nobody off."""

import os
import signal

import pytest

from scilogos.errors import CheckpointError, StorageError
from scilogos.train import checkpoints


def in_child(act) -> int:
    """What a forked process ends with: 0, 3 where the run is another's, or minus the signal that killed it."""
    child = os.fork()
    if not child:
        try:
            act()
        except CheckpointError as error:
            os._exit(3 if f"process {os.getppid()} is training in this folder" in str(error) else 4)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def lock(run, then=lambda: None) -> None:
    with checkpoints.locked(run):
        then()


def test_one_process_at_a_time(tmp_path):
    run = tmp_path / "runs" / "new"
    with checkpoints.locked(run):
        assert in_child(lambda: lock(run)) == 3
        assert in_child(lambda: lock(tmp_path / "runs" / "other")) == 0
    assert in_child(lambda: lock(run)) == 0


def test_a_killed_process_leaves_no_lock(tmp_path):
    killed = in_child(lambda: lock(tmp_path, then=lambda: os.kill(os.getpid(), signal.SIGKILL)))
    assert killed == -signal.SIGKILL and (tmp_path / checkpoints.LOCK_NAME).read_text()
    lock(tmp_path)
    assert (tmp_path / checkpoints.LOCK_NAME).read_text() == str(os.getpid())


def test_an_error_frees_the_lock(tmp_path):
    with pytest.raises(RuntimeError):
        lock(tmp_path, then=lambda: (_ for _ in ()).throw(RuntimeError))
    assert in_child(lambda: lock(tmp_path)) == 0


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file/run: cannot be made"):
        lock(tmp_path / "file" / "run")
