"""Receptors and ligands as AutoDock reads them (PDBQT), and poses back as SDF.

Receptor: Open Babel, hydrogens for pH 7.4, rigid. Ligand: charges and tautomer as its SMILES has them, ETKDG and MMFF94
from a fixed seed, torsions and atom types by meeko. The same text gives the same bytes.
"""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from scilogos.bench.ligand.tools import obabel
from scilogos.errors import InputError
from scilogos.science import embedded

_SEED = 1
_SECONDS = 600  # for a receptor; the largest, of two million characters, takes a dozen
_RECEPTOR = ("-xr", "-p", "7.4")  # rigid, hydrogens for this pH; no charges: Vina needs none, and ions have none
PREPARATION = (
    f"receptor by obabel {' '.join(_RECEPTOR)}; ligand by ETKDGv3 with seed {_SEED}, MMFF94 and meeko, "
    "charges as written"
)


class Undocked(Exception):
    """Why a ligand has no pose, in a few words that do not name it: reasons are counted."""


class Passing(Undocked):
    """A reason that need not hold another time, on another machine: it is not kept."""


def receptor_pdbqt(pdb: str) -> str:
    """Prepare a receptor; Undocked where Open Babel makes nothing of it."""
    with TemporaryDirectory() as folder:  # fixed names: Open Babel writes them into its file
        Path(folder, "receptor.pdb").write_text(pdb)
        command = [*obabel(), "receptor.pdb", *_RECEPTOR, "-O", "receptor.pdbqt"]
        try:
            subprocess.run(command, cwd=folder, capture_output=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise Passing("receptor preparation timed out") from None
        made = Path(folder, "receptor.pdbqt")
        text = made.read_text() if made.exists() else ""
    if "ATOM" not in text:
        raise Undocked("receptor that Open Babel cannot prepare")
    return text


def ligand_pdbqt(smiles: str, seconds: int) -> str:
    """Prepare a ligand; Undocked where RDKit finds no coordinates (Passing: no time) or meeko no way to write it."""
    from meeko import MoleculePreparation, PDBQTWriterLegacy

    if "." in smiles:
        raise Undocked("several molecules in one")
    try:
        mol = embedded(smiles, seed=_SEED, seconds=seconds)
    except TimeoutError:
        raise Passing("3D coordinates timed out") from None
    except InputError:
        raise Undocked("no 3D coordinates") from None
    try:
        (setup,) = MoleculePreparation().prepare(mol)
        text, written, reason = PDBQTWriterLegacy.write_string(setup)
        if not written:
            raise ValueError(reason)
    except Exception:  # meeko has no error of its own; whatever it was, the ligand is counted as failed
        raise Undocked("ligand that meeko cannot prepare") from None
    return text


def pose_sdf(pdbqt: str, title: str) -> str:
    """Write poses as SDF with all hydrogens, in the order of their scores."""
    from meeko import PDBQTMolecule, RDKitMolCreate

    try:
        text, failed = RDKitMolCreate.write_sd_string(PDBQTMolecule(pdbqt, skip_typing=True))
        if failed:
            raise ValueError(failed)
        _, rest = text.split("\n", 1)
    except Exception:  # as above
        raise Undocked("pose that meeko cannot write") from None
    return f"{title}\n{rest}"
