"""The language: objects and sentences, written, parsed, split into prompt and answer, and read symbol by symbol.

Standard library only. The table of sentence forms is in `forms.py`, the tags in `tags.py`, the nouns in `objects.py`.
"""

from scilogos.grammar.automaton import Automaton, State
from scilogos.grammar.forms import split
from scilogos.grammar.objects import (
    Antibody,
    Complex,
    Design,
    Edit,
    Level,
    Located,
    Material,
    Molecule,
    Object,
    Protein,
    Reaction,
    Retro,
    Sentence,
    Transform,
)
from scilogos.grammar.parser import parse
from scilogos.grammar.symbols import Symbol, symbols
from scilogos.grammar.writer import write

__all__ = [
    "Antibody",
    "Automaton",
    "Complex",
    "Design",
    "Edit",
    "Level",
    "Located",
    "Material",
    "Molecule",
    "Object",
    "Protein",
    "Reaction",
    "Retro",
    "Sentence",
    "State",
    "Symbol",
    "Transform",
    "parse",
    "split",
    "symbols",
    "write",
]
