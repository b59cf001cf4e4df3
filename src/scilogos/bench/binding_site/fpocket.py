"""fpocket as a baseline: its own program on PATH, or the package fpocket-rs."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from scilogos.errors import InputError

MISSING = "fpocket is not installed: its column is missing (put fpocket on PATH, or pip install fpocket-rs)"
_LIMIT = 300  # seconds


@dataclass(frozen=True)
class Cavity:
    """A pocket, best first: the mean of its alpha spheres in Å, and its residues as (chain, number)."""

    centre: tuple[float, float, float]
    residues: frozenset[tuple[str, str]]


def installed() -> str | None:
    """Which fpocket there is."""
    return "fpocket" if shutil.which("fpocket") else "fpocket-rs" if find_spec("fpocket_rs") else None


def cavities(text: str) -> list[Cavity]:
    """The pockets of a structure in PDB format; InputError where fpocket cannot read it, TimeoutError if too slow."""
    if not any(line.startswith("ATOM") for line in text.splitlines()):
        raise InputError("fpocket: the structure holds no ATOM line")
    try:
        return _by_program(text) if installed() == "fpocket" else _by_package(text)
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"fpocket: more than {_LIMIT} s") from None
    except (OSError, subprocess.SubprocessError, ValueError, RuntimeError) as error:
        raise InputError(f"fpocket: {error}") from None


def _by_package(text: str) -> list[Cavity]:
    import fpocket_rs

    return [
        Cavity(_mean([sphere[:3] for sphere in pocket["alpha_spheres"]]), _residues(pocket["residues"]))
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
    touched = [(line[21].strip(), line[22:27].strip()) for line in atoms if line.startswith("ATOM")]
    return Cavity(_mean([[float(line[i : i + 8]) for i in (30, 38, 46)] for line in lines]), _residues(touched))


def _mean(points: list) -> tuple[float, float, float]:
    x, y, z = np.asarray(points, float).mean(axis=0)
    return float(x), float(y), float(z)


def _residues(found: list) -> frozenset[tuple[str, str]]:
    return frozenset((str(chain), str(number)) for chain, number in found)
