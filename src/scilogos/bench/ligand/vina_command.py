"""As much of the command `vina` as docking uses, over the Python package of that name.

Run as a file in a process of its own, so that nothing but the package is loaded and a time limit can end it.
"""

from argparse import ArgumentParser, Namespace
from importlib.metadata import version
from pathlib import Path

__all__ = ["main"]

_AXES = "xyz"


def main() -> None:
    """Dock the ligand of the command line and write its best poses."""
    parser = ArgumentParser(prog="vina", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"AutoDock Vina {version('vina')} (Python package)")
    for name in ("receptor", "ligand", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in (f"{what}_{axis}" for what in ("center", "size") for axis in _AXES):
        parser.add_argument(f"--{name}", type=float, required=True)
    for name in ("exhaustiveness", "num_modes", "cpu", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    _dock(parser.parse_args())


def _dock(options: Namespace) -> None:
    from vina import Vina

    engine = Vina(sf_name="vina", cpu=options.cpu, seed=options.seed, verbosity=0)
    engine.set_receptor(str(options.receptor))
    engine.set_ligand_from_file(str(options.ligand))
    centre, size = ([getattr(options, f"{what}_{axis}") for axis in _AXES] for what in ("center", "size"))
    engine.compute_vina_maps(center=centre, box_size=size)
    engine.dock(exhaustiveness=options.exhaustiveness, n_poses=options.num_modes)
    options.out.write_text(engine.poses(n_poses=options.num_modes))


if __name__ == "__main__":
    main()
