"""Parts of a work side by side, one process a core: the interpreter lets one thread at a time ask constraints.

A part goes to a fork of this process, which knows all that this one knows and hands back its result; the first part is
done here. Where forking is not safe, all of it is.
"""

import multiprocessing
import os
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from typing import Any, TypeVar

import torch

Part = TypeVar("Part")
Result = TypeVar("Result")


def free_cores() -> int:
    """How many parts can be done side by side: one where a fork is not safe."""
    main = threading.current_thread() is threading.main_thread() and not multiprocessing.current_process().daemon
    return torch.get_num_threads() if main and sys.platform == "linux" else 1


def each_on_a_core(work: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """Do every part, each on one core; a part alone may use all of them. An error in any part ends all."""
    if len(parts) < 2:
        return [work(part) for part in parts]
    with ExitStack() as stack:
        stack.enter_context(_one_thread())
        others = [stack.enter_context(_forked(work, part)) for part in parts[1:]]
        return [work(parts[0]), *(_received(other) for other in others)]


@contextmanager
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def _forked(work: Callable[[Part], Any], part: Part):
    """A fork that does a part; its end of the connection gives (result, None) or (None, error)."""
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe(duplex=False)
    process = fork.Process(target=_answer, args=(there, work, part), daemon=True)
    # The warning is of other threads, which could hold a lock: torch's rest here, and are not used there.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    there.close()
    try:
        yield here
    finally:
        process.terminate()
        process.join()
        here.close()


def _answer(connection: Connection, work: Callable[[Part], Any], part: Part) -> None:
    torch.set_num_threads(1)  # the threads of this process are not here
    try:
        answer = work(part), None
    except KeyboardInterrupt:
        os._exit(1)
    except Exception as error:  # raised again where the result is awaited
        error.add_note(traceback.format_exc())
        answer = None, error
    connection.send(answer)


def _received(connection: Connection) -> Any:
    try:
        result, error = connection.recv()
    except EOFError:
        raise MemoryError("a process that drew a part of the answers was ended from outside") from None
    if error is not None:
        raise error
    return result
