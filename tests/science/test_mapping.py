"""Atom maps made for reactions without: what holds for any pair of molecules, and how often they are the true ones."""

import csv
import gzip
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from scilogos.errors import InputError
from scilogos.science import canonical, mapped, reaction_writings
from tests.grammar.drugs import DRUGS

SMILES = st.sampled_from(sorted(DRUGS.values()))


def elements_by_map(text: str) -> list[tuple[int, str]]:
    mol = Chem.MolFromSmiles(text)
    return [(atom.GetAtomMapNum(), atom.GetSymbol()) for atom in mol.GetAtoms() if atom.GetAtomMapNum()]


def sides(reaction: str) -> tuple[str, str]:
    left, _, right = reaction.split(">")
    return left, right


@given(st.lists(SMILES, min_size=1, max_size=2), SMILES)
def test_each_atom_is_mapped_at_most_once_to_its_element(reactants, product):
    left, right = sides(mapped(".".join(reactants), product))
    before, after = elements_by_map(left), elements_by_map(right)
    assert Counter(before) == Counter(after)
    assert len({number for number, _ in after}) == len(after)
    assert (canonical(left), canonical(right)) == (canonical(".".join(reactants)), canonical(product))


@given(SMILES, st.randoms(use_true_random=False))
def test_a_molecule_becomes_itself(smiles, rng):
    mol = Chem.MolFromSmiles(smiles)
    order = rng.sample(range(mol.GetNumAtoms()), mol.GetNumAtoms())
    left, right = sides(mapped(Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False), smiles))
    assert len(elements_by_map(right)) == mol.GetNumAtoms()
    bonds = [
        {
            (frozenset((bond.GetBeginAtom().GetAtomMapNum(), bond.GetEndAtom().GetAtomMapNum())), bond.GetBondType())
            for bond in Chem.MolFromSmiles(text).GetBonds()
        }
        for text in (left, right)
    ]
    assert bonds[0] == bonds[1]


def test_an_amide_takes_its_oxygen_from_the_acid():
    left, right = sides(mapped("CC(=O)O.Nc1ccccc1", "CC(=O)Nc1ccccc1"))
    assert len(elements_by_map(right)) == 10
    assert sorted(symbol for _, symbol in elements_by_map(left)) == sorted("CCONCCCCCC")
    writings = reaction_writings(f"{left}>>{right}", random.Random(0), 1)
    assert writings == [("CC(=O)Nc1ccccc1", ("CC(=O)O", "Nc1ccccc1"))]


def test_whole_maps_are_kept_and_others_made_anew():
    kept = "[CH3:7][CH2:9][Br:1].[OH-:4]", "[CH3:7][CH2:9][OH:4]"
    assert dict(elements_by_map(sides(mapped(*kept))[1])) == {7: "C", 9: "C", 4: "O"}
    for reactants, product in (
        ("[CH3:7][CH2:9]Br.[OH-:4]", "[CH3:7][CH2:9]O"),  # an atom without a map
        ("[CH3:7][CH2:9]Br.[OH-]", "[CH3:7][CH2:9][OH:4]"),  # a map that no reactant has
        ("[CH3:7][CH2:9]Br.[OH-:4]", "[CH3:4][CH2:9][OH:7]"),  # of another element
        ("[CH3:7][CH2:9]Br.[OH-:4].[CH4:7]", "[CH3:7][CH2:9][OH:4]"),  # one number, two reactant atoms
    ):
        assert mapped(reactants, product) == mapped(canonical(reactants), "CCO")


def test_the_same_text_gives_the_same_maps():
    assert mapped("OCC.CC(=O)Cl", "CCOC(C)=O") == mapped("CCO.CC(=O)Cl", "C(C)OC(C)=O")


@pytest.mark.parametrize("sides", [("CC(", "C"), ("C", ""), ("C", "C1CC")])
def test_what_rdkit_refuses(sides):
    with pytest.raises(InputError, match="SMILES"):
        mapped(*sides)


def test_made_maps_write_real_reactions_as_true_ones_do(data):
    """Of a hundred reactions the reactants that share atoms are the same in nearly all."""
    with gzip.open(data / "chem" / "uspto50k_mapped.csv.gz", "rt") as stream:
        rows = [row["rxn_mapped"] for row in csv.DictReader(stream)]
    found = []
    for true in random.Random(5).sample(rows, 100):
        made = mapped(*map(canonical, sides(true)))
        first, second = (reaction_writings(text, random.Random(0), 1)[0][1] for text in (true, made))
        found.append(sorted(map(canonical, first)) == sorted(map(canonical, second)))
    assert sum(found) >= 97
