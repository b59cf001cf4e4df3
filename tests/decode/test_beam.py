"""Beam search: wide enough it is exhaustive; its scores are the model's own."""

from itertools import product

import pytest

from scilogos.decode import Engine, Prompt, beam_search
from scilogos.errors import PromptError
from scilogos.grammar.constraints import MarkedCopy, Molecules, Substitutions
from tests.fakes import CODEC, Scripted, random_engine


def site(engine: Engine, chain: str = "MKVM") -> Prompt:
    tokens = tuple(CODEC.encode(f"<ProteinS>{chain}<ProteinE><Search>"))
    return Prompt(tokens, engine.guide(MarkedCopy((chain,))), 3 * len(chain) + 2)


def every_marking(chain: str) -> list[tuple[int, ...]]:
    ways = product(*([letter, f"<PocketS>{letter}<PocketE>"] for letter in chain))
    return [tuple(CODEC.encode(f"<ProteinS>{''.join(way)}<ProteinE>")) for way in ways]


@pytest.mark.parametrize("family", ["qwen3", "llama"])
def test_a_wide_beam_finds_every_answer_in_order(family):
    engine = random_engine(family)
    prompt, answers = site(engine), every_marking("MKVM")
    scores = [float(s.sum()) for s in engine.symbol_scores(prompt.tokens, answers)]
    best = sorted(zip(scores, answers, strict=True), reverse=True)
    found = beam_search(engine, prompt, 40, 16)
    assert [completion.tokens for completion in found] == [answer for _, answer in best]
    assert [completion.score for completion in found] == pytest.approx([score for score, _ in best], abs=1e-3)
    assert [c.tokens for c in beam_search(engine, prompt, 40, 3)] == [answer for _, answer in best[:3]]


def test_a_narrow_beam_gives_legal_distinct_answers_with_the_models_scores():
    engine = random_engine(seed=3)
    guide = engine.guide(Molecules(1, 2, frozenset({"N", "Cl"})))
    prompt = Prompt(tuple(CODEC.encode("<MoleculeS>NCCCl<MoleculeE><ReverseReact>")), guide, 30)
    found = beam_search(engine, prompt, 6)
    assert 1 <= len(found) <= 6 and len({completion.tokens for completion in found}) == len(found)
    scores = engine.symbol_scores(prompt.tokens, [completion.tokens for completion in found])
    assert [c.score for c in found] == pytest.approx([float(s.sum()) for s in scores], abs=1e-3)
    assert sorted(found, key=lambda c: -c.score) == found
    for completion in found:
        state = guide.follow(guide.start, completion.tokens)
        assert guide.mask(state)[CODEC.vocabulary.end] and len(completion.tokens) <= 30


def test_fewer_answers_than_beams_are_all_there_are():
    engine = random_engine()
    prompt = Prompt(tuple(CODEC.encode("<ProteinS>M<ProteinE><Edit>")), engine.guide(Substitutions("M", 1)), 3)
    found = beam_search(engine, prompt, 50)
    assert len(found) == 20 and len({completion.text for completion in found}) == 20


def test_the_scripted_answer_comes_first():
    text = "<ProteinS>MK<PocketS>V<PocketE>M<ProteinE>"
    engine = Engine(Scripted().prefer(text, 6.0), CODEC)
    assert beam_search(engine, site(engine), 4)[0].text == text


def test_no_beam_is_no_search():
    engine = random_engine()
    for width, n in ((0, None), (3, 0)):
        with pytest.raises(PromptError, match="expected at least 1"):
            beam_search(engine, site(engine), width, n)
