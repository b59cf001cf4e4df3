"""The constraint under which the answer of a given sentence is decoded: the same for training and sampling.

But for one thing: to mark a corpus, each element of a product is asked for once, not as often as it occurs. Else every
sum formula would have states of its own, and the marks differ only where an answer may end.
"""

from collections.abc import Set

from scilogos.grammar.atoms import atom
from scilogos.grammar.constraints.copy import MarkedCopy
from scilogos.grammar.constraints.loops import FilledLoops
from scilogos.grammar.constraints.material import Materials
from scilogos.grammar.constraints.molecules import Molecules
from scilogos.grammar.constraints.substitutions import Substitutions
from scilogos.grammar.constraints.supply import carrier
from scilogos.grammar.objects import Complex, Design, Edit, Located, Material, Molecule, Reaction, Retro, Sentence
from scilogos.grammar.smiles import cut

MOST_REACTANTS = 4
MOST_MOLECULES = 12


def elements(smiles: str, whole: Set[str]) -> tuple[str, ...]:
    """The heavy atoms of a SMILES that an answer can be asked to supply, by element: not what no symbol can attach.

    >>> elements("Clc1cc[nH]c1.[Na+]", frozenset({"[Na+]"}))
    ('C', 'C', 'C', 'C', 'Cl', 'N')
    """
    found = (atom(symbol) for symbol in cut(smiles) if symbol[0].isalpha() or symbol[0] == "[")
    return tuple(sorted(a.element for a in found if a is not None and a.element != "H" and carrier(a.element, whole)))


def answer_constraint(
    sentence: Sentence, whole: Set[str]
) -> MarkedCopy | FilledLoops | Materials | Molecules | Substitutions | None:
    """The constraint of the sentence's task with nothing asked beyond the prompt; None where no task decodes it."""
    match sentence:
        case Retro(product=product):
            return Molecules(1, MOST_REACTANTS, tuple(sorted(set(elements(product.smiles, whole)))))
        case Located(chains=chains):
            return MarkedCopy(tuple(chain.residues for chain in chains))
        case Complex() | Molecule():
            return Molecules()
        case Material():
            return Materials(frozenset(whole))
        case Edit(parent=parent):
            return Substitutions(parent.residues, len(parent.residues))
        case Design(gapped=gapped):
            return FilledLoops(gapped)
        case Reaction():
            return Molecules(1, MOST_MOLECULES)
    return None
