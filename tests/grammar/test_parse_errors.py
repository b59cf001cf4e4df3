"""A malformed text says where it goes wrong and what was expected there."""

import pickle

import pytest

from scilogos.errors import ParseError
from scilogos.grammar import parse

MOLECULE = "<MoleculeS>C<MoleculeE>"
# The bar marks the position of the error.
MALFORMED = [
    ("|", "<AntibodyS> or <MaterialS> or <MoleculeS> or <ProteinS>"),
    ("|MKV", "<AntibodyS> or <MaterialS> or <MoleculeS> or <ProteinS>"),
    ("<ProteinS>|<ProteinE>", "a residue letter, <PocketS>"),
    ("<ProteinS>MK|B<ProteinE>", "a residue letter, <PocketS> or <ProteinE>"),
    ("<ProteinS>MK|", "a residue letter, <PocketS> or <ProteinE>"),
    ("<ProteinS>M<PocketS>|KL<PocketE><ProteinE>", "a residue letter or the SMILES of a residue"),
    ("<ProteinS>M<PocketS>K|<ProteinE>", "<PocketE>"),
    ("<ProteinS><PocketS>K<PocketE><PocketS>|NCC(=O)O<PocketE><ProteinE>", "a residue letter"),
    ("<ProteinS><PocketS>NCC(=O)O<PocketE><PocketS>|K<PocketE><ProteinE>", "the SMILES of a residue"),
    ("<MoleculeS>|<MoleculeE>", "an atom"),
    ("<MoleculeS>C1CC|<MoleculeE>", "ring bond 1 to be closed"),
    ("<MoleculeS>CC(C|<MoleculeE>", ")"),
    ("<MoleculeS>CC(|)C<MoleculeE>", "an atom or a bond"),
    ("<MoleculeS>C=|=C<MoleculeE>", "an atom or a ring number"),
    ("<MoleculeS>C[X|x]C<MoleculeE>", "a bracket atom"),
    ("<MoleculeS>C|[nH<MoleculeE>", "a SMILES symbol"),
    ("<MoleculeS>CC.|<MoleculeE>", "an atom"),
    ("<MoleculeS>C|Q", "a SMILES symbol"),
    ("<MoleculeS>C|<ProteinE>", "<MoleculeE>"),
    (f"{MOLECULE}|junk", "<MoleculeS> or <React> or <ReverseReact> or the end"),
    (f"{MOLECULE}<React>|", "<MoleculeS>"),
    (f"{MOLECULE}{MOLECULE}|", "<MoleculeS> or <React>"),
    (f"{MOLECULE}{MOLECULE}|<ReverseReact>{MOLECULE}", "<MoleculeS> or <React>"),
    (f"<ProteinS>M<ProteinE>{MOLECULE}|{MOLECULE}", "the end"),
    ("<ProteinS>M<ProteinE><Edit>|<ProteinS><PocketS>M<PocketE><ProteinE>", "chain"),
    ("<AntibodyS>A<CdrS>|<CdrE><AntibodyE>", "a residue letter or <Gap>"),
    ("<AntibodyS>A<CdrS><Gap><CdrE><CdrS>|A<CdrE><AntibodyE>", "<Gap>"),
    ("<AntibodyS>A<CdrS>A<CdrE><CdrS>|<Gap><CdrE><AntibodyE>", "a residue letter"),
    ("<MaterialS>|<MoleculeS>C<MoleculeE><MaterialE>", "<MetalS>"),
    ("<MaterialS><MetalS>[Zn]<MetalE>|<MaterialE>", "<MoleculeS>"),
    (f"<MaterialS><MetalS>[Zn]<MetalE>{MOLECULE}<NetS>|<NetE><MaterialE>", "the code of a net, such as pcu"),
    (f"<MaterialS><MetalS>[Zn]<MetalE>{MOLECULE}<NetS>pc|U<NetE><MaterialE>", "<NetE>"),
]


@pytest.mark.parametrize(("marked", "expected"), MALFORMED, ids=[marked for marked, _ in MALFORMED])
def test_position_and_expectation(marked, expected):
    position, text = marked.index("|"), marked.replace("|", "")
    with pytest.raises(ParseError) as caught:
        parse(text)
    error = caught.value
    assert error.position == position
    assert expected in error.expected
    assert str(error) == f"position {position}: found {error.found!r}, expected {error.expected}"


def test_an_error_survives_pickling():
    with pytest.raises(ParseError) as caught:
        parse("<ProteinS>B")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.text, copy.position, copy.expected, copy.found) == ("<ProteinS>B", 10, caught.value.expected, "B")
