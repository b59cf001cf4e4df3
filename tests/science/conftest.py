"""Where the shared data lie, and tiny structures made by hand."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared():
    """Give the folder of shared data; skips, saying so, where it is not there."""
    if not SHARED.is_dir():
        pytest.skip(f"no shared data at {SHARED}")
    return SHARED


def pdb_atom(serial, name, code, chain, label, xyz, *, element=None, occ=1.0, alt=" ", record="ATOM"):
    """Write one PDB atom record; `label` may end in an insertion code."""
    number, icode = (label[:-1], label[-1]) if label[-1].isalpha() else (label, " ")
    x, y, z = xyz
    element = element or name[0]
    field = f" {name:<3}" if len(element) == 1 and len(name) < 4 else f"{name:<4}"
    return (
        f"{record:<6}{serial:>5} {field}{alt}{code:>3} {chain}{number:>4}{icode}   "
        f"{x:8.3f}{y:8.3f}{z:8.3f}{occ:6.2f}{10.0:6.2f}          {element:>2}"
    )


def peptide(codes, *, chain="A", labels=None, origin=(0.0, 0.0, 0.0), record="ATOM"):
    """Write residues of N, CA, CB, C, O along x, 3.8 Å apart, C to N 1.3 Å."""
    lines = []
    for i, code in enumerate(codes):
        x, y, z = origin[0] + 3.8 * i, origin[1], origin[2]
        label = labels[i] if labels else str(i + 1)
        atoms = {"N": (x, y, z), "CA": (x + 1.3, y + 0.6, z), "C": (x + 2.5, y, z), "O": (x + 2.5, y - 1.2, z)}
        if code != "GLY":
            atoms["CB"] = (x + 1.3, y + 2.1, z)
        hetero = "HETATM" if code == "MSE" else record
        lines += [
            pdb_atom(len(lines) + k, name, code, chain, label, at, record=hetero)
            for k, (name, at) in enumerate(atoms.items(), 1)
        ]
    return lines


def ring(code="LIG", *, chain="A", label="401", centre=(1.3, 6.0, 0.0)):
    """Write a six-membered carbon ring of radius 1.4 Å in the plane of the peptide."""
    import math

    cx, cy, cz = centre
    return [
        pdb_atom(
            900 + k,
            f"C{k + 1}",
            code,
            chain,
            label,
            (cx + 1.4 * math.cos(math.pi * k / 3), cy + 1.4 * math.sin(math.pi * k / 3), cz),
            record="HETATM",
        )
        for k in range(6)
    ]


@pytest.fixture
def small_pdb(tmp_path):
    """Give a file with chain A (A G MSE C S, numbers 45 45A 46 47 60), a ring over its start, water, zinc, a glycan."""
    lines = peptide(["ALA", "GLY", "MSE", "CYS", "SER"], labels=["45", "45A", "46", "47", "60"])
    lines += ["TER"] + ring() + ring("NAG", label="402", centre=(30, 30, 30))
    lines += [
        pdb_atom(950, "ZN", "ZN", "A", "403", (0, -3, 0), element="ZN", record="HETATM"),
        pdb_atom(951, "O", "HOH", "A", "501", (0, 4, 0), record="HETATM"),
    ]
    path = tmp_path / "small.pdb"
    path.write_text("\n".join([*lines, "END"]) + "\n")
    return path
