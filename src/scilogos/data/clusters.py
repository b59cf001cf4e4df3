"""Near twins among sequences: MMseqs2 aligns whole ones, where it is installed; loops of one length are compared here.

Both give pairs of digests, of a sequence and of its cluster's representative. Neither depends on how many cores work.
Shapes: N loops of L residues; B of them at a time.
"""

import math
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

from scilogos.errors import InputError

_COVERAGE = 0.8  # of the longer sequence and of the shorter
_LINEAR = 0.7  # from this identity on, twins share k-mers and are found in linear time; below, MMseqs2 searches
_SMALL, _SMALLER = 10_000_000, "-k 5 --single-step-clustering 1"  # residues up to which a small index is quicker
_BLOCK = 1 << 24  # pairs of loops compared at a time


def digest(sequence: str) -> int:
    """Name a sequence by 64 bits."""
    return int.from_bytes(blake2b(sequence.encode(), digest_size=8).digest())


def version() -> str | None:
    """The version of the `mmseqs` on the PATH, None without one."""
    program = shutil.which("mmseqs")
    return None if program is None else _version(program)


@cache
def _version(program: str) -> str:
    return _run([program, "version"])


def aligned(sequences: Iterable[str], identity: float, folder: Path) -> Iterator[tuple[int, int]]:
    """Cluster whole sequences by MMseqs2 in an empty folder; its greedy set cover, both sequences covered to 80%."""
    given, residues = set[int](), 0
    with (folder / "sequences.fasta").open("w") as file:
        for sequence in filter(None, sequences):
            name = digest(sequence)
            if name not in given:
                given.add(name)
                residues += len(sequence)
                file.write(f">{name:016x}\n{sequence}\n")
    if not given:
        return
    verb, more = ("easy-linclust", "") if identity >= _LINEAR else ("easy-cluster", _SMALLER * (residues <= _SMALL))
    options = f"--min-seq-id {identity} -c {_COVERAGE} --cov-mode 0 --threads 1 --dbtype 1 -v 1 {more}"
    _run(["mmseqs", verb, "sequences.fasta", "found", "work", *options.split()], folder)
    with (folder / "found_cluster.tsv").open() as file:
        for line in file:
            representative, member = line.split()
            yield int(member, 16), int(representative, 16)


def _run(command: list[str], folder: Path | None = None) -> str:
    """What a program prints; InputError with its last line where it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    if done.returncode:
        last = (done.stdout + done.stderr).strip().rpartition("\n")[2] or f"exit code {done.returncode}"
        raise InputError(f"mmseqs {command[1]} failed: {last}")
    return done.stdout.strip()


def linked(loops: Iterable[str], identity: float) -> Iterator[tuple[int, int]]:
    """Cluster loops by single linkage: of one length, and with this share of equal residues place by place."""
    lengths: dict[int, list[str]] = {}
    for loop in dict.fromkeys(filter(None, loops)):
        lengths.setdefault(len(loop), []).append(loop)
    for same in lengths.values():
        for loop, first in zip(same, _firsts(same, identity), strict=True):
            yield digest(loop), digest(same[first])


def _firsts(loops: list[str], identity: float) -> np.ndarray:
    """The number of the first loop in each loop's cluster."""
    letters_NL = np.array([list(map(ord, loop)) for loop in loops], np.int32)
    hot_NLx = (letters_NL[:, :, None] == np.unique(letters_NL)).reshape(len(loops), -1).astype(np.float32)
    least, step = math.ceil(identity * letters_NL.shape[1] - 1e-9), max(1, _BLOCK // len(loops))
    first_N = np.arange(len(loops))  # of each loop the root of its tree, the earliest that it is linked to so far
    for at in range(0, len(loops), step):
        one, other = np.nonzero(hot_NLx[at : at + step] @ hot_NLx[: at + step].T >= least)
        one += at
        while (apart := first_N[one] != first_N[other]).any():
            one, other = one[apart], other[apart]
            np.minimum.at(first_N, np.maximum(first_N[one], first_N[other]), np.minimum(first_N[one], first_N[other]))
            while (first_N[first_N] != first_N).any():
                first_N = first_N[first_N]
    return first_N


class Clusters:
    """Which sequences stand together: a sorted table in a file, read where it is asked, that processes share."""

    def __init__(self, path: Path) -> None:
        self._members, self._representatives = np.load(path, mmap_mode="r", allow_pickle=False)

    def of(self, sequence: str) -> str:
        """The name of a sequence's cluster; one that was not clustered is alone."""
        name = np.uint64(digest(sequence))
        at = int(np.searchsorted(self._members, name))
        known = at < len(self._members) and self._members[at] == name
        return f"{int(self._representatives[at] if known else name):016x}"


def save(pairs: Iterable[tuple[int, int]], path: Path) -> None:
    """Write what `Clusters` reads: uint64 [2, sequences that another represents]."""
    flat = np.fromiter((number for pair in pairs if pair[0] != pair[1] for number in pair), np.uint64)
    members, representatives = flat.reshape(-1, 2).T
    order = np.argsort(members)
    np.save(path, np.stack([members[order], representatives[order]]))
