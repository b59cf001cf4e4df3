"""Text -> objects and sentences; anything else is a ParseError with the position and what was expected there."""

import re
from collections.abc import Callable

from scilogos.errors import ParseError
from scilogos.grammar import forms, tags
from scilogos.grammar import smiles as smiles_syntax
from scilogos.grammar.objects import (
    NET_CHARACTERS,
    RESIDUES,
    UNKNOWN_RESIDUE,
    Antibody,
    Complex,
    Design,
    Edit,
    Located,
    Material,
    Molecule,
    Object,
    Protein,
    Reaction,
    Retro,
    Sentence,
    Transform,
    kinds,
)
from scilogos.grammar.residues import RESIDUE_SMILES

_RESIDUES = re.compile(f"[{RESIDUES}{UNKNOWN_RESIDUE}]+")
_PAYLOAD = re.compile(r"[^<]*")
_NET = re.compile(f"[{re.escape(NET_CHARACTERS)}]+")
_RESIDUE_OF = {text: letter for letter, text in RESIDUE_SMILES.items()}


class _Reader:
    """A text and how far it has been read."""

    def __init__(self, text: str) -> None:
        self.text, self.position = text, 0

    def at(self, tag: str) -> bool:
        return self.text.startswith(tag, self.position)

    def fail(self, expected: str) -> ParseError:
        return ParseError(self.text, self.position, expected)

    def take(self, tag: str) -> None:
        if not self.at(tag):
            raise self.fail(tag)
        self.position += len(tag)

    def match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.position)
        if not found:
            return ""
        self.position = found.end()
        return found[0]

    def smiles(self) -> str:
        start = self.position
        payload = self.match(_PAYLOAD)
        try:
            smiles_syntax.check(payload)
        except ParseError as error:
            raise ParseError(self.text, start + error.position, error.expected) from None
        return payload


def _protein(reader: _Reader) -> Protein:
    reader.take(tags.PROTEIN_S)
    residues, sites, level = "", [], None
    while not (residues and reader.at(tags.PROTEIN_E)):
        if reader.at(tags.POCKET_S):
            reader.take(tags.POCKET_S)
            start, payload = reader.position, reader.match(_PAYLOAD)
            if len(payload) == 1 and _RESIDUES.match(payload):
                letter, this = payload, None if payload == UNKNOWN_RESIDUE else "marked"
            else:
                letter, this = _RESIDUE_OF.get(payload, ""), "expanded"
            if not letter or (level and this and this != level):
                reader.position = start
                what = {"marked": "a residue letter", "expanded": "the SMILES of a residue"}
                raise reader.fail(what[level] if level else " or ".join(what.values()))
            level = level or this
            sites.append(len(residues))
            residues += letter
            reader.take(tags.POCKET_E)
        else:
            found = reader.match(_RESIDUES)
            if not found:
                raise reader.fail(f"a residue letter, {tags.POCKET_S}" + (f" or {tags.PROTEIN_E}" if residues else ""))
            residues += found
    reader.take(tags.PROTEIN_E)
    return Protein(residues, tuple(sites), level or "marked")


def _antibody(reader: _Reader) -> Antibody:
    reader.take(tags.ANTIBODY_S)
    residues, loops, gapped = "", [], None
    while not ((residues or loops) and reader.at(tags.ANTIBODY_E)):
        if reader.at(tags.CDR_S):
            reader.take(tags.CDR_S)
            start, gap = len(residues), reader.at(tags.GAP)
            if gapped is not None and gap != gapped:
                raise reader.fail(tags.GAP if gapped else "a residue letter")
            gapped = gap
            if gap:
                reader.take(tags.GAP)
            else:
                found = reader.match(_RESIDUES)
                if not found:
                    raise reader.fail(f"a residue letter or {tags.GAP}")
                residues += found
            reader.take(tags.CDR_E)
            loops.append((start, len(residues)))
        else:
            found = reader.match(_RESIDUES)
            if not found:
                ending = f" or {tags.ANTIBODY_E}" if residues or loops else ""
                raise reader.fail(f"a residue letter, {tags.CDR_S}{ending}")
            residues += found
    reader.take(tags.ANTIBODY_E)
    return Antibody(residues, tuple(loops))


def _molecule(reader: _Reader) -> Molecule:
    reader.take(tags.MOLECULE_S)
    molecule = Molecule(reader.smiles())
    reader.take(tags.MOLECULE_E)
    return molecule


def _material(reader: _Reader) -> Material:
    reader.take(tags.MATERIAL_S)
    nodes, linkers, net = [], [], None
    while not nodes or reader.at(tags.METAL_S):
        reader.take(tags.METAL_S)
        nodes.append(reader.smiles())
        reader.take(tags.METAL_E)
    while not linkers or reader.at(tags.MOLECULE_S):
        linkers.append(_molecule(reader))
    if reader.at(tags.NET_S):
        reader.take(tags.NET_S)
        net = reader.match(_NET)
        if not net:
            raise reader.fail("the code of a net, such as pcu")
        reader.take(tags.NET_E)
    reader.take(tags.MATERIAL_E)
    return Material(tuple(nodes), tuple(linkers), net)


_READERS: dict[str, Callable[[_Reader], Object]] = {
    tags.PROTEIN_S: _protein,
    tags.ANTIBODY_S: _antibody,
    tags.MOLECULE_S: _molecule,
    tags.MATERIAL_S: _material,
}


def _describe(position: forms.Position) -> str:
    openings = sorted({forms.KINDS.get(kind, kind) for kind in forms.expected(position)})
    return " or ".join(openings + (["the end"] if forms.completed(position) else []))


def parse(text: str) -> Sentence:
    """Parse one sentence; every valid text gives one object, and writing it gives the text back.

    >>> parse("<MoleculeS>CCO<MoleculeE>")
    Molecule(smiles='CCO')
    """
    reader, position, before, after = _Reader(text), forms.START, [], []
    things: list[Object] = before
    while reader.position < len(text):
        start = reader.position
        openings = {forms.KINDS.get(kind, kind) for kind in forms.expected(position)}
        opening = next((tag for tag in openings if reader.at(tag)), None)
        if opening is None:
            raise reader.fail(_describe(position))
        if opening in forms.JOINTS:
            reader.take(opening)
            position, things = forms.advance(position, frozenset({opening})), after
            continue
        thing = _READERS[opening](reader)
        advanced = forms.advance(position, kinds(thing))
        if not advanced:
            wanted = " or ".join(sorted(forms.expected(position)))
            raise ParseError(text, start, wanted, " or ".join(sorted(kinds(thing))))
        position = advanced
        things.append(thing)
    form = forms.completed(position)
    if form is None:
        raise reader.fail(_describe(position))
    return _BUILD[form](tuple(before), tuple(after))


_BUILD: dict[str, Callable[[tuple, tuple], Sentence]] = {
    **dict.fromkeys(("protein", "antibody", "molecule", "material"), lambda before, after: before[0]),
    "located": Located,
    "transform": Transform,
    "complex": lambda before, after: Complex(before[:-1], before[-1]),
    "reaction": Reaction,
    "retro": lambda before, after: Retro(before[0], after),
    "design": lambda before, after: Design(
        tuple(x for x in before if isinstance(x, Protein)), tuple(x for x in before if isinstance(x, Antibody)), after
    ),
    "edit": lambda before, after: Edit(before[0], after[0]),
}
