"""LOGOS: proteins, antibodies, molecules, reactions and materials as sentences, and a model that writes them.

from scilogos import load
load("logos-8m").retrosynthesis("CC(=O)Nc1ccc(O)cc1", n=10)
"""

from importlib import import_module
from typing import TYPE_CHECKING

from scilogos.version import __version__

if TYPE_CHECKING:
    from scilogos.bench import Method, tune
    from scilogos.tasks import Logos, load

__all__ = ["Logos", "Method", "__version__", "load", "tune"]
_MODULES = {"Logos": "tasks", "load": "tasks", "Method": "bench", "tune": "bench"}


def __getattr__(name: str):
    if name in _MODULES:
        return getattr(import_module(f"scilogos.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
