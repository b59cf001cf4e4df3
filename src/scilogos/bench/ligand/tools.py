"""The programs and packages that docking needs, and their versions. Knows nothing of molecules."""

import shutil
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from scilogos.errors import MissingError

_PACKAGES = {"meeko": "ligands are prepared by it", "posebusters": "poses are checked by it"}
_CURE = "pip install 'scilogos[bench]'"
_SECONDS = 60


def vina() -> list[str]:
    """The command that docks: over the Python package where it is installed, else the program, as Debian has it."""
    if find_spec("vina"):
        return [sys.executable, "-P", str(Path(__file__).with_name("vina_command.py"))]
    return [_program("vina", "AutoDock Vina", "autodock-vina")]


def obabel() -> list[str]:
    """The command of Open Babel: of this environment, else on the path."""
    return [_program("obabel", "Open Babel", "openbabel")]


def versions() -> dict[str, str]:
    """What is installed, by name; MissingError names the first that is not, and how to get it."""
    for package, use in _PACKAGES.items():
        if not find_spec(package):
            raise MissingError(f"{package} is not installed, and {use}: {_CURE}")
    told = {"vina": _told(*vina(), "--version"), "openbabel": _told(*obabel(), "-V")}
    return told | {package: version(package) for package in (*_PACKAGES, "rdkit")}


def _program(name: str, title: str, package: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.is_file() else shutil.which(name)
    if found is None:
        raise MissingError(f"{title} is not installed (no command {name}): {_CURE}, or Debian's {package}")
    return found


@cache
def _told(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    return (done.stdout or done.stderr).strip().split("\n")[0]
