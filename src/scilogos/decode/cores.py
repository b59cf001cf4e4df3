"""Parts of a work side by side, each on one core: threads, since products do not hold the interpreter's lock."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

import torch

Part = TypeVar("Part")


def each_on_a_core(work: Callable[[Part, Event], None], parts: Sequence[Part]) -> None:
    """Do every part; where one fails or the caller is interrupted, the event tells the others to stop.

    One part alone may use all cores.
    """
    stop, threads = Event(), torch.get_num_threads()
    if len(parts) < 2:
        for part in parts:
            work(part, stop)
        return

    def alone(part: Part) -> None:
        torch.set_num_threads(1)  # of this thread
        try:
            work(part, stop)
        except BaseException:
            stop.set()
            raise

    with ThreadPoolExecutor(len(parts)) as pool:
        try:
            for future in [pool.submit(alone, part) for part in parts]:
                future.result()
        finally:
            stop.set()
            torch.set_num_threads(threads)
