"""fpocket as a baseline: its own program on PATH, or the package fpocket-rs."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from math import fsum
from pathlib import Path

from scilogos.errors import InputError

MISSING = "fpocket is not installed: its column is missing (put fpocket on PATH, or pip install fpocket-rs)"
_LIMIT = 300  # seconds

Residue = tuple[str, str]  # chain, number with its insertion code


@dataclass(frozen=True)
class Cavity:
    """A pocket, best first: the mean of its alpha spheres in Å, and its residues as (chain, number)."""

    centre: tuple[float, float, float]
    residues: frozenset[Residue]


def installed() -> str | None:
    """Which fpocket there is, with its version."""
    program = shutil.which("fpocket")
    if program:
        return f"fpocket {_version(program)}"
    return f"fpocket-rs {metadata.version('fpocket-rs')}" if find_spec("fpocket_rs") else None


@cache
def _version(program: str) -> str:
    told = subprocess.run([program], capture_output=True, text=True, timeout=_LIMIT, check=False)
    found = re.search(r"fpocket (\d[\d.]*)", told.stdout + told.stderr)
    return found[1] if found else "of unknown version"


def cavities(text: str, residues: Container[Residue]) -> list[Cavity]:
    """The pockets of the protein of a structure in PDB format, whose residues these are.

    The ligands that are to be found are not shown to it. InputError where fpocket cannot read it, TimeoutError if it is
    too slow.
    """
    lines = _of_protein(text, residues)
    if not any(line.startswith("ATOM") for line in lines):
        raise InputError("fpocket: the structure holds no ATOM line")
    text = "\n".join([*lines, "END", ""])
    try:
        return _by_program(text) if shutil.which("fpocket") else _by_package(text)
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"fpocket: more than {_LIMIT} s") from None
    except (OSError, subprocess.SubprocessError, ValueError, RuntimeError) as error:
        raise InputError(f"fpocket: {error}") from None


def _of_protein(text: str, residues: Container[Residue]) -> list[str]:
    """The lines of atoms of the first model, and of modified residues; no ligand, water or ion."""
    first, *_ = text.partition("\nENDMDL")
    lines = [line for line in first.splitlines() if line.startswith(("ATOM", "TER", "HETATM"))]
    return [line for line in lines if not line.startswith("HETATM") or _residue(line) in residues]


def _residue(line: str) -> Residue:
    return line[21].strip(), line[22:27].strip()


def _by_package(text: str) -> list[Cavity]:
    import fpocket_rs

    return [
        Cavity(mean([sphere[:3] for sphere in pocket["alpha_spheres"]]), _residues(pocket["residues"]))
        for pocket in fpocket_rs.detect_pockets(text)["pockets"]
    ]


def _by_program(text: str) -> list[Cavity]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "x.pdb").write_text(text)
        subprocess.run(["fpocket", "-f", "x.pdb"], cwd=folder, check=True, capture_output=True, timeout=_LIMIT)
        return [_read(path) for path in _by_number(Path(folder) / "x_out" / "pockets")]


def _by_number(folder: Path) -> list[Path]:
    return sorted(folder.glob("pocket*_vert.pqr"), key=lambda path: int(path.name[6:].split("_")[0]))


def _read(spheres: Path) -> Cavity:
    """Alpha spheres from pocketN_vert.pqr, residues from pocketN_atm.pdb; columns as PDB has them."""
    lines = [line for line in spheres.read_text().splitlines() if line.startswith("ATOM")]
    atoms = spheres.with_name(spheres.name.replace("_vert.pqr", "_atm.pdb")).read_text().splitlines()
    touched = [_residue(line) for line in atoms if line.startswith(("ATOM", "HETATM"))]
    return Cavity(mean([[float(line[i : i + 8]) for i in (30, 38, 46)] for line in lines]), _residues(touched))


def mean(points: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    """Summed exactly, whatever the order: the package tells a pocket's spheres in another order each time."""
    x, y, z = (fsum(axis) / len(points) for axis in zip(*points, strict=True))
    return x, y, z


def _residues(found: list) -> frozenset[Residue]:
    return frozenset((str(chain), str(number)) for chain, number in found)
