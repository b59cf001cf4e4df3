"""Ligands that grow from a fragment, and those that keep to required and forbidden substructures."""

import pytest
from rdkit import Chem

from scilogos.decode import Engine
from scilogos.errors import InputError, PromptError, ScilogosError
from scilogos.grammar import Protein
from scilogos.grammar.constraints import Bounds
from scilogos.science import element_counts, heavy_atoms
from scilogos.tasks import ligand_design, load
from scilogos.tasks.substructure_rules import read_rules
from tests.fakes import CODEC, Scripted, random_engine
from tests.published import save_published, small_codec

POCKET = [Protein("MKVLAAG", (1, 2))]
WHOLE = CODEC.vocabulary.whole
SMALL = Bounds(elements=frozenset("CNO"), most_atoms=16, most_rings=3)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return random_engine()


def test_every_ligand_grows_from_the_fragment(engine):
    found = ligand_design.design(engine, POCKET, n=8, samples=24, bounds=SMALL, keep="Nc1ccncc1", seed=1)
    assert len(found) and found.drawn == 24 and not found.rejected
    query = Chem.MolFromSmiles("Nc1ccncc1")
    for answer in found:
        assert Chem.MolFromSmiles(answer.thing).HasSubstructMatch(query)
        assert 8 <= heavy_atoms(answer.thing) <= 16 and set(element_counts(answer.thing)) <= set("CNO")
    again = ligand_design.design(engine, POCKET, n=8, samples=24, bounds=SMALL, keep="Nc1ccncc1", seed=1)
    assert again == found


def test_the_fragment_is_written_in_several_ways(engine):
    found = ligand_design.design(engine, POCKET, n=20, samples=32, bounds=SMALL, keep="Nc1ccncc1", seed=1)
    assert len({text[: len("<MoleculeS>") + 2] for answer in found for text in answer.texts}) > 2


def test_growth_begins_at_the_stars(engine):
    found = ligand_design.design(engine, POCKET, n=8, samples=16, bounds=SMALL, keep="*c1ccncc1", seed=2)
    meta_or_para = Chem.MolFromSmarts("[!#1;!$(a)]-c1[cH][cH]n[cH][cH]1")
    assert len(found)
    for answer in found:
        molecule = Chem.MolFromSmiles(answer.thing)
        assert molecule.HasSubstructMatch(meta_or_para) or molecule.HasSubstructMatch(
            Chem.MolFromSmarts("a-c1[cH][cH]n[cH][cH]1")
        )


def test_a_fragment_that_a_free_ligand_could_not_have_is_grown_all_the_same(engine):
    """An isotope is legal where it is kept, and nowhere else: likelihoods are among what growing allows."""
    found = ligand_design.design(engine, POCKET, n=4, samples=8, keep="[13CH3]c1ccncc1", seed=1)
    assert found.drawn == 8 and len(found) and all("[13" in answer.thing for answer in found)
    assert all(answer.score < answer.legal_score < 0 for answer in found)


def scripted() -> Engine:
    model = Scripted()
    for text in ("<MoleculeS>CCO<MoleculeE>", "<MoleculeS>CN<MoleculeE>", "<MoleculeS>CF<MoleculeE>"):
        model.prefer(text, 7.0)
    return Engine(model, CODEC)


def test_rules_left_to_rejection_are_counted():
    free = ligand_design.design(scripted(), POCKET, n=50, samples=40)
    oxygen = Chem.MolFromSmarts("[OH]")
    without = sum(a.votes for a in free if not Chem.MolFromSmiles(a.thing).HasSubstructMatch(oxygen))
    found = ligand_design.design(scripted(), POCKET, n=50, samples=40, require=["[OH]"])
    assert 0 < without < 40 and found.rejected == {"require [OH]": without}
    assert found.drawn == 40 and found.refused + sum(a.votes for a in found) + without == 40
    assert all(Chem.MolFromSmiles(a.thing).HasSubstructMatch(oxygen) for a in found)


def test_more_is_drawn_for_a_rule_in_rounds_up_to_a_bound():
    asked = ligand_design.design(scripted(), POCKET, n=2, require=["[OH]"])
    assert len(asked) == 2 and asked.drawn % 6 == 0
    none = ligand_design.design(scripted(), POCKET, n=2, require=["[U]~[U]"])
    assert len(none) == 0 and none.drawn == 6 * ligand_design.ROUNDS
    assert none.rejected == {"require [U]~[U]": none.drawn - none.refused}


def test_elements_are_held_while_writing():
    found = ligand_design.design(scripted(), POCKET, n=9, samples=30, require=["[#7]"], forbid=["[F,Cl]", "[#8]"])
    assert found.held == ("require [#7]", "forbid [F,Cl]", "forbid [#8]") and found.rejected == {}
    assert found.drawn == 30 and sum(a.votes for a in found) + found.refused == 30
    for answer in found:
        assert "N" in element_counts(answer.thing) and not {"F", "Cl", "O"} & set(element_counts(answer.thing))


def test_what_no_symbol_can_attach_is_left_to_rejection():
    rules = read_rules(["[#10]", "[#7]"], ["N", "[#9]"], WHOLE)
    assert rules.held == ("require [#7]", "forbid [#9]") and rules.supply == ("N",)
    assert [rule.name for rule in rules.left] == ["require [#10]", "forbid N"]
    assert rules.broken("CN") == ("require [#10]", "forbid N")


def test_the_shipped_model_grows_fragments():
    logos, chain = load(), "MTEYKLVVVGAGGVGKSALTIQLIQNHFVDEYDPTIEDSYRKQVVIDGETCLLDILDTAGQEEYSAMRDQ"
    for keep, query in (("C1CCNCC1", "C1CCNCC1"), ("*n1ccc2ccccc21", "n1ccc2ccccc21"), ("OCC(C)=O", "OCC(C)=O")):
        found = logos.ligands([Protein(chain, tuple(range(9, 17)))], 30, keep=keep, samples=32)
        assert len(found) > 8 and found.refused < 3
        assert all(Chem.MolFromSmiles(a.thing).HasSubstructMatch(Chem.MolFromSmarts(query)) for a in found)


def test_elements_may_be_any_set_and_one_rule_a_text(engine):
    found = [
        ligand_design.design(engine, POCKET, n=2, samples=4, bounds=Bounds(elements=elements), forbid=forbid)
        for elements in ({"C", "N", "O"}, ("C", "N", "O"), frozenset("CNO"))
        for forbid in ("CN", ["CN"])
    ]
    assert len(set(map(str, found))) == 1


@pytest.mark.parametrize("keep", ["[13CH3]c1ccncc1", "c1c[nH]cn1"])
def test_a_published_vocabulary_grows_fragments_too(tmp_path, keep):
    logos = load(save_published(tmp_path, small_codec(), "llama"), dtype="fp32")
    found = logos.ligands(POCKET, 4, Bounds(most_atoms=10, most_rings=1), keep=keep, samples=8)
    assert found.drawn == 8 and found.refused < 8
    assert all(Chem.MolFromSmiles(a.thing).HasSubstructMatch(Chem.MolFromSmiles(keep)) for a in found)


@pytest.mark.parametrize(
    ("options", "kind", "told"),
    [
        ({"keep": "c1cc"}, InputError, "position"),
        ({"keep": "CC.O"}, InputError, "several parts"),
        ({"keep": "FC(F)(F)F"}, PromptError, "no atom has a hydrogen"),
        ({"keep": "CCO", "bounds": Bounds(most_atoms=3)}, PromptError, "3 heavy atoms, and 3 are allowed in all"),
        ({"keep": "CCBr", "forbid": ["Br"]}, PromptError, "it has Br, which is not among the allowed elements"),
        ({"keep": "C" * 310}, PromptError, "this model reads 300"),
        ({"require": ["c1cc"]}, InputError, "require: 'c1cc' is no SMARTS"),
        ({"forbid": [""]}, InputError, "forbid: '' is no SMARTS"),
        ({"forbid": ["[#6]"]}, InputError, "every molecule has some"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_the_model_runs(options, kind, told):
    model = Scripted(longest=300)
    with pytest.raises(kind, match=told) as caught:
        ligand_design.design(Engine(model, CODEC), POCKET, **options)
    assert isinstance(caught.value, ScilogosError) and model.runs == 0
