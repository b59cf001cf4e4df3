"""Given answers become completions with the model's own scores."""

import numpy as np
import pytest

from scilogos.decode import Prompt, legal_scores, score_answers
from scilogos.decode.engine import Engine
from scilogos.grammar.constraints import Bounds, Molecules, Substitutions
from tests.fakes import CODEC, Scripted, random_engine

PROMPT = CODEC.encode("<ProteinS>MKV<ProteinE><Edit>")


def test_answers_are_scored_as_the_model_scores_them():
    engine = random_engine()
    texts = ["<ProteinS>MKA<ProteinE>", "<ProteinS>W<ProteinE>", "<ProteinS>MKA<ProteinE>"]
    answers = [tuple(CODEC.encode(text)) for text in texts]
    found = score_answers(engine, PROMPT, answers)
    assert [completion.text for completion in found] == texts and found[0] == found[2]
    for completion, answer in zip(found, answers, strict=True):
        (alone,) = engine.symbol_scores(PROMPT, [answer])
        assert completion.tokens == answer and completion.symbol_scores == pytest.approx(alone, abs=1e-4)
        assert completion.score == pytest.approx(alone.sum(), abs=1e-3)


def test_equal_answers_are_read_once():
    widths: list[int] = []

    class Counted(Scripted):
        def __call__(self, tokens_T, positions_T, attention):
            widths.append(len(tokens_T))
            return super().__call__(tokens_T, positions_T, attention)

    answers = [(1, 2), (3, 2), (1, 2), (1, 2)]
    assert len(score_answers(Engine(Counted(), CODEC), PROMPT, answers)) == 4
    assert widths == [1 + len(PROMPT), 2 * 3]  # the prompt once, then both answers with their ends
    assert score_answers(Engine(Counted(), CODEC), PROMPT, []) == []


def test_long_answers_are_read_in_parts(monkeypatch):
    engine = random_engine()
    answers = [CODEC.encode(f"<ProteinS>{text}<ProteinE>") for text in ("MKVLAAGIWTRW", "G", "WW")]
    whole = engine.symbol_scores(PROMPT, answers)
    for text, scores in zip(answers, whole, strict=True):
        (table,) = engine.log_probabilities([(*PROMPT, *text)])
        direct = table[range(len(PROMPT), len(PROMPT) + len(text) + 1), [*text, CODEC.vocabulary.end]]
        assert scores == pytest.approx(direct, abs=1e-4)
    monkeypatch.setattr("scilogos.decode.reader.MAX_READ", 64)
    for scores, parts in zip(whole, engine.symbol_scores(PROMPT, answers), strict=True):
        assert scores == pytest.approx(parts, abs=1e-4)
    assert engine.symbol_scores(PROMPT, []) == []


def test_scores_among_legal_symbols_are_those_of_drawing(monkeypatch):
    """What the engine said while it drew, and what it says when it reads the same answers again, by either way."""
    engine = random_engine()
    heads = [PROMPT, CODEC.encode("<MoleculeS>CCO<MoleculeE><ReverseReact>")]
    rules = [
        engine.guide(rule) for rule in (Substitutions("MKV", 3), Molecules(bounds=Bounds(most_atoms=5, most_rings=1)))
    ]
    asked = [Prompt(tuple(head), rule, 300, choices=True) for head, rule in zip(heads, rules, strict=True)]
    for head, rule, drawn in zip(heads, rules, engine.complete(asked, 6, seed=1), strict=True):
        answers = [completion.tokens for completion in drawn]
        again = score_answers(engine, head, answers, rule)
        monkeypatch.setattr("scilogos.decode.reader.MAX_READ", 64)
        parts = score_answers(engine, head, answers, rule)
        monkeypatch.undo()
        totals = legal_scores(engine, [(head, answer) for answer in answers], [rule] * 6)
        for one, other, part, total in zip(drawn, again, parts, totals, strict=True):
            assert other.choice_scores == pytest.approx(one.choice_scores, abs=1e-4)
            assert part.choice_scores == pytest.approx(one.choice_scores, abs=1e-4)
            assert total == pytest.approx(sum(one.choice_scores), abs=1e-3)
    assert score_answers(engine, heads[0], answers)[0].choice_scores == ()


def test_what_a_rule_forbids_has_no_likelihood():
    engine = random_engine()
    rule = engine.guide(Substitutions("MKV", 1))
    answer = CODEC.encode("<ProteinS>WWV<ProteinE>")
    ((plain, legal),) = engine.both_scores(PROMPT, [answer], rule)
    assert np.isfinite(plain).all() and np.isfinite(legal[:2]).all() and legal[2] == -np.inf
    assert legal_scores(engine, [(PROMPT, answer)], [rule]) == [-np.inf]
