"""Parts of a work side by side: one process a core, and none is left behind."""

import multiprocessing
import os
import signal
import threading
import time

import pytest
import torch

from scilogos.decode import Sampling
from scilogos.decode.cores import each_on_a_core, free_cores
from scilogos.errors import PromptError
from tests.decode.test_engine import copies, prompts
from tests.fakes import random_engine


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)
    assert not multiprocessing.active_children()


def test_every_part_is_done_on_one_core_of_its_own_and_the_caller_keeps_its_threads(two_threads):
    found = each_on_a_core(lambda part: (part, torch.get_num_threads(), os.getpid(), free_cores()), [1, 2, 3])
    assert [part for part, *_ in found] == [1, 2, 3] and {number for _, number, *_ in found} == {1}
    assert len({process for *_, process, _ in found}) == 3 and found[0][2] == os.getpid()
    assert found[1][3] == 1 and torch.get_num_threads() == 2


def test_one_part_has_all_cores(two_threads):
    assert each_on_a_core(lambda part: (part, torch.get_num_threads(), os.getpid()), ["a"]) == [("a", 2, os.getpid())]
    assert each_on_a_core(lambda part: part, []) == []


def test_a_thread_beside_the_main_one_does_not_fork(two_threads):
    found = []
    thread = threading.Thread(target=lambda: found.append(free_cores()))
    thread.start()
    thread.join()
    assert found == [1] and free_cores() == 2


@pytest.mark.parametrize("bad", ["first", "second"])
def test_an_error_in_one_part_ends_all(two_threads, bad):
    def work(part):
        if part == bad:
            raise PromptError("no")
        time.sleep(60 if part == "second" else 0)

    with pytest.raises(PromptError, match="no"):
        each_on_a_core(work, ["first", "second"])
    assert torch.get_num_threads() == 2


def test_a_process_that_is_killed_is_not_waited_for(two_threads):
    with pytest.raises(MemoryError, match="ended from outside"):
        each_on_a_core(lambda part: os.kill(os.getpid(), signal.SIGKILL) if part else None, [0, 1])


@pytest.mark.parametrize("ask", [prompts, copies])
def test_the_answers_are_the_same_on_one_core_and_on_two(two_threads, ask):
    engine, rule = random_engine(), Sampling(temperature=0.9)
    apart = engine.complete(ask(engine), 12, rule, seed=3)
    torch.set_num_threads(1)
    together = engine.complete(ask(engine), 12, rule, seed=3)
    assert [[c.tokens for c in group] for group in apart] == [[c.tokens for c in group] for group in together]
