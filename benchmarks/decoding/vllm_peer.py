"""vLLM in an environment of its own, driven line by line so that measurements alternate with ours."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from decoding.cases import Case
from decoding.pairs import Work
from scilogos.errors import MissingError

DRIVER = Path(__file__).with_name("vllm_driver.py")


class Vllm:
    """A process that holds the checkpoint; every answer has the mean length, the end ignored."""

    def __init__(self, folder: Path, python: Path | None, most_rows: int, log: Path) -> None:
        if python is None:
            raise MissingError("no --vllm PYTHON was given, the interpreter of an environment with vLLM")
        if not python.is_file():
            raise MissingError(f"{python}: no such interpreter")
        cores = ",".join(map(str, sorted(os.sched_getaffinity(0))))
        settings = {
            "VLLM_CPU_OMP_THREADS_BIND": cores,
            "VLLM_CPU_KVCACHE_SPACE": "4",  # GB
            "HF_HUB_OFFLINE": "1",
            "DO_NOT_TRACK": "1",
        }
        self.log = log
        self.process = subprocess.Popen(
            [python, DRIVER, folder, str(most_rows)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open("w"),
            text=True,
            env=settings | os.environ,
        )
        self.version = self._ask(None)["version"]

    def write(self, case: Case, lengths: Sequence[int]) -> Work:
        """Draw as many answers."""
        length = round(fmean(lengths))
        rule = {"temperature": case.sampling.temperature, "top_p": case.sampling.top_p}
        answer = self._ask({"prompt": case.symbols, "count": len(lengths), "length": length, **rule})
        assert answer["lengths"] == [length] * len(lengths), "vLLM ended early"
        return Work(tuple(answer["lengths"]), answer["seconds"])

    def _ask(self, question: dict | None) -> dict:
        assert self.process.stdin is not None and self.process.stdout is not None
        if question is not None:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            last = next(iter(reversed(self.log.read_text().split("\n")[:-1])), "without a word")
            raise MissingError(f"vLLM's process ended: {last}")
        return json.loads(line)

    def close(self) -> None:
        """Let the process end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
