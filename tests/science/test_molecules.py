import csv
import gzip
import json
import random
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scilogos.errors import InputError
from scilogos.grammar.objects import Molecule
from scilogos.science import (
    canonical,
    descriptors,
    element_counts,
    heavy_atoms,
    is_valid,
    largest_fragment,
    neutralised,
    order_reactants,
    randomised,
    rooted,
    roots,
    similarity,
)

DRUGS = [
    "CC(=O)Nc1ccc(O)cc1",
    "C[C@H](N)C(=O)O",
    "C/C=C/C(=O)O",
    "CN1C(=O)C[C@@H]2C[C@H]1c1ccccc12",
    "O=C1[C@@H](NC(=O)Cc2ccccc2)[C@H]2SC(C)(C)[C@@H](C(=O)O)N12",
    "[Na+].[O-]C(=O)c1ccccc1",
    "F[P-](F)(F)(F)(F)F",
    "c1ccc2[nH]ccc2c1",
]


def test_canonical_clears_maps_and_the_stereo_that_only_maps_made():
    assert canonical("[CH3:1][C@H:2]([CH3:3])[OH:4]") == "CC(C)O"
    assert canonical("OC(=O)[C@@H](N)C") == canonical("C[C@H](N)C(O)=O")


def test_dative_bonds_are_written_single_since_the_language_has_no_arrow():
    text = "[O-]C(=O)CN1CC[N]23CC(=O)O[Sb]3(OC(=O)C1)OC(=O)C2"
    want = canonical(text)
    assert ">" not in want and canonical(want) == want
    Molecule(want)
    writings = [
        *roots(text, 6, random.Random(0)),
        rooted(text, 3),
        randomised(text, random.Random(0)),
        neutralised(text),
    ]
    assert not any(">" in writing or "<" in writing for writing in writings)
    assert {canonical(writing) for writing in writings[:-1]} == {want}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("C(C", "position 3"),
        ("CC(C)(C)(C)C", "valence.*position 1"),
        ("OC1cc(Q)1", "position 6.*'Q"),
        ("Clc1cccc1", "kekulize.*position 2"),
        ("C1CC", "ring bond 1"),
        ("CCO ethanol", "position 3"),
        ("", "empty"),
    ],
)
def test_faults_name_reason_and_place(text, reason):
    assert not is_valid(text)
    with pytest.raises(InputError, match=rf"(?is).*{reason}"):
        canonical(text)


def test_is_valid_is_silent(capfd):
    assert is_valid("CCO") and not is_valid("C(C") and not is_valid("c1cccc1")
    assert capfd.readouterr().err == ""


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(DRUGS), st.integers(0, 2**32))
def test_every_writing_is_the_same_molecule(smiles, seed):
    rng, want = random.Random(seed), canonical(smiles)
    assert canonical(randomised(smiles, rng)) == want
    assert canonical(rooted(smiles, rng.randrange(heavy_atoms(smiles)))) == want
    writings = roots(smiles, 5, rng)
    assert writings[0] == want and len(set(writings)) == len(writings) > 1
    assert {canonical(text) for text in writings} == {want}


def test_rooted_starts_there_and_refuses_other_atoms():
    assert rooted("CCO", 2)[0] == "O" and rooted("CCO", 1).startswith("C(")
    with pytest.raises(InputError, match="atoms 0 to 2"):
        rooted("CCO", 3)


def test_roots_of_a_symmetric_molecule_are_as_many_as_there_are():
    assert roots("c1ccccc1", 8, random.Random(0)) == ["c1ccccc1"]


def test_counts_and_order():
    assert element_counts("[2H]C(Cl)(Cl)Br") == {"Br": 1, "C": 1, "Cl": 2}
    assert order_reactants(["CO", "CN", "c1ccccc1"]) == ["c1ccccc1", "CN", "CO"]
    assert largest_fragment("[Na+].CCC(=O)[O-].O") == "CCC(=O)[O-]"


def test_neutralised():
    acid = canonical("OC(=O)c1ccc(C(=O)O)cc1")
    assert neutralised("[O-]C(=O)c1ccc(cc1)C([O-])=O") == neutralised("[O]C(=O)c1ccc(cc1)C(=O)O") == acid
    assert neutralised("CC1=C[N]C=N1") == neutralised("Cc1c[n-]cn1") == "Cc1c[nH]cn1"
    assert neutralised("C[N+](C)(C)C") == "C[N+](C)(C)C"


def test_similarity():
    assert similarity("CCO", "OCC") == 1.0
    assert 0 < similarity("CCO", "CCN") < 1


def test_descriptors_of_paracetamol():
    found = descriptors("CC(=O)Nc1ccc(O)cc1")
    assert found["mw"] == pytest.approx(151.165, abs=1e-3)
    assert found["tpsa"] == pytest.approx(49.33, abs=0.01)
    assert (found["hbd"], found["hba"], found["heavy_atoms"], found["lipinski"]) == (2, 3, 11, 5)
    assert 0.5 < found["qed"] < 0.7 and 0.9 < found["sa"] <= 1
    assert found["logp"] == pytest.approx(1.3506, abs=1e-4)


def test_descriptors_agree_with_published_means(shared):
    """TargetDiff prints QED 0.476 and SA 0.728 for the reference ligands of CrossDocked's test pockets."""
    with gzip.open(shared / "struct" / "complexes_3d.jsonl.gz", "rt") as stream:
        rows = [row for row in map(json.loads, stream) if row["set"] == "crossdocked_test100"]
    found = [descriptors(row["ligands"][0]["smiles"]) for row in rows]
    assert len(found) == 100
    assert mean(one["qed"] for one in found) == pytest.approx(0.476, abs=0.0005)
    assert mean(one["sa"] for one in found) == pytest.approx(0.728, abs=0.0005)


def test_shared_molecules_are_canonical_already(shared):
    with gzip.open(shared / "chem" / "molecules_mixed.csv.gz", "rt") as stream:
        rows = [row["smiles"] for row, _ in zip(csv.DictReader(stream), range(1000), strict=False)]
    assert all(canonical(text) == text for text in rows)
