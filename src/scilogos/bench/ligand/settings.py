"""What a run of the benchmark may choose, and the two published conventions."""

from dataclasses import dataclass

from scilogos.bench.settings import Drawn
from scilogos.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Convention:
    """Where ligands are docked, and what becomes of those that do not dock.

    margin    Å that the box adds to the extent of the reference ligand; None: a cube of 20 Å at its mean atom
    zero      a ligand that fails counts 0 in every mean; else it is left out, which flatters a model that fails
    """

    margin: float | None
    zero: bool


CUBE = 20.0  # Å
CONVENTIONS = {
    # Wu et al., Nat. Commun. 15, 9360 (2024); exhaustiveness 32 there
    "tamgen": Convention(margin=None, zero=True),
    # Guan et al., ICLR 2023, docking_vina.py; exhaustiveness 16 there
    "targetdiff": Convention(margin=5.0, zero=False),
}


@dataclass(frozen=True, kw_only=True)
class Settings(Drawn):
    """How ligands are drawn and docked.

    molecules       ligands of a pocket that are docked
    draws           draws for each of them, the likeliest are docked; 1: all that is drawn, as in the published script
    exhaustiveness  runs of Vina's search for each ligand
    convention      `tamgen` or `targetdiff`
    timeout         seconds for each ligand
    jobs            ligands docked at once; 0: one for each core
    """

    molecules: int = 5
    draws: int = 3
    exhaustiveness: int = 8
    convention: str = "tamgen"
    timeout: int = 600
    jobs: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (("molecules", 1), ("draws", 1), ("exhaustiveness", 1), ("timeout", 1), ("jobs", 0)):
            if getattr(self, name) < least:
                raise InputError(f"{name}: found {getattr(self, name)}; expected {least} or more")
        if self.convention not in CONVENTIONS:
            raise InputError(f"convention: found {self.convention!r}; expected {' or '.join(CONVENTIONS)}")


def drawn(settings: Settings) -> str:
    """How many ligands of a pocket are drawn and docked."""
    number = settings.molecules * settings.draws
    docked = f"the likeliest {settings.molecules} docked" if settings.draws > 1 else "all docked"
    return f"{number} draws a pocket, {docked} at exhaustiveness {settings.exhaustiveness}"
