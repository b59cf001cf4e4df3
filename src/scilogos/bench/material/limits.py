"""A program run by itself under limits of time and memory; what goes wrong has a short name, for counting."""

import json
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

# Limits are set in the child before it becomes the program: threads of ours may be running.
_LIMITED = (
    "import os, resource, sys; size, time = int(sys.argv[1]), int(sys.argv[2]); "
    "resource.setrlimit(resource.RLIMIT_AS, (size, size)); resource.setrlimit(resource.RLIMIT_CPU, (time, time + 5)); "
    "os.execv(sys.argv[3], sys.argv[3:])"
)
PATIENCE = 10  # times its processor time that a program may wait for a processor
_NO_MEMORY = ("MemoryError", "bad_alloc", "Cannot allocate memory", "RESOURCE_EXHAUSTED", "Unable to allocate")
GIB = 1 << 30


class Failed(Exception):
    """A program that gave no answer: `reason` is short and the same for the same fault; `lasting` if it will recur."""

    def __init__(self, reason: str, detail: str = "", *, lasting: bool = True) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail, self.lasting = reason, detail, lasting


def call(
    step: str, python: str, program: Path, arguments: Sequence[str], *, folder: Path, seconds: int, gib: float
) -> dict:
    """Run a program by a Python in a folder and read its last line as JSON; Failed if it gives none.

    It gets one thread, `gib` GiB of address space and `seconds` of processor time, which depends little on what else
    the machine does; ten times that by the clock, then it and all that it started end.
    """
    command = [
        python,
        "-I",
        "-c",
        _LIMITED,
        str(int(gib * GIB)),
        str(seconds),
        python,
        "-I",
        str(program),
        *arguments,
    ]
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
        out, err = child.communicate(timeout=seconds * PATIENCE)
    except subprocess.TimeoutExpired:
        raise Failed(f"{step}: more than {seconds * PATIENCE} s by the clock", lasting=False) from None
    finally:
        _end(child)
    if child.returncode:
        raise Failed(f"{step}: {_cause(child.returncode, err, seconds, gib)}", _last(err))
    try:
        return json.loads(out.strip().rpartition("\n")[2])
    except ValueError:
        raise Failed(f"{step}: no answer", _last(out)) from None


def _end(child: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate()


def _cause(code: int, err: str, seconds: int, gib: float) -> str:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"more than {seconds} s"
    if any(word in err for word in _NO_MEMORY):
        return f"more than {gib:g} GiB"
    return f"ended by {signal.Signals(-code).name}" if code < 0 else "an error of the program"


def _last(text: str) -> str:
    return text.strip().rpartition("\n")[2][-300:]
