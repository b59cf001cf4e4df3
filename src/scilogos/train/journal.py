"""The journal of a run: metrics.jsonl, one line a step, and a progress line with tokens/s and time left."""

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

from scilogos.errors import StorageError


class Journal:
    """Append metrics; lines from after the checkpoint that a run resumes from are dropped. Mute, it writes nothing."""

    def __init__(self, path: Path, *, step: int, steps: int, quiet: bool = False, mute: bool = False) -> None:
        self.path, self.steps, self.quiet, self.mute = path, steps, quiet or mute, mute
        if path.exists() and not mute:
            kept = [line for line in path.read_text().splitlines() if _step_of(line) < step]
            partial = path.with_suffix(".partial")
            try:
                partial.write_text("".join(line + "\n" for line in kept))
                partial.replace(path)
            except OSError as error:
                raise StorageError(f"{path}: could not be written ({error.strerror})") from error
        self._began, self._first = time.monotonic(), step

    def write(self, step: int, metrics: dict[str, Any]) -> None:
        """Append one line; a number that is not finite is null."""
        if self.mute:
            return
        try:
            with self.path.open("a") as file:
                file.write(json.dumps({"step": step, **_finite(metrics)}, allow_nan=False) + "\n")
        except OSError as error:
            raise StorageError(f"{self.path}: could not be written ({error.strerror})") from error

    def progress(self, step: int, tokens: int, loss: float) -> None:
        """Rewrite the progress line on standard error."""
        spent = time.monotonic() - self._began
        rate = tokens / spent if spent else 0.0
        left = (self.steps - step) * spent / max(1, step - self._first)
        line = f"step {step}/{self.steps}  loss {loss:.4f}  {rate:,.0f} tokens/s  {_clock(left)} left"
        if not self.quiet:
            end = "" if sys.stderr.isatty() else "\n"
            if sys.stderr.isatty() or step % 20 == 0 or step == self.steps:
                print(("\r\x1b[K" if not end else "") + line, end=end, file=sys.stderr, flush=True)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _step_of(line: str) -> float:
    try:
        return json.loads(line)["step"]
    except (ValueError, KeyError, TypeError):
        return float("inf")  # a line cut short by a kill


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02d}:{int(seconds) % 60:02d}"
