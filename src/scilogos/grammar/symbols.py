"""Text -> typed symbols. The tags around a payload say what its letters are: C the cysteine or C the carbon.

A bracket atom is one symbol if it is in `whole` (a vocabulary's own bracket atoms), else spelled by characters.
"""

import re
from collections.abc import Set
from typing import Literal, NamedTuple

from scilogos.errors import ParseError
from scilogos.grammar import smiles as smiles_syntax
from scilogos.grammar import tags

Kind = Literal["tag", "residue", "smiles", "spell", "net"]


class Symbol(NamedTuple):
    """One typed piece of text."""

    kind: Kind
    text: str


# What a payload is, by the tag before it.
CONTEXTS: dict[str, Kind] = {
    tags.PROTEIN_S: "residue",
    tags.ANTIBODY_S: "residue",
    tags.CDR_S: "residue",
    tags.CDR_E: "residue",
    tags.POCKET_E: "residue",
    tags.MOLECULE_S: "smiles",
    tags.METAL_S: "smiles",
    tags.NET_S: "net",
}
_TAG = re.compile("|".join(map(re.escape, tags.TAGS)))


def spell(bracket_atom: str) -> list[Symbol]:
    """Spell a bracket atom character by character."""
    return [Symbol("spell", character) for character in bracket_atom]


def smiles_symbols(smiles: str, whole: Set[str]) -> list[Symbol]:
    """Cut a SMILES into symbols."""
    found: list[Symbol] = []
    for text in smiles_syntax.cut(smiles):
        if text[0] == "[" and text not in whole:
            found += spell(text)
        else:
            found.append(Symbol("smiles", text))
    return found


def symbols(text: str, whole: Set[str]) -> list[Symbol]:
    """Cut a sentence, or the beginning of one that ends at a symbol's end, into typed symbols.

    Raises ParseError where a character belongs to no symbol; whether the order makes a sentence is not asked here.
    """
    found: list[Symbol] = []
    position, kind = 0, None
    while position < len(text):
        tag = _TAG.match(text, position)
        if tag:
            found.append(Symbol("tag", tag[0]))
            # Between Pocket tags a lone letter is a residue, anything longer a SMILES.
            after = text[tag.end() : tag.end() + 2]
            pocket = "residue" if len(after) < 2 or after[1] == "<" else "smiles"
            kind = pocket if tag[0] == tags.POCKET_S else CONTEXTS.get(tag[0])
            position = tag.end()
            continue
        end = text.find("<", position)
        payload = text[position : end if end >= 0 else len(text)]
        if kind is None or not payload:
            raise ParseError(text, position, "a tag")
        try:
            found += smiles_symbols(payload, whole) if kind == "smiles" else [Symbol(kind, c) for c in payload]
        except ParseError as error:
            raise ParseError(text, position + error.position, error.expected) from None
        position += len(payload)
    return found
