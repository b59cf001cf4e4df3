"""SMARTS are read or refused; fragments are written in several ways, with the hydrogens that growth may replace."""

import random

import pytest
from rdkit import Chem

from scilogos.errors import InputError
from scilogos.science import canonical, fragment_writings, named_elements, read_substructure


def test_a_substructure_is_found():
    pyridine = read_substructure("c1ccncc1")
    assert pyridine.within("Cc1ccncc1") and not pyridine.within("c1ccccc1")


@pytest.mark.parametrize("smarts", ["c1cc", "", " ", "[", "hello"])
def test_what_is_no_smarts_is_refused(smarts):
    with pytest.raises(InputError, match="is no SMARTS that RDKit can read"):
        read_substructure(smarts)


@pytest.mark.parametrize(
    ("smarts", "named"),
    [
        ("F", "F"),
        ("[F,Cl,#35]", "Br Cl F"),
        ("[#7]", "N"),
        ("N", ""),  # aromatic nitrogen is none
        ("[Cl;!R]", ""),
        ("CC", ""),
        ("*", ""),
        ("[#1]", ""),
        ("[#999]", ""),
        ("[Se]", ""),
        ("Cn", ""),  # two atoms
        ("Sc", ""),
        ("[Sc]", "Sc"),
    ],
)
def test_elements_are_named_only_where_nothing_else_is_asked(smarts, named):
    assert sorted(named_elements(smarts)) == named.split()


@pytest.mark.parametrize("text", ["F", "[F,Cl,#35]", "[#7]", "I", "[Si]", "[Na]", "[#6]"])
def test_a_named_element_means_what_the_smarts_means(text):
    pattern, named = read_substructure(text), named_elements(text)
    for smiles in ("CF", "c1ccncc1", "CBr", "[Na+].[Cl-]", "C[SiH3]", "c1cc[nH]c1", "FC(F)F", "[O-]I", "O"):
        present = {atom.GetSymbol() for atom in Chem.MolFromSmiles(smiles).GetAtoms()}
        assert not named or pattern.within(smiles) == bool(named & present)


def test_writings_are_the_same_molecule_from_different_atoms():
    found = fragment_writings("Oc1ccc(NC(C)=O)cc1", 4, random.Random(0))
    assert len({fragment.smiles for fragment in found}) == 4 and found[0].smiles == "CC(=O)Nc1ccc(O)cc1"
    assert {canonical(fragment.smiles) for fragment in found} == {found[0].smiles}
    for fragment in found:
        assert sum(atom.hydrogens for atom in fragment.atoms) == 9 and fragment.heavy_atoms == 11
        assert [atom.element for atom in fragment.atoms] == [c.upper() for c in fragment.smiles if c.isalpha()]


def test_stars_say_where_growth_may_begin():
    (fragment,) = fragment_writings("*c1cccc(C(*)*)c1", 1, random.Random(0))
    assert fragment.smiles == "Cc1ccccc1" and sorted(atom.hydrogens for atom in fragment.atoms) == [0] * 5 + [1, 2]
    (fragment,) = fragment_writings("*n1cccc1", 1, random.Random(0))
    assert fragment.smiles == "c1cc[nH]c1" and [atom.hydrogens for atom in fragment.atoms] == [0, 0, 0, 1, 0]


def test_atoms_that_a_double_bond_would_change_are_firm():
    firm = {a.element for a in fragment_writings("CCC(=O)N", 1, random.Random(0))[0].atoms if a.firm}
    assert firm == {"C", "O", "N"}
    ring = fragment_writings("C1CCCCC1", 1, random.Random(0))[0]
    assert sum(atom.firm for atom in ring.atoms) == 1
    assert not any(atom.firm for atom in fragment_writings("OC1CCCC1", 1, random.Random(0))[0].atoms)


@pytest.mark.parametrize(
    ("smiles", "told"),
    [
        ("C.C", "several parts"),
        ("*[C@@H](N)C(=O)O", "stereo where a \\* hangs"),
        ("*/C=C/c1ccccc1", "stereo where a \\* hangs"),
        ("c1cc", "position"),
        ("", "it is empty"),
        ("*", "each \\* must hang on one atom"),
        ("**", "each \\* must hang on one atom"),
        ("*=C", "each \\* must hang on one atom by a single bond"),
        ("C*C", "each \\* must hang on one atom"),
    ],
)
def test_a_fragment_that_is_none_is_refused(smiles, told):
    with pytest.raises(InputError, match=told):
        fragment_writings(smiles, 4, random.Random(0))
