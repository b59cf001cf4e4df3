"""The ligands of each arm."""

from dataclasses import replace

import pytest

from scilogos.bench.ligand import Settings, control, items, predict
from scilogos.bench.ligand.answers import log_likelihoods, matched
from scilogos.science import canonical, heavy_atoms
from tests.bench.ligand.conftest import LIGAND, TRAINED


@pytest.fixture(scope="module")
def held(pockets):
    settings = Settings(molecules=2, draws=2)
    return items(pockets, limit=2, seed=0, settings=settings)


@pytest.fixture(scope="module")
def answers(tiny, held):
    return predict(tiny, held, held.items, samples=1, seed=0)


def test_the_model_answers(tiny, held, answers):
    for answer in answers:
        assert answer["drawn"] == 4 and answer["distinct"] <= 4 - answer["refused"]
        assert len(answer["ligands"]) == min(2, answer["distinct"])
        scores = [ligand["score"] for ligand in answer["ligands"]]
        assert scores == sorted(scores, reverse=True)
    assert predict(tiny, held, held.items[:1], samples=1, seed=0) == answers[:1], "whatever else is asked"
    assert predict(tiny, held, held.items, samples=1, seed=1) != answers


def test_preference_is_the_likelihood_in_each_pocket(tiny, held, answers):
    item, answer = held.items[0], answers[0]
    others = held.training.others(item.given, 9)
    assert len(answer["preference"]) == 1 + len(others) == 3
    prompts = [pocket.chains for pocket in (item.given, *others)]
    from scilogos.tasks import ligand_design

    codec = tiny.engine.codec
    for chains, told in zip(prompts, answer["preference"], strict=True):
        sentence = ligand_design.prompt(chains)
        head = codec.encode(sentence)
        whole = codec.encode(f"{sentence}<MoleculeS>{item.truth}<MoleculeE>")
        rule = tiny.engine.guide(ligand_design.constraint())
        ((plain, legal),) = tiny.engine.both_scores(head, [whole[len(head) :]], rule)
        assert told == pytest.approx(float(legal.sum()), abs=1e-3) and plain.sum() < legal.sum()


def test_a_contrast_is_log_p_here_less_its_mean_elsewhere(tiny, held, answers):
    item, answer = held.items[0], answers[0]
    here, *elsewhere = (item.given, *held.training.others(item.given, 9))
    designs = tiny.ligands(here.chains, 4, samples=4, seed=0)
    for ligand, design in zip(answer["ligands"], designs, strict=False):
        assert ligand["smiles"] == design.thing
        own = log_likelihoods(tiny, here.chains, design.texts[:1])[0]
        if len(design.texts) == 1:
            assert own == pytest.approx(design.legal_score, abs=1e-3)
        others = [log_likelihoods(tiny, pocket.chains, design.texts[:1])[0] for pocket in elsewhere]
        assert ligand["contrast"] == pytest.approx(own - sum(others) / len(others), abs=1e-3)


@pytest.mark.parametrize("truth", ["C" * 5000, "[2H]CO"])
def test_what_cannot_be_scored_says_so_and_keeps_its_ligands(tiny, held, truth):
    odd = replace(held.items[0], truth=truth)
    (answer,) = predict(tiny, held, [odd], samples=1, seed=0)
    assert "preference" not in answer and answer["unscored"] and answer["ligands"]


def test_controls_are_matched_to_the_models_ligands(tiny, held, answers):
    arms = {name: ask(held.items) for name, ask in control(tiny, held, seed=0).items()}
    assert list(arms) == ["wrong pocket", "training ligands", "reference"]
    for item, own, wrong, training, reference in zip(held.items, answers, *arms.values(), strict=True):
        sizes = [heavy_atoms(ligand["smiles"]) for ligand in own["ligands"]]
        assert wrong["pocket"] == held.training.others(item.given, 1)[0].name != item.key
        assert wrong["wanted"] == training["wanted"] == len(sizes) == len(training["ligands"])
        assert {ligand["smiles"] for ligand in training["ligands"]} <= set(map(canonical, TRAINED))
        for other in (wrong, training):
            for size, ligand in zip(sizes, other["ligands"], strict=False):
                assert ligand["off"] == abs(heavy_atoms(ligand["smiles"]) - size)
        assert reference["ligands"] == [{"smiles": canonical(LIGAND)}]
    again = {name: ask(held.items) for name, ask in control(tiny, held, seed=0).items()}
    assert again == arms


def test_matching_by_hand():
    pool = ["CCCC", "CC", "CCC", "NCC"]
    found = [(ligand["smiles"], ligand["off"]) for ligand in matched([3, 3, 3, 9, 1], pool)]
    assert found == [("CCC", 0), ("NCC", 0), ("CCCC", 1), ("CC", 7)]
    assert matched([], pool) == [] == matched([3], [])


def test_single_draws_count_as_often_as_they_were_drawn(tiny, held):
    """As the published script has it, where only what is invalid is lost."""
    settings = Settings(molecules=12, draws=1)
    (answer,) = predict(tiny, replace(held, settings=settings), held.items[:1], samples=1, seed=0)
    assert answer["drawn"] == 12 and len(answer["ligands"]) == 12 - answer["refused"]
    texts = [ligand["smiles"] for ligand in answer["ligands"]]
    assert all(texts.count(ligand["smiles"]) == ligand["votes"] for ligand in answer["ligands"])
    assert answer["distinct"] == len(set(texts))
