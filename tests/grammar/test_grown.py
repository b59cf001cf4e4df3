"""Molecules grown from a fragment: they hold it, keep to their bounds, and their fragment is read as a draft."""

import random

import pytest
from rdkit import Chem, rdBase

from scilogos.errors import PromptError
from scilogos.grammar.constraints import Bounds, Copying, Fragment, FragmentAtom, Grown, Molecules
from scilogos.science import fragment_writings
from scilogos.tokens import Codec, Guide, scratch
from tests.grammar import test_constraints
from tests.grammar.test_constraints import counts, molecules, some_way_shortens, walk

VOCABULARY = scratch()
CODEC = Codec(VOCABULARY)
FRAGMENTS = (
    "CC(=O)Nc1ccc(O)cc1",
    "*n1cccc1C=O",
    "C1CCNCC1",
    "C1C=CNC=C1",
    "[13CH3]C",
    "C[NH3+]",
    "C/C=C/C",
    "N[C@@H](C)C(=O)O",
    "O=c1cc[nH]cc1",
    "C",
    "c1ccc2ccccc2c1",
    "CS(*)(=O)=O",
    "*S(=O)(=O)c1ccc(*)cc1",
    "*P(=O)(O)OC",
    "*[Si](C)(C)C",
    "*[N+](=O)[O-]",
    "C[NH+](C)*",
)


def one(smiles: str) -> Fragment:
    return fragment_writings(smiles, 1, random.Random(0))[0]


def query(smiles: str) -> Chem.Mol:
    return Chem.MolFromSmiles(Chem.MolToSmiles(Chem.MolFromSmiles(smiles.replace("*", "[H]"))))


def grown(constraint: Grown, seed: int, count: int) -> list[str]:
    rng, guide = random.Random(seed), Guide(constraint, VOCABULARY)
    texts = [walk(guide, rng, rng.choice((0, 1, 5, 30, 60)), rng.choice((0.0, 0.5))) for _ in range(count)]
    some_way_shortens(guide, rng)
    return [text for answer in texts for text in molecules(answer)]


@pytest.mark.parametrize("smiles", FRAGMENTS)
def test_the_fragment_is_in_every_molecule(smiles):
    accepted = 0
    for seed, fragment in enumerate(fragment_writings(smiles, 3, random.Random(1))):
        size, rings = fragment.heavy_atoms, fragment.rings
        for bounds in (Bounds(), Bounds(least_atoms=size + 4, most_atoms=size + 7, most_rings=rings + 1)):
            for text in grown(Grown(fragment, VOCABULARY.whole, bounds), seed, 6):
                with rdBase.BlockLogs():
                    molecule = Chem.MolFromSmiles(text)
                if molecule is None:
                    continue
                accepted += 1
                assert molecule.HasSubstructMatch(query(smiles)), text
                atoms, closed = counts(text)
                assert bounds.least_atoms <= atoms <= (bounds.most_atoms or atoms), text
                assert closed <= (closed if bounds.most_rings is None else bounds.most_rings), text
    assert accepted > 10


@pytest.mark.parametrize("smiles", ["c1ccccc1", "*c1ccncc1", "c1ccc2[nH]ccc2c1", "*c1ccc(-c2ccccc2)s1"])
def test_what_grows_is_a_molecule_by_the_free_rule(smiles):
    """Growth decides on rings while the fragment's own ring is still open; the free rule must see the same way out."""
    free = Guide(Molecules(), VOCABULARY)
    for seed, fragment in enumerate(fragment_writings(smiles, 2, random.Random(1))):
        for text in grown(Grown(fragment, VOCABULARY.whole, Bounds()), 100 + seed, 40):
            assert free.follow(free.start, CODEC.encode(f"<MoleculeS>{text}<MoleculeE>")) is not None, text


@pytest.mark.parametrize("text", ["c1ccc(NNc2ccnc(-c22)cc2)cc1", "c1ccc(-c2cccc(SSSc22)cc2)cc1"])
def test_a_ring_may_be_opened_where_the_open_one_is_promised(text):
    assert Chem.MolFromSmiles(text) is not None
    guide = Guide(Molecules(), VOCABULARY)
    assert guide.follow(guide.start, CODEC.encode(f"<MoleculeS>{text}<MoleculeE>")) is not None


def test_what_must_be_supplied_is():
    bounds = Bounds(least_atoms=12, most_atoms=14, most_rings=1)
    for text in grown(Grown(one("C1CCNCC1"), VOCABULARY.whole, bounds, ("S", "F", "N")), 3, 12):
        assert {"S", "F"} <= {atom.GetSymbol() for atom in Chem.MolFromSmiles(text, sanitize=False).GetAtoms()}


def accepts(constraint: Grown, text: str) -> bool:
    guide = Guide(constraint, VOCABULARY)
    state = guide.follow(guide.start, CODEC.encode(f"<MoleculeS>{text}<MoleculeE>"))
    return state is not None and bool(guide.mask(state)[VOCABULARY.end])


@pytest.mark.parametrize(
    ("smiles", "text", "legal"),
    [
        ("c1ccncc1", "c1ccncc1", True),
        ("c1ccncc1", "c1c(C2CC2)cncc1", True),
        ("c1ccncc1", "c1c(C3CC3)cncc1", True),
        ("c1ccncc1", "c1c(C1CC1)cncc1", False),  # the fragment's own ring number
        ("c1ccncc1", "c1c(-c2ccccc2)cncc1", True),
        ("c1ccncc1", "c1c(c2ccccc2)cncc1", False),  # the bond would be aromatic
        ("c1ccncc1", "c1c(=O)cncc1", False),  # no pyridine any more
        ("c1ccncc1", "c1c(C)(C)cncc1", False),
        ("c1ccncc1", "c1c(C2)cncc1", False),
        ("c1ccncc1", "c1c(-2CC2)cncc1", False),
        ("c1ccncc1", "c1ccncc1CC", True),
        ("c1ccncc1", "c1ccncc1=C", False),
        ("c1ccncc1", "c1ccncc1-2CC2", False),
        ("c1ccncc1", "c1ccncn1", False),
        ("c1c[nH]cn1", "c1cn(CC)cn1", True),
        ("c1c[nH]cn1", "c1cncn1", False),  # a hydrogen is left out and nothing stands for it
        ("c1c[nH]cn1", "c1c[nH](C)cn1", False),
        ("CC(C)=O", "CC(C)=O", True),
        ("CC(C)=O", "C(=C)C(C)=O", True),
        ("CC(C)=O", "C(=C)(=C)C(C)=O", False),
        ("CC(C)=O", "CC(C#N)=O", True),
        ("CC(C)=O", "CC(C(O)(O)N)=O", True),
        ("CC(C)=O", "CC(C(O)(O)(O)N)=O", False),
        ("CC(C)=O", "CC(CC1)=O", False),
        ("C[NH3+]", "C[NH2+]C", True),
        ("*CC", "CCO", False),
        ("*CC", "C(O)C", True),
        ("CS(*)(=O)=O", "CS(=O)(N)=O", True),
        ("CS(*)(=O)=O", "O=S(=O)(N)C", False),  # growth stands behind what is there
        ("CS(*)(=O)=O", "CS(=O)=O", False),  # a hydrogen is left out and nothing stands for it
        ("CS(*)(=O)=O", "CS(=O)(N)(N)=O", False),
        ("*S(=O)(=O)c1ccc(*)cc1", "O=S(=O)(C)c1ccc(N)cc1", True),
        ("C[NH+](C)*", "C[N+](C)C", False),  # its hydrogen stays where no * is
        ("C[N+](C)(C)*", "C[N+](C)(N)C", True),
    ],
)
def test_where_growth_may_stand(smiles, text, legal):
    fragments = fragment_writings(smiles, 12, random.Random(0))
    assert any(accepts(Grown(f, VOCABULARY.whole), text) for f in fragments) == legal


def test_one_ring_atom_at_least_stays_saturated():
    fragments = [f for seed in range(8) for f in fragment_writings("C1CCNCC1", 6, random.Random(seed))]
    assert any(accepts(Grown(f, VOCABULARY.whole), "C1CC(=O)NCC1") for f in fragments)
    assert not any(accepts(Grown(f, VOCABULARY.whole), "N1C(=O)C(=O)C(=O)C(=O)C1=O") for f in fragments)


def test_the_fragment_is_drafted():
    constraint = Grown(one("CC(=O)Nc1ccc(O)cc1"), VOCABULARY.whole)
    assert isinstance(constraint, Copying)
    guide, drafted = Guide(constraint, VOCABULARY), []
    state = guide.start
    while (token := guide.draft(state)) is not None:
        drafted.append(token)
        state = guide.step(state, token)
    assert CODEC.decode(drafted) == "<MoleculeS>CC(=O)Nc1ccc(O)cc1"
    assert guide.draft(guide.follow(state, [VOCABULARY.ids["smiles", "C"]])) is None


def test_nothing_is_drafted_where_growth_is_due():
    (fragment,) = (f for f in fragment_writings("*CO", 4, random.Random(0)) if f.smiles == "CO")
    guide = Guide(Grown(fragment, VOCABULARY.whole, Bounds(least_atoms=3)), VOCABULARY)
    state = guide.follow(guide.start, CODEC.encode("<MoleculeS>C"))
    assert guide.draft(state) is None and guide.mask(state)[VOCABULARY.ids["smiles", "("]]


@pytest.mark.parametrize("smiles", ["c1c[nH]cn1", "C/C=C/C[13CH3]"])
def test_symbols_of_one_class_are_interchangeable(smiles):
    bounds = Bounds(elements=frozenset("CNO"), least_atoms=8, most_atoms=12, most_rings=2)
    for asked in (Bounds(), bounds):
        constraint = Grown(one(smiles), VOCABULARY.whole, asked, ("N",))
        test_constraints.test_symbols_of_one_class_are_interchangeable(constraint)


@pytest.mark.parametrize(
    ("fragment", "bounds", "told"),
    [
        ("[Zn]", Bounds(), "no atom has a hydrogen"),
        ("FC(F)(F)F", Bounds(), "no atom has a hydrogen"),
        ("*S(*)(=O)=O", Bounds(), "no atom has a hydrogen"),
        ("*[Zn]CC*", Bounds(), r"cannot replace the hydrogen of one of its atoms that has a \*"),
        ("CCCl", Bounds(elements=frozenset("CN")), "it has Cl, which is not among the allowed elements"),
        ("CCCC", Bounds(most_atoms=3), "4 heavy atoms, and 3 are allowed"),
        ("C1CC1", Bounds(most_rings=0), "1 rings, and 0 are allowed"),
    ],
)
def test_a_fragment_that_cannot_grow_is_refused(fragment, bounds, told):
    with pytest.raises(PromptError, match=told):
        Grown(one(fragment), VOCABULARY.whole, bounds)


def test_what_has_no_room_is_refused():
    fragment = Fragment("CC", (FragmentAtom("C", 3), FragmentAtom("C", 3)))
    with pytest.raises(PromptError, match="cannot be added within the bounds"):
        Grown(fragment, VOCABULARY.whole, Bounds(most_atoms=2), ("N",))
