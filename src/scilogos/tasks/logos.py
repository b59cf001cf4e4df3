"""A loaded model and its six tasks: what `load` gives, and what the command line calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from scilogos.decode import Engine
from scilogos.decode.served import ServedEngine
from scilogos.errors import InputError
from scilogos.grammar import Material, Protein, parse, split, write
from scilogos.grammar.constraints import Bounds
from scilogos.science import (
    Structure,
    clean_sequence,
    read_ligand,
    select,
    select_around,
    site_proteins,
    union_contacts,
)
from scilogos.tasks import (
    binding_site,
    cdr_design,
    ligand_design,
    material_generation,
    protein_editing,
    retrosynthesis,
)
from scilogos.tasks.calibration import Calibration
from scilogos.tasks.ligand_design import Designs
from scilogos.tasks.ranking import Ranking
from scilogos.tasks.registry import DEFAULT, find, open_engine


@dataclass(frozen=True)
class Logos:
    """One model, ready for the six tasks. Every method takes `seed`; the same seed gives the same answers."""

    engine: Engine | ServedEngine
    name: str
    folder: Path

    @cached_property
    def calibration(self) -> Calibration:
        """What was chosen for these weights on validation data, as the folder keeps it."""
        return Calibration.of(self.folder)

    def retrosynthesis(self, product: str, n: int = 10, **options) -> Ranking[tuple[str, ...]]:
        """Rank sets of reactants for a product SMILES."""
        return retrosynthesis.propose(self.engine, product, n=n, **options)

    def sites(self, target: str | Structure, **options) -> binding_site.Sites:
        """Mark the binding sites of a sequence, or of the chains of a structure and group them to pockets.

        The threshold is the checkpoint's own unless given.
        """
        options = {"threshold": self.calibration.site_threshold} | options
        if isinstance(target, str):
            return binding_site.locate(self.engine, [clean_sequence(target)], **options)
        chains = [chain.residues for chain in target.chains]
        centroids = [chain.side_chain_centroids() for chain in target.chains]
        return binding_site.locate(self.engine, chains, centroids=centroids, **options)

    def pocket(self, structure: Structure, *, site: str | None = None, around: str | None = None) -> list[Protein]:
        """The chains of a structure with a pocket marked: residues such as `A:45,A:67`, or those around a ligand.

        `around` names a ligand of the structure (`LIG`, `A:LIG:401`) or an .sdf file that holds its pose.
        """
        if site and not around:
            marks = select(site, structure)
        elif around and not site:
            pose = around.lower().removesuffix(".gz").endswith(".sdf")
            marks = (
                union_contacts(structure.chains, [read_ligand(around)]) if pose else select_around(around, structure)
            )
        else:
            raise InputError("name the pocket either by residues, as A:45,A:67, or by a ligand, as A:LIG:401")
        chains = site_proteins(structure.chains, marks)
        return [chain for chain in chains if chain.sites]

    def ligands(self, chains: Sequence[Protein], n: int = 10, bounds: Bounds = Bounds(), **options) -> Designs:
        """Rank molecules for the marked pocket of chains, grown from a fragment if one is to be kept."""
        return ligand_design.design(self.engine, chains, n=n, bounds=bounds, **options)

    def materials(self, n: int = 10, nodes: Sequence[str] = (), **options) -> Ranking[Material]:
        """Generate metal-organic frameworks, from given node fragments if any."""
        return material_generation.generate(self.engine, n=n, nodes=nodes, **options)

    def edit(self, parent: str, n: int = 10, **options) -> Ranking[protein_editing.Variant]:
        """Rank variants of a protein."""
        return protein_editing.edit(self.engine, clean_sequence(parent), n=n, **options)

    def cdr(
        self, sequences: Sequence[str], loops: Sequence[str], n: int = 10, **options
    ) -> Ranking[cdr_design.Designed]:
        """Rank antibody domains with the named loops redesigned."""
        return cdr_design.design(self.engine, sequences, loops, n=n, **options)

    def score(self, sentence: str) -> list[tuple[str, float]]:
        """The log-likelihood of every symbol of a sentence's answer given its prompt, the end last."""
        prompt, answer = split(write(parse(sentence)))
        codec = self.engine.codec
        head, whole = codec.encode(prompt), codec.encode(prompt + answer)
        scores = self.engine.symbol_scores(head, [whole[len(head) :]])[0]
        texts = [codec.decode([token]) for token in whole[len(head) :]] + ["<end>"]
        return list(zip(texts, map(float, scores), strict=True))


def load(name: str | Path = DEFAULT, *, dtype: str = "auto", device: str = "cpu") -> Logos:
    """Load a model by name or folder."""
    folder = find(name)
    Calibration.read(folder)  # a broken one is told before the weights are read
    return Logos(open_engine(name, dtype=dtype, device=device), folder.resolve().name, folder)
