"""Ligand design and material generation end to end, from a structure's file to canonical answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scilogos.decode import Completion, Engine
from scilogos.errors import InputError, ScilogosError
from scilogos.grammar import Material, Molecule, Protein
from scilogos.grammar.constraints import Bounds
from scilogos.science import canonical, coordinating_groups, element_counts, heavy_atoms, read_structure
from scilogos.tasks import Logos, ligand_design, material_generation
from tests.fakes import CODEC, Scripted, random_engine
from tests.science.conftest import peptide, ring

POCKET = [Protein("MKVLAAG", (1, 2)), Protein("GG")]
WHOLE = CODEC.vocabulary.whole


@pytest.fixture(scope="module")
def engine() -> Engine:
    return random_engine()


def test_ligands_are_canonical_and_within_bounds(engine):
    bounds = Bounds(elements=frozenset("CNO"), least_atoms=4, most_atoms=12, most_rings=2)
    ranking = ligand_design.design(engine, POCKET, n=5, samples=30, bounds=bounds, seed=1)
    assert 1 <= len(ranking) <= 5 and ranking.drawn == 30
    for answer in ranking:
        assert canonical(answer.thing) == answer.thing and set(element_counts(answer.thing)) <= set("CNO")
        assert 4 <= heavy_atoms(answer.thing) <= 12
        assert all(ligand_design.read(POCKET, text) == answer.thing for text in answer.texts)


def test_a_pocket_comes_from_a_structure(engine, tmp_path):
    path = tmp_path / "one.pdb"
    path.write_text("\n".join([*peptide(["ALA", "GLY", "CYS", "SER"]), "TER", *ring(), "END"]) + "\n")
    logos, structure = Logos(engine, "tiny", tmp_path), read_structure(path)
    by_ligand, by_number = logos.pocket(structure, around="LIG"), logos.pocket(structure, site="A:2-3")
    assert by_ligand[0].sites and by_number == [Protein("AGCS", (1, 2))]
    assert logos.ligands(by_number, 2, Bounds(most_atoms=6), samples=20).drawn == 20
    with pytest.raises(InputError, match="no such residue"):
        logos.pocket(structure, site="A:99")
    for names in ({}, {"site": "A:2", "around": "LIG"}):
        with pytest.raises(InputError, match="either by residues"):
            logos.pocket(structure, **names)
    scores = logos.score("<ProteinS>MK<ProteinE><Edit><ProteinS>MV<ProteinE>")
    assert [text for text, _ in scores] == ["<ProteinS>", "M", "V", "<ProteinE>", "<end>"]
    assert all(score < 0 for _, score in scores)


def test_the_scripted_ligand_comes_first():
    model = Scripted().prefer("<MoleculeS>c1ccccn1<MoleculeE>", 7.0)
    ranking = ligand_design.design(Engine(model, CODEC), POCKET, n=3, samples=60, seed=2)
    assert max(ranking, key=lambda answer: answer.legal_score) is ranking[0]
    assert ranking.refused < ranking.drawn


@pytest.mark.parametrize(
    ("chains", "bounds", "told"),
    [
        ([Protein("MKV")], {}, "no residue is marked"),
        ([], {}, "no residue is marked"),
        ([Protein("MK", (0,)), Protein("MK", (0,), "expanded")], {}, "found expanded; expected marked or molecule"),
        (POCKET, {"least_atoms": 300}, "300|may need"),
        (POCKET, {"elements": frozenset("NO")}, "carbon"),
    ],
)
def test_a_ligand_that_cannot_be_designed_is_refused(engine, chains, bounds, told):
    with pytest.raises(ScilogosError, match=told):
        ligand_design.design(engine, chains, bounds=Bounds(**bounds))


def test_materials_read_back(engine):
    ranking = material_generation.generate(engine, n=3, samples=24, known_nodes=frozenset({"[Zn]", "[Cu][Cu]"}), seed=1)
    assert ranking.drawn == 24
    for answer in ranking:
        assert isinstance(answer.thing, Material) and set(answer.thing.nodes) <= {"[Zn]", "[Cu][Cu]"}
        assert all(material_generation.read((), text) == answer.thing for text in answer.texts)


def test_the_scripted_material_comes_first():
    text = "<MaterialS><MetalS>[Zn]<MetalE><MoleculeS>NCCN<MoleculeE><NetS>pcu<NetE><MaterialE>"
    model = Scripted().prefer("<MaterialS><MetalS>[Zn]<MetalE><MoleculeS>OCN<MoleculeE><NetS>pcu<NetE><MaterialE>", 9.0)
    assert material_generation.read((), text).net == "pcu"
    ranking = material_generation.generate(Engine(model, CODEC), n=2, samples=20)
    assert ranking[0].thing == Material(("[Zn]",), (Molecule("NCO"),), "pcu")


def test_given_nodes_begin_the_material_in_the_languages_order():
    model = Scripted().prefer("<MetalE><MoleculeS>OCN<MoleculeE><MaterialE>", 9.0)
    assert material_generation.prompt(["[Cu].[Zn]O[Zn]", "[Zn]"]) == (
        "<MaterialS><MetalS>[Cu]<MetalE><MetalS>[Zn]<MetalE><MetalS>[Zn]O[Zn]<MetalE>"
    )
    ranking = material_generation.generate(Engine(model, CODEC), n=1, samples=6, nodes=["[Cu]", "[Zn]"])
    assert ranking[0].thing == Material(("[Cu]", "[Zn]"), (Molecule("NCO"),))


@pytest.mark.parametrize("nodes", [(), ("[Cu]",)])
def test_given_linkers_occur_in_every_material(nodes):
    model = Scripted().prefer("<MaterialS><MetalS>[Zn]<MetalE><MoleculeS>OCN<MoleculeE><MaterialE>", 7.0)
    linkers = ["OC(=O)c1ccc(C(O)=O)cc1", "NCO.N"]
    ranking = material_generation.generate(Engine(model, CODEC), n=4, samples=8, nodes=nodes, linkers=linkers, seed=3)
    assert len(ranking) and ranking.drawn == 8
    for answer in ranking:
        assert {"N", "NCO", "O=C(O)c1ccc(C(=O)O)cc1"} <= {linker.smiles for linker in answer.thing.linkers}
        assert set(nodes) <= set(answer.thing.nodes)
        start = answer.texts[0].index("<MoleculeS>")
        first = "<MoleculeS>N<MoleculeE><MoleculeS>NCO<MoleculeE><MoleculeS>O=C(O)c1ccc(C(=O)O)cc1<MoleculeE>"
        assert answer.texts[0].startswith(first, start)  # in the language's order


@given(st.lists(st.integers(0, 5), min_size=96, max_size=96), st.integers(1, 11))
def test_the_draws_for_n_are_the_first_of_those_for_more(numbers, n):
    stream = [Completion((), 0.0, str(number)) for number in numbers]

    def read(text: str) -> str:
        if text == "0":
            raise InputError("this is none")
        return text

    few, more = (material_generation._enough(lambda total: stream[:total], read, k) for k in (n, n + 1))
    assert more[: len(few)] == few and 2 * n <= len(few) <= 8 * n
    told = {completion.text for completion in few} - {"0"}
    assert len(told) >= n or len(few) == 8 * n
    assert len(few) == 2 * n or len({completion.text for completion in few[:-1]} - {"0"}) < n


def test_more_is_drawn_where_materials_repeat():
    text = "<MaterialS><MetalS>[Zn]<MetalE><MoleculeS>OCN<MoleculeE><NetS>pcu<NetE><MaterialE>"
    engine = Engine(Scripted().prefer(text, 8.0), CODEC)
    asked = material_generation.generate(engine, n=3, samples=6)
    ranking = material_generation.generate(engine, n=3)
    assert len(asked) < len(ranking) == 3 and asked.drawn == 6 < ranking.drawn <= 24


def test_linkers_that_cannot_join_nodes_are_left_out():
    text = "<MaterialS><MetalS>[Zn]<MetalE><MoleculeS>N#C<MoleculeE><MaterialE>"
    engine = Engine(Scripted().prefer(text, 9.0), CODEC)
    one, two = (material_generation.generate(engine, samples=20, groups=groups) for groups in (1, 2))
    assert one[0].texts == (text,) and one.refused < two.refused
    for ranking, groups in ((one, 1), (two, 2)):
        assert all(coordinating_groups(linker.smiles) >= groups for a in ranking for linker in a.thing.linkers)
    odd = "<MaterialS><MetalS>[Zn]<MetalE><MoleculeS>[C-][c-]1n[c-][n]1[Os]<MoleculeE><MaterialE>"
    assert material_generation.read_bridging((), odd, 0) == material_generation.read((), odd), "nobody asks for groups"
    given = material_generation.generate(engine, samples=20, groups=2, linkers=["C#N"])
    assert given[0].thing.linkers == (Molecule("C#N"),), "a given linker is taken as it stands"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"groups": -1}, "groups: found -1; expected 0 or more"),
        ({"nodes": ["junk"]}, "position 0"),
        ({"linkers": ["junk"]}, "position 0"),
        ({"linkers": ["C"] * 7}, "7 linkers are given: a material has 6 at most"),
        ({"linkers": ["C" * 500]}, "400 are allowed: ask for less"),
        ({"nodes": ["[Xe][Zn]"]}, "expected bracket atoms of this model"),
        ({"nodes": ["[Cu]"], "known_nodes": frozenset({"[Zn]"})}, "among the known nodes"),
        ({"nodes": ["[Cu]"] * 9}, "8 fragments at most"),
        ({"known_nodes": frozenset()}, "no known node"),
    ],
)
def test_a_material_that_cannot_be_made_is_refused(engine, options, told):
    with pytest.raises(ScilogosError, match=told):
        material_generation.generate(engine, **options)
