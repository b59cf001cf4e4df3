"""Parts of a work side by side: one core each, and all stop when one fails."""

import threading

import pytest
import torch

from scilogos.decode.cores import each_on_a_core


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_every_part_is_done_on_one_core_and_the_caller_keeps_its_own(two_threads):
    together, done = threading.Barrier(3, timeout=30), []
    each_on_a_core(lambda part, stop: done.append((together.wait() >= 0, part, torch.get_num_threads())), [1, 2, 3])
    assert sorted(part for _, part, _ in done) == [1, 2, 3] and {number for *_, number in done} == {1}
    assert torch.get_num_threads() == 2


def test_one_part_has_all_cores(two_threads):
    found = []
    each_on_a_core(lambda part, stop: found.append((part, torch.get_num_threads())), ["a"])
    assert found == [("a", 2)]
    each_on_a_core(lambda part, stop: found.append(part), [])
    assert len(found) == 1


def test_where_one_part_fails_the_others_stop(two_threads):
    stopped = []

    def work(part, stop):
        if part == "bad":
            raise ValueError("no")
        stopped.append(stop.wait(timeout=30))

    with pytest.raises(ValueError, match="no"):
        each_on_a_core(work, ["good", "bad"])
    assert stopped == [True] and torch.get_num_threads() == 2
