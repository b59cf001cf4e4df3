"""The nouns of a structure: protein chains, ligands, and the two together. Coordinates are Å, heavy atoms only."""

from dataclasses import dataclass, field

import gemmi
import numpy as np

from scilogos.science.ledger import Skipped

_BACKBONE = frozenset({"N", "CA", "C", "O", "OXT"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Chain:
    """One protein chain by its author's name; atoms are flat, `owner` gives the residue of each.

    residues     one letter each; modified residues as their parent, unknown ones X
    labels       author numbers with insertion code, such as "45" or "45A"
    codes        component codes, such as "MSE"
    atom_names   one for each of A atoms
    xyz          (A, 3)
    owner        (A,) index into residues
    """

    name: str
    residues: str
    labels: tuple[str, ...]
    codes: tuple[str, ...]
    atom_names: tuple[str, ...]
    xyz: np.ndarray
    owner: np.ndarray

    def __len__(self) -> int:
        return len(self.residues)

    def alpha_carbons(self) -> np.ndarray:
        """Return the CA of each residue, (residues, 3); NaN where it was not seen."""
        found = np.full((len(self), 3), np.nan)
        is_alpha = np.array([name == "CA" for name in self.atom_names], bool)
        found[self.owner[is_alpha]] = self.xyz[is_alpha]
        return found

    def side_chain_centroids(self) -> np.ndarray:
        """Return the mean of each residue's side-chain heavy atoms, (residues, 3); its CA where there are none."""
        is_side = np.array([name not in _BACKBONE for name in self.atom_names], bool)
        sums, counts = np.zeros((len(self), 3)), np.bincount(self.owner[is_side], minlength=len(self))
        np.add.at(sums, self.owner[is_side], self.xyz[is_side])
        return np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], self.alpha_carbons())


@dataclass(frozen=True, kw_only=True, eq=False)
class Ligand:
    """One residue that is neither polymer nor water; `smiles` where the file itself knows its bonds.

    elements     one symbol for each of L atoms
    xyz          (L, 3)
    """

    code: str
    chain: str
    number: str
    atom_names: tuple[str, ...]
    elements: tuple[str, ...]
    xyz: np.ndarray
    smiles: str | None = None

    @property
    def label(self) -> str:
        """Its address, such as "A:STI:401"."""
        return f"{self.chain}:{self.code}:{self.number}"

    @property
    def centre(self) -> np.ndarray:
        """The mean of its heavy atoms, (3,)."""
        return self.xyz.mean(axis=0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Structure:
    """The first model of a file: its protein chains, and every other group but water (`ligands` chooses among them)."""

    path: str
    name: str
    chains: tuple[Chain, ...]
    groups: tuple[Ligand, ...]
    skipped: tuple[Skipped, ...] = ()
    source: gemmi.Structure = field(repr=False)
