"""What an object refuses, what it makes even, and sentences that hold what their form says."""

import pytest
from hypothesis import given, settings

from scilogos.errors import ObjectError
from scilogos.grammar import (
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
    Transform,
    parse,
    write,
)
from scilogos.grammar.residues import RESIDUE_SMILES
from tests.strategies import antibodies

PLAIN, MARKED, EXPANDED = Protein("MK"), Protein("MK", (1,)), Protein("MK", (1,), "expanded")
PLAIN_AB, GAPS, FILLED = Antibody("EV"), Antibody("EV", ((1, 1),)), Antibody("EV", ((0, 1),))
CARBON = Molecule("C")


def test_a_protein_without_a_site_is_plain():
    assert Protein("MK", level="expanded") == Protein("MK", level="plain") == Protein("MK", (1,), "plain") == PLAIN
    assert Protein("MK", [1, 0, 1]) == Protein("MK", (0, 1))
    assert Protein("XK", (0,), "expanded") == Protein("XK", (0,), "marked")
    assert write(Protein("XK", (0, 1), "expanded")).count(RESIDUE_SMILES["K"]) == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Protein(""), "at least one residue"),
        (lambda: Protein("MBK"), "residue 2 is 'B'"),
        (lambda: Protein("mk"), "residue 1 is 'm'"),
        (lambda: Protein("MK", (2,)), "site 2 lies outside a chain of 2"),
        (lambda: Protein("MK", (-1, 0)), "site -1 lies outside"),
        (lambda: Protein("MK", (0,), "Marked"), "level is 'Marked'"),
        (lambda: Antibody(""), "at least one residue"),
        (lambda: Antibody("EJ"), "residue 2 is 'J'"),
        (lambda: Antibody("EV", ((1, 3),)), "within 2 residues"),
        (lambda: Antibody("EVQ", ((1, 2), (0, 1))), "in order"),
        (lambda: Antibody("EVQ", ((0, 2), (1, 3))), "apart"),
        (lambda: Antibody("EVQ", ((0, 0), (1, 2))), "cannot stand in one"),
        (lambda: Molecule(""), "molecule ''"),
        (lambda: Molecule("C1CC"), "ring bond 1"),
        (lambda: Molecule("C<MoleculeE>"), "position 1"),
        (lambda: Material((), (CARBON,)), "at least one node"),
        (lambda: Material(("[Zn]",), ()), "one linker"),
        (lambda: Material(("Zn",), (CARBON,)), "node fragment 'Zn'"),
        (lambda: Material(("[Zn]",), ("C",)), "expected a Molecule"),
        (lambda: Material(("[Zn]",), (CARBON,), ""), "RCSR code"),
        (lambda: Material(("[Zn]",), (CARBON,), "PCU"), "RCSR code"),
    ],
)
def test_what_an_object_refuses(make, message):
    with pytest.raises(ObjectError) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Located((MARKED,), (MARKED,)), "located, chains: found marked; expected chain"),
        (lambda: Located((PLAIN,), (EXPANDED,)), "located, marked: found expanded; expected marked"),
        (lambda: Located((), (MARKED,)), "found <Search>; expected chain"),
        (lambda: Located((PLAIN,), ()), "located, marked: expected marked"),
        (lambda: Transform((EXPANDED,), (EXPANDED,)), "transform, marked: found expanded"),
        (lambda: Complex((MARKED, EXPANDED), CARBON), "complex, chains: found expanded; expected marked or molecule"),
        (lambda: Complex((MARKED,), MARKED), "complex, ligand: expected marked or molecule"),
        (lambda: Reaction((CARBON,), ()), "reaction, products: expected molecule"),
        (lambda: Reaction(("C",), (CARBON,)), "reaction, reactants: found str"),
        (lambda: Retro((CARBON,), (CARBON,)), "retro, product: found tuple; expected molecule"),
        (lambda: Design((EXPANDED,), (GAPS,), (FILLED,)), "design, antigens: found expanded"),
        (lambda: Design((), (FILLED,), (FILLED,)), "design, gapped: found filled"),
        (lambda: Design((), (GAPS,), (GAPS,)), "design, filled: found gapped"),
        (lambda: Edit(PLAIN, MARKED), "edit, variant: found marked; expected chain"),
    ],
)
def test_a_sentence_holds_what_its_form_says(make, message):
    with pytest.raises(ObjectError) as caught:
        make()
    assert message in str(caught.value)


def test_lists_become_tuples_and_a_lone_object_a_tuple_of_one():
    assert Located([PLAIN], MARKED) == Located((PLAIN,), (MARKED,))
    assert hash(Reaction([CARBON], [CARBON])) == hash(Reaction((CARBON,), (CARBON,)))
    material = Material(["[Zn]"], [CARBON])
    assert parse(write(material)) == material and hash(material)


@settings(max_examples=100, deadline=None)
@given(antibodies("filled"))
def test_an_opened_antibody_keeps_its_framework(filled):
    opened = filled.opened()
    loops = sum(end - start for start, end in filled.loops)
    assert opened.gapped and not filled.gapped and len(opened.loops) == len(filled.loops)
    assert len(opened.residues) == len(filled.residues) - loops
    assert parse(write(opened)) == opened
    refilled, shift = opened.residues, 0
    for (at, _), (start, end) in zip(opened.loops, filled.loops, strict=True):
        refilled = refilled[: at + shift] + filled.residues[start:end] + refilled[at + shift :]
        shift += end - start
    assert refilled == filled.residues
    assert Design((), (opened,), (filled,)) and PLAIN_AB.opened() == PLAIN_AB


def test_write_refuses_what_is_no_sentence():
    with pytest.raises(TypeError, match="cannot write a str"):
        write("C")
