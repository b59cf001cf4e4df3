"""A constraint as a regular expression over the texts of tokens: what a structured-output grammar can carry of it.

Copies, loops, substituted letters, known nodes and given linkers are carried whole. Of a SMILES the order of atoms,
bonds and ring numbers is carried; that branches and rings close, valences, and counts over the whole answer are not.
No legal answer is shut out, but that explicit hydrogens count as atoms where atoms are bounded.
"""

from collections.abc import Iterable, Sequence

from scilogos.grammar import tags
from scilogos.grammar.atoms import atom
from scilogos.grammar.constraints import (
    Bounds,
    Constraint,
    FilledLoops,
    MarkedCopy,
    Materials,
    Molecules,
    Substitutions,
)
from scilogos.grammar.objects import NET_CHARACTERS, RESIDUES
from scilogos.grammar.smiles import BONDS, ORGANIC
from scilogos.grammar.symbols import Kind, Symbol, smiles_symbols
from scilogos.tokens import GrownVocabulary, Vocabulary
from scilogos.tokens.export import piece

_RING = "(?:%[1-9][0-9]|[0-9])"
_LONGEST_NET = 12


class Expressions:
    """Write constraints for one vocabulary: in the from-scratch one a letter stands behind the mark of its kind."""

    def __init__(self, vocabulary: Vocabulary | GrownVocabulary) -> None:
        self.marked = isinstance(vocabulary, Vocabulary)
        self.alphabet = vocabulary if isinstance(vocabulary, Vocabulary) else vocabulary.alphabet

    def write(self, constraint: Constraint, begun: str = "") -> str | None:
        """The expression of the answers of a constraint, or of what follows `begun`; None where nothing is carried."""
        match constraint:
            case Materials():
                return self._materials(constraint, begun.count(tags.METAL_S), bool(begun))
            case _ if begun:
                return None
            case MarkedCopy(chains=chains):
                return "".join(map(self._marked, chains))
            case FilledLoops():
                return self._loops(constraint)
            case Substitutions(parent=parent):
                letters = (parent[i] + constraint.letters(i) for i in range(len(parent)))
                return tags.PROTEIN_S + "".join(map(self._residue, letters)) + tags.PROTEIN_E
            case Molecules(least=least, most=most, bounds=bounds):
                return _times(self._molecule(bounds), least, most)
        return None

    def _residue(self, letters: str) -> str:
        return self._one("residue", letters)

    def _one(self, kind: Kind, characters: Iterable[str]) -> str:
        characters = "".join(characters)
        listed = characters if len(characters) == 1 else f"[{characters}]"
        return self._text(Symbol(kind, "")) + listed

    def _text(self, symbol: Symbol) -> str:
        return _escaped(piece(*symbol) if self.marked else symbol.text)

    def _literal(self, cut: Sequence[Symbol]) -> str:
        return "".join(map(self._text, cut))

    def _marked(self, chain: str) -> str:
        own = (self._residue(letter) for letter in chain)
        copied = "".join(f"(?:{one}|{tags.POCKET_S}{one}{tags.POCKET_E})" for one in own)
        return tags.PROTEIN_S + copied + tags.PROTEIN_E

    def _loops(self, rule: FilledLoops) -> str:
        letter = self._residue(RESIDUES)
        return "".join(
            self._text(part) if isinstance(part, Symbol) else _times(letter, *part) for part in rule.template
        )

    def _molecule(self, bounds: Bounds = Bounds()) -> str:
        known = ((text, atom(text)) for text in (*ORGANIC, *sorted(self.alphabet.whole)))
        atoms = [
            text for text, a in known if a and (not bounds.elements or a.element == "H" or a.element in bounds.elements)
        ]
        return tags.MOLECULE_S + _smiles(atoms, "\\.", bounds.most_atoms) + tags.MOLECULE_E

    def _materials(self, rule: Materials, nodes: int, begun: bool) -> str:
        free = [text for text in (*ORGANIC, *sorted(self.alphabet.whole)) if text != "*"]
        known = sorted(rule.writable or ())
        written = _any(self._literal(smiles_symbols(node, rule.whole)) for node in known) if known else _smiles(free)
        node = tags.METAL_S + written + tags.METAL_E
        given = (self._literal(smiles_symbols(linker, rule.whole)) for linker in rule.linkers)
        linkers = "".join(tags.MOLECULE_S + text + tags.MOLECULE_E for text in given)
        more = _times(self._molecule(), 0 if linkers else 1, rule.most_linkers - len(rule.linkers))
        letters = _times(self._one("net", sorted(NET_CHARACTERS)), 1, _LONGEST_NET)
        net = f"(?:{tags.NET_S}{letters}{tags.NET_E})?" if Symbol("tag", tags.NET_S) in self.alphabet.ids else ""
        opening = "" if begun else tags.MATERIAL_S
        return (
            opening + _times(node, max(0, 1 - nodes), rule.most_nodes - nodes) + linkers + more + net + tags.MATERIAL_E
        )


def _smiles(atoms: Sequence[str], dot: str = "", most: int | None = None) -> str:
    """Atoms with their ring numbers, joined by bonds, branches and dots; brackets and rings may stay open."""
    bond = _any(map(_escaped, BONDS))
    unit = f"{_any(map(_escaped, atoms))}(?:{bond}?{_RING})*"
    joint = f"\\)*(?:\\(?{bond}?{'|' + dot if dot else ''})"
    return f"{unit}{_times(joint + unit, 0, None if most is None else most - 1)}\\)*"


def _any(texts: Iterable[str]) -> str:
    return f"(?:{'|'.join(texts)})"


def _times(expression: str, least: int, most: int | None) -> str:
    if most == 0:
        return ""
    return f"(?:{expression}){{{least},{'' if most is None else most}}}" if (least, most) != (1, 1) else expression


def _escaped(text: str) -> str:
    return "".join("\\" + c if c in "\\^$.|?*+()[]{}" else c for c in text)
