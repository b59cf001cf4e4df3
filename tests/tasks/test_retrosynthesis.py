"""Retrosynthesis end to end: products as chemists give them, reactants merged over writings."""

import pytest

from scilogos.decode import Engine, Prompt, Sampling
from scilogos.errors import InputError, PromptError, ScilogosError
from scilogos.grammar import Molecule, Reaction, split, write
from scilogos.grammar.constraints import MOST_MOLECULES, Molecules
from scilogos.science import canonical, is_valid
from scilogos.tasks import retrosynthesis
from scilogos.tasks.retrosynthesis import CHECKED, constraint, forward_scores, prompt, propose, propose_all, read
from tests.fakes import CODEC, Scripted, random_engine

PRODUCT = "CC(=O)Nc1ccc(O)cc1"
GREEDY = Sampling(temperature=0)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return random_engine()


def scripted(*answers: str, by: float = 8.0) -> Engine:
    """An engine that prefers to write the symbols of these answers one behind the other."""
    model = Scripted()
    for answer in answers:
        model.prefer(answer, by)
    return Engine(model, CODEC)


def test_answers_of_a_random_model_read_back(engine):
    options = {"samples": 16, "num_roots": 4, "seed": 2}
    ranking = propose(engine, PRODUCT, **options)
    assert ranking.drawn == 64 and len(ranking) >= 1
    assert sum(answer.votes for answer in propose(engine, PRODUCT, n=99, **options)) + ranking.refused == 64
    for answer in ranking:
        assert all(is_valid(text) and canonical(text) == text for text in answer.thing)
        assert all(read(PRODUCT, text) == answer.thing for text in answer.texts)
    assert [a.legal_score for a in ranking] == sorted((a.legal_score for a in ranking), reverse=True)
    assert [a.thing for a in propose(engine, PRODUCT, n=2, **options)] == [a.thing for a in ranking][:2]


def test_a_molecule_has_the_same_answers_however_it_is_written(engine):
    first = propose(engine, PRODUCT, samples=6, seed=1)
    for other in ("Oc1ccc(NC(C)=O)cc1", "[CH3:1][C:2](=[O:3])Nc1ccc(O)cc1", " CC(=O)Nc1ccc(O)cc1 "):
        assert propose(engine, other, samples=6, seed=1) == first
    assert propose(engine, PRODUCT, samples=6, seed=3) != first


def test_many_products_are_answered_as_each_alone(engine):
    products = ["CCO", "CCO.Cl", "c1ccccc1Br"]
    together = propose_all(engine, products, samples=4, num_roots=2, seed=5)
    for product, ranking in zip(products, together, strict=True):
        alone = propose(engine, product, samples=4, num_roots=2, seed=5)
        assert [a.texts for a in ranking] == [a.texts for a in alone] and ranking.drawn == alone.drawn


def test_the_best_scored_answer_comes_first():
    ranking = propose(scripted("<MoleculeS>OCN<MoleculeE>"), "NC=O", samples=40, num_roots=1, seed=1)
    best = max(ranking, key=lambda answer: answer.legal_score)
    assert ranking[0] is best and best.thing == ("NCO",) and best.votes >= 10


def test_probabilities_of_equal_reactants_are_averaged_over_writings():
    engine = scripted("<MoleculeS>OCN<MoleculeE>", by=12.0)
    single = propose(engine, "NCOC", samples=8, num_roots=1, sampling=GREEDY)
    several = propose(engine, "NCOC", samples=8, num_roots=3, sampling=GREEDY)
    assert single.drawn == 8 and several.drawn == 24
    assert len(single) == len(several) == 1 and several[0].votes == 24 and len(several[0].texts) == 1
    # the scripted model does not look at the prompt: each writing gives the same probability, so does their mean
    assert several[0].score == pytest.approx(single[0].score, abs=1e-6) and single[0].score < 0


def test_distinct_texts_of_one_set_add_up(engine):
    texts = ["<MoleculeS>CCO<MoleculeE><MoleculeS>Cl<MoleculeE>", "<MoleculeS>Cl<MoleculeE><MoleculeS>OCC<MoleculeE>"]
    assert read("CCCl", texts[0]) == read("CCCl", texts[1]) == ("CCO", "Cl")


def test_elements_of_the_product_are_supplied(engine):
    for answer in propose(engine, "C[Si](C)(C)CBr", samples=20, n=99):
        text = ".".join(answer.thing)
        assert "[Si" in text and "Br" in text


def test_an_element_without_a_symbol_is_not_asked_for(engine):
    assert constraint(engine, "C[Ta]C").supply == ("C", "C")
    assert propose(engine, "C[Ta]C", samples=4, num_roots=1).drawn == 4


@pytest.mark.parametrize("product", ["C", "N#N", "OOOOOOOO", "FC(F)(F)C(F)(F)C(F)(F)F", "FS(F)(F)(F)(F)F", "C" * 200])
def test_the_budget_suffices_with_room_for_any_product(engine, product):
    asked = constraint(engine, product)
    budget = retrosynthesis.BUDGET_FACTOR * len(CODEC.encode(prompt(product))) + retrosynthesis.BUDGET_SLACK
    assert len(asked.supply) < asked.distance(asked.start) < budget - asked.stretch


def test_verified_answers_give_the_product_back():
    engine = scripted("<MoleculeS>OCN<MoleculeE>", by=2.0)  # read forwards and greedily, everything gives NCO
    for product, returned in (("NCO", True), ("NC=O", False)):
        everything = propose(engine, product, samples=40, num_roots=1, n=99)
        kept = propose(engine, product, samples=40, num_roots=1, n=99, verified=True)
        assert everything and kept.answers == (everything.best(CHECKED).answers if returned else ())
        assert (kept.drawn, kept.refused) == (everything.drawn, everything.refused)


def test_the_product_itself_is_no_answer():
    with pytest.raises(InputError, match="product itself"):
        read("CCO", "<MoleculeS>OCC<MoleculeE>")
    with pytest.raises(InputError, match="product itself"):
        read("CCO.Cl", "<MoleculeS>Cl<MoleculeE><MoleculeS>OCC<MoleculeE>")
    with pytest.raises(InputError, match="product itself"):
        read("Clc1ccccc1", "<MoleculeS>Clc1ccccc1<MoleculeE><MoleculeS>CI<MoleculeE>")
    assert read("CCO.Cl", "<MoleculeS>OCC<MoleculeE><MoleculeS>C=O<MoleculeE>") == ("CCO", "C=O")


@pytest.mark.parametrize(
    ("product", "told"), [("junk", "position 0"), ("", "empty"), ("C(C", "expected"), ("C(C)(C)(C)(C)C", "alence")]
)
def test_a_product_that_is_none_is_refused(engine, product, told):
    with pytest.raises(ScilogosError, match=told):
        propose(engine, product)


def test_no_writing_is_no_question(engine):
    with pytest.raises(PromptError, match="0 writings"):
        propose(engine, "CCO", num_roots=0)


def test_the_prompt_and_the_guide_are_what_the_engine_gets(engine):
    assert prompt("CCO") == "<MoleculeS>CCO<MoleculeE><ReverseReact>"
    asked: list[Prompt] = []

    class Listening(Engine):
        def complete(self, prompts, *args, **options):
            asked.extend(prompts)
            return super().complete(prompts, *args, **options)

    listening = Listening(engine.model, CODEC)
    propose_all(listening, ["CCO", "CCCO", "CCN"], samples=2, num_roots=2)
    assert len({id(request.guide) for request in asked}) == 3  # a guide for each sum formula
    assert all(isinstance(request.guide.constraint, Molecules) for request in asked)
    assert asked[0].budget == retrosynthesis.BUDGET_FACTOR * len(asked[0].tokens) + retrosynthesis.BUDGET_SLACK


def test_a_product_is_scored_in_the_order_of_its_reactants(engine):
    codec, rule = engine.codec, engine.guide(Molecules(1, MOST_MOLECULES))
    asked = {
        ("Nc1ccccc1", "CC(=O)Cl"): "N(c1ccccc1)C(C)=O",  # the aniline comes first
        ("c1ccccc1", "CC(=O)Cl"): "c1cc(NC(C)=O)ccc1",
        ("CCS",): "CC(=O)Nc1ccccc1",  # they share too little
    }
    scores = forward_scores(engine, "CC(=O)Nc1ccccc1", list(asked))
    for (answer, product), score in zip(asked.items(), scores, strict=True):
        head, tail = split(write(Reaction(tuple(map(Molecule, answer)), (Molecule(product),))))
        assert tail.startswith("<MoleculeS>")
        ((among_all, legal),) = engine.both_scores(codec.encode(head), [codec.encode(tail)], rule)
        assert score == pytest.approx(float(legal.sum()), abs=1e-3) and among_all.sum() < legal.sum()


def test_answers_are_ordered_by_what_they_give(engine):
    plain = propose(engine, PRODUCT, samples=8, num_roots=4, seed=2, n=20)
    scores = forward_scores(engine, canonical(PRODUCT), [answer.thing for answer in plain])
    checked = propose(engine, PRODUCT, samples=8, num_roots=4, seed=2, n=20, forward=0.5)
    expected = sorted(zip(plain, scores, strict=True), key=lambda pair: -pair[0].legal_score - 0.5 * pair[1])
    assert [answer.thing for answer in checked] == [answer.thing for answer, _ in expected]


def test_products_are_read_forwards_once_for_each_set(engine):
    asked = [("CCO", "CC(=O)Cl"), ("CCN",), ("CCO", "CC(=O)Cl")]
    found = retrosynthesis.products(engine, asked)
    assert found[0] == found[2] and found == retrosynthesis.products(engine, asked)
    assert all(product is None or canonical(product) == product for product in found)
    assert retrosynthesis.products(engine, []) == []
