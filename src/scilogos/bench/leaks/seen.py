"""What a corpus of sentences tells, as the sets that a leak audit compares with."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from scilogos.errors import ScilogosError
from scilogos.grammar import (
    Antibody,
    Complex,
    Design,
    Edit,
    Located,
    Material,
    Molecule,
    Protein,
    Reaction,
    Retro,
    Transform,
    parse,
)
from scilogos.science import canonical, comparison_key, order_reactants, variable_domain, without_stereo


@dataclass
class Seen:
    """Things of the training sentences, each kind in the form that is compared.

    exact                 molecules that were products
    molecules             the same of molecules told alone, without stereo
    products, reactants   the same without stereo; a set of reactants without stereo as one text
    ligands               molecules of complexes without stereo
    chains                residues of chains whose sites are labelled
    loops                 CDR-H3 of heavy domains
    domains               antibody domains
    linkers               sets of neutralised linkers
    parents               both proteins of an edit
    """

    exact: set[str] = field(default_factory=set)
    molecules: set[str] = field(default_factory=set)
    products: set[str] = field(default_factory=set)
    reactants: set[str] = field(default_factory=set)
    ligands: set[str] = field(default_factory=set)
    chains: set[str] = field(default_factory=set)
    loops: set[str] = field(default_factory=set)
    domains: set[str] = field(default_factory=set)
    linkers: set[tuple[str, ...]] = field(default_factory=set)
    parents: set[str] = field(default_factory=set)
    unnumbered: int = 0  # domains whose loops cannot be found
    sentences: int = 0

    def add(self, text: str) -> None:
        """Take in one sentence."""
        self.sentences += 1
        match parse(text):
            case Reaction(reactants=reactants, products=products):
                self.reactants.add(reactants_key(m.smiles for m in reactants))
                self._add_products(m.smiles for m in products)
            case Retro(product=product, reactants=reactants):
                self.reactants.add(reactants_key(m.smiles for m in reactants))
                self._add_products([product.smiles])
            case Molecule(smiles=smiles):
                self.molecules.update(without_stereo(smiles).split("."))
            case Complex(chains=chains, ligand=ligand):
                self.chains.update(chain.residues for chain in chains)
                self.ligands.add(without_stereo(ligand.smiles))
            case Located(marked=chains) | Transform(marked=chains):
                self.chains.update(chain.residues for chain in chains)
            case Protein(residues=residues, sites=sites) if sites:
                self.chains.add(residues)
            case Design(filled=domains):
                self.domains.update(domain.residues for domain in domains)
            case Antibody(residues=residues):
                self.domains.add(residues)
            case Material() as material:
                self.linkers.add(comparison_key(material)[1])
            case Edit(parent=parent, variant=variant):
                self.parents.update((parent.residues, variant.residues))

    def _add_products(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.exact.add(canonical(text))
            self.products.add(without_stereo(text))

    def number(self) -> None:
        """Find the CDR-H3 of every domain that is a heavy one; count those that cannot be numbered."""
        for domain in self.domains:
            try:
                found = variable_domain(domain)
            except ScilogosError:
                self.unnumbered += 1
                continue
            if "H3" in found.loops:
                self.loops.add(found.residues[slice(*found.loops["H3"])])


def reactants_key(smiles: Iterable[str]) -> str:
    """A set of reactants without stereo, as one text."""
    return ".".join(order_reactants(part for one in smiles for part in without_stereo(one).split(".")))
