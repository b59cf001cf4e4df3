"""Three-dimensional coordinates for molecules that have none."""

from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers
from rdkit.rdBase import BlockLogs

from scilogos.errors import InputError
from scilogos.science.molecules import parse_smiles


def embedded(smiles: str, *, seed: int = 0, seconds: int = 0) -> Chem.Mol:
    """Give a molecule hydrogens and one three-dimensional conformer, in Å; InputError where none can be found.

    ETKDG version 3, then MMFF94 where it has parameters. Charges and tautomer stay as written. Each of two trials, the
    second from random coordinates, ends after `seconds`; 0: no limit. TimeoutError where that is why there is none.
    """
    mol = Chem.AddHs(parse_smiles(smiles))
    parameters = rdDistGeom.ETKDGv3()
    parameters.randomSeed, parameters.timeout, parameters.trackFailures = seed, seconds, True
    with BlockLogs():
        failed = rdDistGeom.EmbedMolecule(mol, parameters) < 0
        late = failed and _ran_out(parameters)
        if failed:
            parameters.useRandomCoords = True
            failed = rdDistGeom.EmbedMolecule(mol, parameters) < 0
        if failed and (late or _ran_out(parameters)):
            raise TimeoutError(f"molecule {smiles!r}: no 3D coordinates in {seconds} s")
        if failed:
            raise InputError(f"molecule {smiles!r}: RDKit finds no 3D coordinates for it; write 2D")
        if rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol):
            rdForceFieldHelpers.MMFFOptimizeMolecule(mol, maxIters=500)
    return mol


def _ran_out(parameters: rdDistGeom.EmbedParameters) -> bool:
    """Whether time ended the last trial."""
    return parameters.GetFailureCounts()[rdDistGeom.EmbedFailureCauses.EXCEEDED_TIMEOUT] > 0
