"""The syntax of a SMILES and of its beginnings, against two readers that are not ours."""

import random

import partialsmiles
import pytest
from hypothesis import given, settings
from rdkit import Chem, rdBase

from scilogos.errors import ParseError
from scilogos.grammar import smiles as smiles_syntax
from scilogos.grammar.residues import RESIDUE_SMILES
from tests.grammar.drugs import DRUGS
from tests.strategies import smiles

# OpenSMILES allows these rings and dots; RDKit never writes them and the language has one way less to say a thing.
# The last five are RDKit's own additions to SMILES.
ONLY_RDKIT = "C(C)1CC1 C(C.C) CC(=O)([O-].[Na+]) C%(10)CC%(10) C->[Cu] [Cu]<-N C~C C[#6]".split()
MALFORMED = (
    "", "=C", "C=", "C==C", "C(", "C)", "C()", "(C)", "C((C))", "C(=)C", "C1CC", "C.", ".C", "C..C", "C%1CC%1",
    "C%01CC%01", "C(1CC1)", "1CC1", "C.=C", "C[", "C]", "Q", "C C", "C>C", "Cl2l", "[C]]", "C-(C)", "C(C))", "Si",
    "C(C", "CC1CC2",
)  # fmt: skip
REAL = [*DRUGS.values(), *RESIDUE_SMILES.values(), "C%10CC%11CCC%10CC%11", "C0CC0.C1.C1"]
_TOLERATED = 4 | 16 | 64  # partialsmiles: a last branch in parentheses, dots with open rings, aromatic bond symbols
_NOT_SYNTAX = (
    "Cannot have a bond opening and closing on the same atom",
    "Cannot have a second bond between the same atoms",
    "Inconsistent bond orders",
)


def ours(text: str) -> bool:
    try:
        smiles_syntax.check(text)
    except ParseError as error:
        assert 0 <= error.position <= len(text) and error.expected
        return False
    return True


def begins(text: str) -> bool:
    try:
        cut = smiles_syntax.cut(text)
    except ParseError:
        return False
    prefix = smiles_syntax.START
    for symbol in cut:
        prefix = prefix.step(symbol) if prefix else None
    return prefix is not None


def objection(text: str, partial: bool = False) -> str:
    """What partialsmiles has against the syntax, if anything; it looks at valences and aromaticity only after that."""
    try:
        partialsmiles.ParseSmiles(text, partial=partial, rulesToIgnore=_TOLERATED)
    except partialsmiles.SMILESSyntaxError as error:
        return error.message
    except (partialsmiles.ValenceError, partialsmiles.KekulizationFailure):
        return ""
    except (KeyError, IndexError, AttributeError) as error:  # its own slips on strange input
        return f"slip {error!r}"
    return ""


def rdkit_reads(text: str) -> bool:
    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(text, sanitize=False) is not None


@settings(max_examples=150, deadline=None)
@given(smiles())
def test_sound_smiles_pass_and_join_again(text):
    assert ours(text)
    assert "".join(smiles_syntax.cut(text)) == text


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_smiles_are_refused(text):
    assert not ours(text)


@pytest.mark.parametrize("text", ONLY_RDKIT)
def test_what_the_language_leaves_out(text):
    assert not ours(text)
    assert rdkit_reads(text)


@pytest.mark.parametrize("text", REAL)
def test_real_molecules_and_all_their_beginnings(text):
    assert ours(text)
    symbols = smiles_syntax.cut(text)
    for n in range(1, len(symbols) + 1):
        beginning = "".join(symbols[:n])
        assert begins(beginning)
        assert not objection(beginning, partial=True)


@pytest.mark.parametrize("name", DRUGS)
def test_whatever_rdkit_writes_passes(name):
    molecule = Chem.MolFromSmiles(DRUGS[name])
    explicit = Chem.AddHs(molecule)
    explicit.GetAtomWithIdx(0).SetAtomMapNum(42)
    explicit.GetAtomWithIdx(0).SetIsotope(13)
    kekule = Chem.Mol(molecule)
    Chem.Kekulize(kekule, clearAromaticFlags=True)
    for m in (molecule, explicit, kekule):
        assert ours(Chem.MolToSmiles(m))
        assert ours(Chem.MolToSmiles(m, allBondsExplicit=True, allHsExplicit=True))
        assert all(ours(Chem.MolToSmiles(m, doRandom=True)) for _ in range(3))


def test_what_others_accept_after_damage_we_accept():
    """Real molecules with a few characters changed; `%0n` and `[0C]` are left out by design."""
    rng, accepted, both_refused = random.Random(3), 0, 0
    for _ in range(6000):
        text = rng.choice(list(DRUGS.values()))
        for _ in range(rng.randint(1, 3)):
            i = rng.randrange(len(text) + 1)
            grown = text[:i] + rng.choice("CNOcn()[]=#-/.123%+@HlB") + text[i:]
            text = rng.choice((grown, text[:i] + text[i + 1 :], text[:i]))
        if any(only in text for only in ("%0", "[0")) or not text:
            continue
        they = objection(text)
        if not they and not ours(text):  # [co+], [na]: an element in small letters
            assert "[" in text and not rdkit_reads(text), text
        if they and ours(text):
            assert they in _NOT_SYNTAX or "[se]" in text, (text, they)
        accepted += not they
        both_refused += bool(they) and not ours(text)
    assert accepted > 1000 and both_refused > 1000
