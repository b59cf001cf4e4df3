"""PoseBusters' checks of docked poses (Buttenschoen et al., Chem. Sci. 15, 3130, 2024)."""

import warnings
from pathlib import Path


def broken_checks(pose: Path, receptor: Path) -> tuple[str, ...]:
    """The checks that the first pose of an SDF file does not pass in the receptor of a PDB file, in their order.

    Those of the set `dock`: the molecule's own geometry and energy, and its distances to the receptor.
    """
    from posebusters import PoseBusters

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        row = PoseBusters(config="dock").bust(pose, None, receptor).iloc[0]
    return tuple(name for name, passed in row.items() if not passed)
