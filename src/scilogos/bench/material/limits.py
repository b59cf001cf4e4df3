"""A program run by itself under limits of time and memory; what goes wrong has a short name, for counting."""

import json
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

# The limit is set in the child before it becomes the program: threads of ours may be running.
_LIMITED = (
    "import os, resource, sys; size = int(sys.argv[1]); "
    "resource.setrlimit(resource.RLIMIT_AS, (size, size)); os.execv(sys.argv[2], sys.argv[2:])"
)
_NO_MEMORY = ("MemoryError", "bad_alloc", "Cannot allocate memory", "RESOURCE_EXHAUSTED", "Unable to allocate")
GIB = 1 << 30


class Failed(Exception):
    """A program that gave no answer: `reason` is short and the same for the same fault; `lasting` if it will recur."""

    def __init__(self, reason: str, detail: str = "", *, lasting: bool = True) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail, self.lasting = reason, detail, lasting


def call(
    step: str, python: str, program: Path, arguments: Sequence[str], *, folder: Path, seconds: float, gib: float
) -> dict:
    """Run a program by a Python in a folder and read its last line as JSON; Failed if it gives none.

    It gets one thread, `gib` GiB of address space and `seconds` of wall time; then it and all that it started end.
    """
    command = [python, "-I", "-c", _LIMITED, str(int(gib * GIB)), python, "-I", str(program), *arguments]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    child = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **threads, "JAX_PLATFORMS": "cpu", "MPLBACKEND": "agg"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        out, err = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Failed(f"{step}: more than {seconds:g} s", lasting=False) from None
    finally:
        _end(child)
    if child.returncode:
        raise Failed(f"{step}: {_cause(child.returncode, err, gib)}", _last(err))
    try:
        return json.loads(out.strip().rpartition("\n")[2])
    except ValueError:
        raise Failed(f"{step}: no answer", _last(out)) from None


def _end(child: subprocess.Popen) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.communicate()


def _cause(code: int, err: str, gib: float) -> str:
    if any(word in err for word in _NO_MEMORY):
        return f"more than {gib:g} GiB"
    return f"ended by {signal.Signals(-code).name}" if code < 0 else "an error of the program"


def _last(text: str) -> str:
    return text.strip().rpartition("\n")[2][-300:]


