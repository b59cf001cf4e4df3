"""The bracket atom, character by character."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem, rdBase

from scilogos.grammar.bracket import PARTS, START, advance, is_bracket_atom, sound_length
from scilogos.tokens.vocabulary import BRACKET_ATOMS
from tests.strategies import RARE_BRACKET_ATOMS, bracket_atoms

SOUND = (
    "[C] [CH4] [13CH3-] [C@@H] [nH] [se] [te] [si] [as] [*] [2H+] [H] [H+] [Na+] [Fe+3] [Fe++] [O--] [Cu+2:3] [CH2:0] "
    "[Co@OH24+2] [Pt@SP3] [As@TB15] [C@AL1] [C@TH2H] [Og] [Hs] [Ho] [Sc] [Cn] [Nb] [Os] [Pb] [12*H2-:999] [U+15] [bH-]"
).split()
UNSOUND = (
    "[] [Xx] [C [nH C] [[C] [C]] [c@@@] [HC] [C+-] [C-1+] [C@3] [13] [+] [:1] [CH:] [n H] [na] [cl] [Ch] [H3C] [Fe+++] "
    "[013C] [C:001] [C@H1@]"
).split()
# RDKit reads these and never writes them; the language does without.
ONLY_RDKIT = "[0C] [C+0] [#6] [CH10] [C+16] [C:1000]".split()


@pytest.mark.parametrize("text", (*SOUND, *RARE_BRACKET_ATOMS, *BRACKET_ATOMS))
def test_sound_atoms_are_read_and_rdkit_agrees(text):
    assert is_bracket_atom(text)
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(text, sanitize=False)
    assert molecule is not None and molecule.GetNumAtoms() == 1


@pytest.mark.parametrize("text", UNSOUND)
def test_unsound_atoms_are_refused_and_rdkit_agrees(text):
    assert not is_bracket_atom(text)
    with rdBase.BlockLogs():
        assert Chem.MolFromSmiles(text, sanitize=False) is None


@pytest.mark.parametrize("text", ONLY_RDKIT)
def test_other_spellings_are_refused(text):
    assert not is_bracket_atom(text)
    assert Chem.MolFromSmiles(text, sanitize=False) is not None


@settings(max_examples=200, deadline=None)
@given(bracket_atoms())
def test_every_prefix_of_an_atom_is_walked_and_only_the_whole_is_an_atom(text):
    position = START
    for n, character in enumerate(text, 1):
        position = advance(position, character)
        assert position is not None
        assert is_bracket_atom(text[:n]) == (n == len(text))
    assert advance(position, "]") is None


@settings(max_examples=300, deadline=None)
@given(st.text("[]CHSconlaeg@+-:0123459ATBPOL*", min_size=1, max_size=9), st.booleans())
def test_what_is_walked_is_the_beginning_of_an_atom(text, opened):
    """Complete a walked text from the table of parts: there is always a way."""
    text = "[" + text if opened else text
    beginning = text[: sound_length(text)]
    position = START
    for character in beginning:
        position = advance(position, character)
    part, read = max(position)
    rest = ""
    while part < len(PARTS):
        rest += min((t for t in PARTS[part][1] if t.startswith(read)), key=len)[len(read) :]
        part, read = part + 1, ""
        while part < len(PARTS) and PARTS[part][0]:
            part += 1
    assert is_bracket_atom(beginning + rest), (beginning, rest)
    if len(beginning) < len(text):
        assert not is_bracket_atom(text)
