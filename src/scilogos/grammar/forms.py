"""The table of sentence forms, and what follows from it: which objects may come next, and where a prompt ends.

A rule is read left to right: an object kind (several joined by `|`), a `+` or `*` behind it, or a joint tag. A position
in the table is a set of (form, rule, index) items, advanced by one object or joint at a time; parser and automaton
share it.
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from scilogos.grammar import tags

KINDS = {  # object kind -> its opening tag
    "chain": tags.PROTEIN_S,
    "marked": tags.PROTEIN_S,
    "expanded": tags.PROTEIN_S,
    "molecule": tags.MOLECULE_S,
    "antibody": tags.ANTIBODY_S,
    "gapped": tags.ANTIBODY_S,
    "filled": tags.ANTIBODY_S,
    "material": tags.MATERIAL_S,
}


class Form(NamedTuple):
    """One row of the table: the rules (alternatives) and the joint that ends the prompt."""

    rules: tuple[str, ...]
    joint: str | None = None


FORMS = {
    "protein": Form(("chain", "marked", "expanded")),
    "antibody": Form(("antibody", "gapped", "filled")),
    "molecule": Form(("molecule",)),
    "material": Form(("material",)),
    "transform": Form((f"marked+ {tags.TRANS} expanded+",), tags.TRANS),
    "located": Form((f"chain+ {tags.SEARCH} marked+",), tags.SEARCH),
    # The prompt of a complex ends before its last <MoleculeS>: the molecule is the whole answer.
    "complex": Form(("chain+ molecule", "marked+ molecule", "expanded+ molecule")),
    "reaction": Form((f"molecule+ {tags.REACT} molecule+",), tags.REACT),
    "retro": Form((f"molecule {tags.REVERSE_REACT} molecule+",), tags.REVERSE_REACT),
    "design": Form((f"chain|marked* antibody|gapped+ {tags.DESIGN} antibody|filled+",), tags.DESIGN),
    "edit": Form((f"chain {tags.EDIT} chain",), tags.EDIT),
}

JOINTS = {form.joint: name for name, form in FORMS.items() if form.joint}


class Element(NamedTuple):
    """One place of a rule: the kinds (or the one tag) that may stand there, and how often."""

    kinds: frozenset[str]
    repeat: str  # "", "+" or "*"


@cache
def _elements(rule: str) -> tuple[Element, ...]:
    places = ((word, word.rstrip("+*")) for word in rule.split())
    return tuple(Element(frozenset(place.split("|")), word[len(place) :]) for word, place in places)


Item = tuple[str, str, int]  # form name, rule, index of the next element
Position = frozenset[Item]


def _open(item: Item) -> Iterable[Item]:
    """The item, and those reached by leaving out what may be left out."""
    name, rule, index = item
    yield item
    elements = _elements(rule)
    while index < len(elements) and elements[index].repeat == "*":
        index += 1
        yield name, rule, index


START: Position = frozenset(
    item for name, form in FORMS.items() for rule in form.rules for item in _open((name, rule, 0))
)


@cache
def advance(position: Position, matched: frozenset[str]) -> Position:
    """Read one object that is of all the `matched` kinds (or one joint tag); empty when no form goes on so."""
    after: set[Item] = set()
    for name, rule, index in position:
        elements = _elements(rule)
        if index < len(elements) and elements[index].kinds & matched:
            if elements[index].repeat:
                after.add((name, rule, index))
            after.update(_open((name, rule, index + 1)))
    return frozenset(after)


@cache
def expected(position: Position) -> frozenset[str]:
    """The kinds and joints that may come next."""
    return frozenset(
        kind for _, rule, index in position if index < len(_elements(rule)) for kind in _elements(rule)[index].kinds
    )


@cache
def completed(position: Position) -> str | None:
    """The form whose sentence may end here, if any; one text is never of two forms."""
    names = {name for name, rule, index in position if index == len(_elements(rule))}
    return min(names) if names else None


def split(text: str) -> tuple[str, str]:
    """Split a sentence into its prompt (joint included) and its answer.

    >>> split("<MoleculeS>CCO<MoleculeE><ReverseReact><MoleculeS>C=C<MoleculeE>")
    ('<MoleculeS>CCO<MoleculeE><ReverseReact>', '<MoleculeS>C=C<MoleculeE>')
    """
    for joint in JOINTS:
        at = text.find(joint)
        if at >= 0:
            return text[: at + len(joint)], text[at + len(joint) :]
    at = text.rfind(tags.MOLECULE_S) if text.startswith(tags.PROTEIN_S) else 0
    return text[: max(at, 0)], text[max(at, 0) :]
