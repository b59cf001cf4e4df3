"""The 100 pockets of CrossDocked2020's test set, and the ligands of the training complexes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from scilogos.bench.archives import archived
from scilogos.bench.binding_site.chains import LONGEST, TRAINING
from scilogos.bench.binding_site.complexes import RECEPTORS
from scilogos.bench.held_out import HeldOut, Item, reading, subset
from scilogos.bench.ligand.docking import Box
from scilogos.bench.ligand.settings import CUBE, Settings
from scilogos.data.readers import READERS
from scilogos.data.tables import read_rows
from scilogos.errors import InputError
from scilogos.grammar import Complex, Protein
from scilogos.science import heavy_atoms, parse_ligand, parse_structure, site_proteins, union_contacts, without_stereo

INDEX, LIGANDS = "struct/crossdocked_test100_index.csv", "struct/crossdocked_test100_pocket10.tar.gz"
FILES = (INDEX, RECEPTORS, LIGANDS, TRAINING)
_WORD, _ALIKE = 5, 0.2  # residues of a word; share of common words from which two proteins are near relatives


@dataclass(frozen=True, kw_only=True, eq=False)
class Pocket:
    """A receptor (text of its PDB file), its chains with the contacts of the reference ligand, and that ligand."""

    name: str
    receptor: str
    chains: tuple[Protein, ...]
    ligand: str
    centre: tuple[float, float, float]  # the mean of the ligand's heavy atoms, Å
    low: tuple[float, float, float]  # the corners of its extent
    high: tuple[float, float, float]

    def box(self, margin: float | None) -> Box:
        """The ligand's extent and `margin` Å in all, or a cube of 20 Å at its mean atom."""
        if margin is None:
            return Box(centre=self.centre, size=(CUBE, CUBE, CUBE))
        low, high = np.array(self.low), np.array(self.high)
        return Box(centre=_three((low + high) / 2), size=_three(high - low + margin))

    @cached_property
    def words(self) -> frozenset[str]:
        """All runs of five residues."""
        texts = (chain.residues for chain in self.chains)
        return frozenset(text[i : i + _WORD] for text in texts for i in range(len(text) - _WORD + 1))

    def related(self, other: "Pocket") -> bool:
        """Whether the proteins share a fifth of the words of the one that has fewer."""
        least = max(1, min(len(self.words), len(other.words)))
        return len(self.words & other.words) >= _ALIKE * least


@dataclass(frozen=True)
class Background:
    """All pockets in a random order, and the distinct training ligands by their number of heavy atoms."""

    pockets: tuple[Pocket, ...]
    ligands: Mapping[int, Sequence[str]]

    def others(self, pocket: Pocket, count: int) -> list[Pocket]:
        """The next `count` pockets of unrelated proteins in the order; the last is followed by the first."""
        at = self.pockets.index(pocket)
        around = self.pockets[at + 1 :] + self.pockets[:at]
        return [other for other in around if not pocket.related(other)][:count]

    @cached_property
    def known(self) -> frozenset[str]:
        """The training ligands without stereo."""
        return frozenset(without_stereo(smiles) for some in self.ligands.values() for smiles in some)


def items(data: Path, *, limit: int | None, seed: int, settings: Settings = Settings()) -> HeldOut:
    """Read the pockets, all of them whatever the limit (the others are compared with), and the training ligands."""
    receptors, ligands = archived(data / RECEPTORS, ".pdb"), archived(data / LIGANDS, ".sdf")
    pockets, unusable = [], defaultdict(list)
    for row in read_rows(data / INDEX, ("target", "name")):
        folder, name = row["target"], row["name"]
        try:
            pockets.append(_pocket(name, receptors[f"{folder}/{name[:10]}.pdb"], ligands[f"{folder}/{name}.sdf"]))
        except KeyError as error:
            unusable[f"no {Path(error.args[0]).suffix} file in the archive"].append(name)
        except InputError as error:
            unusable[f"unreadable: {error}"].append(name)
    background = Background(tuple(subset(pockets, None, seed)), _training_ligands(data))
    chosen = background.pockets[:limit]
    found = tuple(Item(pocket.name, pocket, pocket.ligand) for pocket in chosen)
    return HeldOut(found, dict(unusable), background, settings=settings)


def _pocket(name: str, receptor: str, ligand: str) -> Pocket:
    structure, pose = parse_structure(receptor, f"{name[:10]}.pdb"), parse_ligand(ligand, f"{name}.sdf")
    proteins = site_proteins(structure.chains, union_contacts(structure.chains, [pose]))
    marked = tuple(protein for protein in proteins if protein.sites)
    if not marked:
        raise InputError("the reference ligand touches no residue", path=f"{name}.sdf")
    corners = {"centre": pose.centre, "low": pose.xyz.min(axis=0), "high": pose.xyz.max(axis=0)}
    places = {what: _three(xyz) for what, xyz in corners.items()}
    return Pocket(name=name, receptor=receptor, chains=marked, ligand=str(pose.smiles), **places)


def _three(values: np.ndarray) -> tuple[float, float, float]:
    x, y, z = (round(float(value), 3) for value in values)
    return x, y, z


def _training_ligands(data: Path) -> dict[int, list[str]]:
    options = {"forms": ("marked",), "max_length": LONGEST}
    found = set[str]()
    for record in READERS["complexes"](reading(data, "complexes", TRAINING, **options)):
        if record.split == "train":
            (sentence,) = record.sentences
            assert isinstance(sentence, Complex)
            found.add(sentence.ligand.smiles)
    by_size = defaultdict(list)
    for smiles in sorted(found):
        by_size[heavy_atoms(smiles)].append(smiles)
    return dict(by_size)
