from rdkit import Chem

from scilogos.grammar.objects import RESIDUES
from scilogos.grammar.residues import RESIDUE_SMILES
from scilogos.science import canonical


def test_table_is_canonical_and_whole():
    assert set(RESIDUE_SMILES) == set(RESIDUES)
    assert {letter: canonical(text) for letter, text in RESIDUE_SMILES.items()} == RESIDUE_SMILES


def test_table_is_the_l_form_as_rdkit_builds_it_from_sequence():
    for letter, text in RESIDUE_SMILES.items():
        assert Chem.MolToSmiles(Chem.MolFromSequence(letter)) == text
