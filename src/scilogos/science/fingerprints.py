"""Feature fingerprints of many molecules, to find the similar ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rdkit import DataStructs
from rdkit.Chem import rdFingerprintGenerator

from scilogos.science.molecules import parse_smiles

_FEATURES = rdFingerprintGenerator.GetMorganGenerator(
    radius=2, atomInvariantsGenerator=rdFingerprintGenerator.GetMorganFeatureAtomInvGen()
)


@dataclass(frozen=True, eq=False)
class FeaturePrints:
    """Counts of Morgan's circular features of radius 2 (FCFP4), a molecule each."""

    prints: list[Any]

    @staticmethod
    def of(molecules: Sequence[str]) -> "FeaturePrints":
        """Look at molecules, atom maps aside; InputError for a SMILES that RDKit refuses."""
        return FeaturePrints([_print(smiles) for smiles in molecules])

    def similarities(self, smiles: str) -> np.ndarray:
        """The Dice similarity of a molecule to each, float [molecules]."""
        return np.array(DataStructs.BulkDiceSimilarity(_print(smiles), self.prints))


def _print(smiles: str) -> Any:
    return _FEATURES.GetSparseCountFingerprint(parse_smiles(smiles))
