"""Objects and sentences -> text. One object, one text; nothing is reordered or rewritten."""

from collections.abc import Iterable
from functools import singledispatch

from scilogos.grammar import tags
from scilogos.grammar.objects import (
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
    Sentence,
    Transform,
)
from scilogos.grammar.residues import RESIDUE_SMILES


def wrap(name: str, payload: str) -> str:
    """Put a payload between the tags of a pair."""
    opening, closing = tags.PAIRS[name]
    return f"{opening}{payload}{closing}"


@singledispatch
def write(sentence: Sentence) -> str:
    """Write an object or a sentence.

    >>> write(Protein("MKV", sites=(1,)))
    '<ProteinS>M<PocketS>K<PocketE>V<ProteinE>'
    """
    raise TypeError(f"cannot write a {type(sentence).__name__}; expected an object or sentence of scilogos.grammar")


def write_all(objects: Iterable[Sentence]) -> str:
    """Write objects one after the other."""
    return "".join(map(write, objects))


@write.register
def _(protein: Protein) -> str:
    sites = frozenset(protein.sites)
    spell = RESIDUE_SMILES if protein.level == "expanded" else {}
    return wrap(
        "protein",
        "".join(wrap("pocket", spell.get(r, r)) if i in sites else r for i, r in enumerate(protein.residues)),
    )


@write.register
def _(antibody: Antibody) -> str:
    text, last = "", 0
    for start, end in antibody.loops:
        text += antibody.residues[last:start] + wrap("cdr", antibody.residues[start:end] or tags.GAP)
        last = end
    return wrap("antibody", text + antibody.residues[last:])


@write.register
def _(molecule: Molecule) -> str:
    return wrap("molecule", molecule.smiles)


@write.register
def _(material: Material) -> str:
    net = wrap("net", material.net) if material.net else ""
    return wrap("material", "".join(wrap("metal", n) for n in material.nodes) + write_all(material.linkers) + net)


@write.register
def _(located: Located) -> str:
    return write_all(located.chains) + tags.SEARCH + write_all(located.marked)


@write.register
def _(transform: Transform) -> str:
    return write_all(transform.marked) + tags.TRANS + write_all(transform.expanded)


@write.register
def _(bound: Complex) -> str:
    return write_all(bound.chains) + write(bound.ligand)


@write.register
def _(reaction: Reaction) -> str:
    return write_all(reaction.reactants) + tags.REACT + write_all(reaction.products)


@write.register
def _(retro: Retro) -> str:
    return write(retro.product) + tags.REVERSE_REACT + write_all(retro.reactants)


@write.register
def _(design: Design) -> str:
    return write_all(design.antigens) + write_all(design.gapped) + tags.DESIGN + write_all(design.filled)


@write.register
def _(edit: Edit) -> str:
    return write(edit.parent) + tags.EDIT + write(edit.variant)
