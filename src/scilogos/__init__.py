"""LOGOS: proteins, antibodies, molecules, reactions and materials as sentences, and a model that writes them.

from scilogos import load
load("logos-8m").retrosynthesis("CC(=O)Nc1ccc(O)cc1", n=10)
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scilogos.tasks import Logos, load

__version__ = "0.1.0"
__all__ = ["Logos", "__version__", "load"]


def __getattr__(name: str):
    if name in ("Logos", "load"):
        from scilogos import tasks

        return getattr(tasks, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
