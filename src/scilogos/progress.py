"""One line on stderr: what is running, how far it has come, and the time left."""

import sys
import time
from typing import TextIO

_EVERY = 15.0  # seconds between lines where stderr is no terminal


class Progress:
    """Count items of one arm; rewrites its line on a terminal, writes a line now and then elsewhere."""

    def __init__(self, title: str, total: int, done: int = 0, stream: TextIO | None = None) -> None:
        self.title, self.total, self.done, self.before = title, total, done, done
        self.stream = stream or sys.stderr
        self.began = self.shown = time.monotonic()

    def advance(self, number: int) -> None:
        """Count more items done."""
        self.done += number
        now, last = time.monotonic(), self.done >= self.total
        terminal = self.stream.isatty()
        if not (terminal or last or now - self.shown >= _EVERY):
            return
        self.shown = now
        each = (now - self.began) / max(1, self.done - self.before)
        left = each * (self.total - self.done)
        text = f"{self.title}: {self.done}/{self.total}, {each:.2f} s an item, {left / 60:.1f} min left"
        start, end = ("\r\x1b[K", "\n" if last else "") if terminal else ("", "\n")
        print(start + text, end=end, file=self.stream, flush=True)
