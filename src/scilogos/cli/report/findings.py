"""What the six tasks gave, with the inputs they were given: plain values, no model."""

from dataclasses import dataclass

import numpy as np

from scilogos.grammar import Material, Protein
from scilogos.science import Ligand, Structure
from scilogos.tasks import Ranking
from scilogos.tasks.binding_site import Sites
from scilogos.tasks.cdr_design import Designed, Opening
from scilogos.tasks.protein_editing import Variant


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Which model answered, and the seed it was given."""

    name: str
    fingerprint: str
    parameters: int
    layers: int
    width: int
    symbols: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class Routes:
    """Sets of reactants for one named product."""

    name: str
    product: str
    ranking: Ranking[tuple[str, ...]]
    asked: int


@dataclass(frozen=True, kw_only=True)
class Site:
    """The sites found on a structure, and the true contacts of the ligand that was taken out of it."""

    structure: Structure
    ligand: Ligand
    contacts: tuple[tuple[int, ...], ...]  # 0-based, one tuple a chain
    found: Sites
    samples: int

    @property
    def probabilities(self) -> np.ndarray:
        """The probability of every residue, chain after chain."""
        return np.concatenate(self.found.probabilities)

    @property
    def touching(self) -> np.ndarray:
        """Whether the ligand touches a residue, chain after chain."""
        return _flags(self.structure, self.contacts)

    @property
    def predicted(self) -> np.ndarray:
        """Whether a residue is called a site, chain after chain."""
        return _flags(self.structure, tuple(chain.sites for chain in self.found.chains))


@dataclass(frozen=True, kw_only=True)
class Designs:
    """Ligands for a marked pocket."""

    pocket: tuple[Protein, ...]
    ranking: Ranking[str]
    asked: int


@dataclass(frozen=True, kw_only=True)
class Frameworks:
    """Metal-organic frameworks, from given node fragments if any."""

    nodes: tuple[str, ...]
    ranking: Ranking[Material]
    asked: int


@dataclass(frozen=True, kw_only=True)
class Variants:
    """Variants of a parent protein."""

    parent: str
    most: int
    ranking: Ranking[Variant]
    asked: int


@dataclass(frozen=True, kw_only=True)
class Loops:
    """New loops for an antibody's opened domains."""

    opening: Opening
    ranking: Ranking[Designed]
    asked: int


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All that the demo found, in the order of the report."""

    facts: Facts
    routes: tuple[Routes, ...]
    site: Site
    designs: Designs
    frameworks: tuple[Frameworks, ...]
    variants: Variants
    loops: Loops


def _flags(structure: Structure, sites: tuple[tuple[int, ...], ...]) -> np.ndarray:
    flags = [np.isin(np.arange(len(chain)), site) for chain, site in zip(structure.chains, sites, strict=True)]
    return np.concatenate(flags)
