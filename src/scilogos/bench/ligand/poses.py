"""PoseBusters' checks of docked poses (Buttenschoen et al., Chem. Sci. 15, 3130, 2024)."""

from pathlib import Path

UNCHECKED = "cannot be checked"


def broken_checks(pose: Path, receptor: Path) -> tuple[str, ...]:
    """The checks that the first pose of an SDF file does not pass in the receptor of a PDB file, in their order.

    Those of the set `dock`: the molecule's own geometry and energy, and its distances to the receptor.
    """
    from posebusters import PoseBusters

    try:
        row = PoseBusters(config="dock").bust(pose, None, receptor).iloc[0]
    except Exception:  # it has no error of its own
        return (UNCHECKED,)
    return tuple(str(name) for name, passed in row.items() if not passed)
