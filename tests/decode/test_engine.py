"""The cached, batched engine against a naive loop, and what one call may not do to another."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from scilogos.decode import Engine, Prompt, Sampling, beam_search
from scilogos.decode import engine as engine_module
from scilogos.decode.randomness import stream_keys, uniforms
from scilogos.decode.sampling import draw
from scilogos.errors import PromptError
from scilogos.grammar import Antibody, Protein, tags, write
from scilogos.grammar.constraints import FilledLoops, MarkedCopy, Molecules, Substitutions
from scilogos.model import PackedAttention
from tests.fakes import CODEC, Scripted, random_engine

END = CODEC.vocabulary.end
RULE = Sampling(temperature=0.9, top_p=0.97)
TEXTS = (
    "<MoleculeS>CCO<MoleculeE><ReverseReact>",
    "<MoleculeS>c1ccccc1C(=O)NCC#N<MoleculeE><ReverseReact>",
    "<MoleculeS>C<MoleculeE><ReverseReact>",
)


def prompts(engine: Engine, texts=TEXTS, budget: int = 40) -> list[Prompt]:
    guide = engine.guide(Molecules(1, 2))
    return [Prompt(tuple(CODEC.encode(text)), guide, budget + i) for i, text in enumerate(texts)]


def naive(engine: Engine, prompt: Prompt, sample: int, rule: Sampling, seed: int):
    """One answer with its scores among all and among legal symbols, everything computed anew at each symbol."""
    key, state = stream_keys(seed, [prompt.tokens], [sample]), prompt.state
    answer, scores, choices = [], [], []
    while True:
        text = torch.tensor([END, *prompt.tokens, *answer])
        with torch.inference_mode():
            hidden = engine.model(text, torch.arange(len(text)), PackedAttention([len(text)]))
            logits = engine.model.logits(hidden[-1:])
        mask = prompt.guide.within(state, prompt.budget - len(answer))
        token = draw(logits[0].numpy(), mask, rule, uniforms(key, len(answer)).item())
        legal = torch.from_numpy(mask)[None]
        scores.append(logits.log_softmax(-1)[0, token].item())
        choices.append(logits.masked_fill(~legal, float("-inf")).log_softmax(-1)[0, token].item())
        if token == END:
            return answer, scores, choices
        state = prompt.guide.step(state, token)
        answer.append(token)


def copies(engine: Engine) -> list[Prompt]:
    """Prompts whose answers are mostly copies, so that symbols are expected."""
    chains = ("MKVLAAGIXTRW", "GG", "ACDEFGHIKLMNPQRSTVWY")
    open_loops = Antibody("EVQLVESGYYYWGQ", ((6, 9),)).opened()
    tokens = lambda text: tuple(CODEC.encode(text))  # noqa: E731
    plain = "".join(write(Protein(chain)) for chain in chains)
    return [
        Prompt(tokens(plain + tags.SEARCH), engine.guide(MarkedCopy(chains)), 110),
        Prompt(tokens(write(Protein(chains[2])) + tags.EDIT), engine.guide(Substitutions(chains[2], 4)), 22),
        Prompt(tokens(write(open_loops) + tags.DESIGN), engine.guide(FilledLoops((open_loops,), ((1, 6),))), 24),
    ]


def test_a_wider_rule_that_misses_a_way_is_followed_no_further():
    """Its likelihoods are then those among what the guide itself allows."""
    engine, gapped = random_engine(), (Antibody("DIQMTQ", ((2, 2),)),)
    head = tuple(CODEC.encode(write(gapped[0]) + tags.DESIGN))
    narrow, other = (engine.guide(FilledLoops(gapped, bounds)) for bounds in (((3, 4),), ((1, 2),)))
    (found,) = engine.complete([Prompt(head, narrow, 30, choices=True, wider=other)], 8, RULE, seed=2)
    for one in found:
        state, last = other.start, 0
        for token in one.tokens:
            state = other.step(state, token) if state is not None else None
            last += state is not None
        assert last < len(one.tokens) and len(one.wider_scores) == len(one.choice_scores)
        assert one.wider_scores[last:] == one.choice_scores[last:]


def test_completions_are_scored_under_a_wider_rule_too():
    """The same draws, drafted copies among them, and their likelihoods among all that the wider rule allows."""
    engine, gapped = random_engine(), (Antibody("DIQMTQ", ((2, 2),)),)
    head = tuple(CODEC.encode(write(gapped[0]) + tags.DESIGN))
    narrow, wider = (engine.guide(FilledLoops(gapped, bounds)) for bounds in (((2, 3),), ((1, 5),)))
    asked = Prompt(head, narrow, 30, choices=True)
    (plain,) = engine.complete([asked], 8, RULE, seed=2)
    (both,) = engine.complete([replace(asked, wider=wider)], 8, RULE, seed=2)
    assert [c.tokens for c in both] == [c.tokens for c in plain]
    for one, other in zip(plain, both, strict=True):
        assert one.wider_scores == () and other.choice_scores == one.choice_scores
        (table,) = engine.log_probabilities([[*head, *one.tokens]])
        state = wider.start
        for row, token, score in zip(table[len(head) :], [*one.tokens, END], other.wider_scores, strict=True):
            legal = row[wider.mask(state)].astype(float)
            assert score == pytest.approx(row[token] - np.logaddexp.reduce(legal), abs=1e-3)
            state = wider.step(state, token)


@pytest.mark.parametrize("family", ["qwen3", "llama"])
@pytest.mark.parametrize("choices", [False, True])
@pytest.mark.parametrize(("ask", "n"), [(prompts, 1), (prompts, 3), (prompts, 7), (copies, 1), (copies, 5)])
def test_the_engine_writes_what_the_naive_loop_writes(family, ask, n, choices):
    engine = random_engine(family)
    asked = [replace(prompt, choices=choices) for prompt in ask(engine)]
    found = engine.complete(asked, n, RULE, seed=n)
    for prompt, completions in zip(asked, found, strict=True):
        for sample, completion in enumerate(completions):
            answer, scores, among_legal = naive(engine, prompt, sample, RULE, n)
            assert list(completion.tokens) == answer and completion.text == CODEC.decode(answer)
            np.testing.assert_allclose(completion.symbol_scores, scores, atol=1e-4)
            np.testing.assert_allclose(completion.choice_scores, among_legal if choices else (), atol=1e-4)
            assert completion.score == pytest.approx(sum(scores), abs=1e-3)
            assert len(answer) <= prompt.budget


def test_expected_symbols_save_steps_and_change_nothing(monkeypatch):
    found = {}
    for width in (1, 3, 32):
        monkeypatch.setattr(engine_module, "MAX_WIDTH", width)
        model = Scripted().prefer("<ProteinS>MKVMKV<PocketS>A<PocketE>MKVMKV<ProteinE>", 8.0)
        engine, chain = Engine(model, CODEC), "MKVMKVAMKVMKV" * 4
        prompt = Prompt(
            tuple(CODEC.encode(f"<ProteinS>{chain}<ProteinE><Search>")), engine.guide(MarkedCopy((chain,))), 200
        )
        found[width] = engine.complete([prompt], 4, seed=3), model.runs
    assert found[1][0] == found[3][0] == found[32][0]
    runs = {width: number for width, (_, number) in found.items()}
    assert runs[1] > 2 * runs[3] and runs[3] > 1.5 * runs[32]


def test_what_continuations_have_written_alike_is_read_once():
    class Counted(Scripted):
        read = 0

        def __call__(self, tokens_T, positions_T, attention):
            self.read += len(tokens_T)
            return super().__call__(tokens_T, positions_T, attention)

    text = "<MoleculeS>CCN<MoleculeE>"
    for rule, doubt in ((Sampling(temperature=0), 1.0), (Sampling(), 9.0)):
        engine = Engine(Counted().prefer(text, doubt), CODEC)
        prompt = prompts(engine)[0]
        (found,) = engine.complete([prompt], 40, rule, seed=1)
        written = [one.tokens for one in found]
        beginnings = {tokens[:i] for tokens in written for i in range(1, len(tokens) + 1)}
        read = engine.model.read - len(CODEC.begun(prompt.tokens))
        assert len(beginnings) <= read < sum(map(len, written)) / 2
        assert (len(set(written)) == 1 and read == len(written[0])) == (rule.temperature == 0)


def test_no_more_rows_are_continued_at_once_than_may_be(monkeypatch):
    """Continuations that begin alike part later: each needs a row in the end."""
    widest = []

    class Watched(Engine):
        def step(self, cache, tokens_RW):
            widest.append(len(tokens_RW))
            return super().step(cache, tokens_RW)

    monkeypatch.setattr(engine_module, "MAX_ROWS", 8)
    engine = Watched(random_engine().model, CODEC)
    (found,) = engine.complete(prompts(engine)[:1], 60, RULE, seed=1)
    assert len({one.tokens for one in found}) > 40 and max(widest) <= 8


def test_an_answer_depends_on_its_prompt_sample_and_seed_alone(monkeypatch):
    engine = random_engine()
    asked = prompts(engine)
    whole = [[c.tokens for c in group] for group in engine.complete(asked, 20, RULE, seed=4)]
    tokens = lambda *args, **kw: [[c.tokens for c in group] for group in engine.complete(*args, **kw)]  # noqa: E731
    assert [group[:10] for group in whole] == tokens(asked, 10, RULE, seed=4)
    assert whole[1:2] == tokens(asked[1:2], 20, RULE, seed=4)
    assert whole[::-1] == tokens(asked[::-1], 20, RULE, seed=4)
    assert [*whole, whole[0]] == tokens([*asked, asked[0]], 20, RULE, seed=4)
    for rows in (1, 7, 45):  # ended rows make room for waiting ones, of the same prompt or of the next
        monkeypatch.setattr(engine_module, "MAX_ROWS", rows)
        assert whole == tokens(asked, 20, RULE, seed=4)
    monkeypatch.setattr("scilogos.decode.reader.MAX_READ", 20)  # symbols of prompts read at once: less than two of them
    assert whole == tokens(asked, 20, RULE, seed=4)
    assert whole != tokens(asked, 20, RULE, seed=5)
    assert len(set(whole[0])) > 15
    assert engine.complete([], 3) == [] and engine.complete(asked, 0) == [[], [], []]


def test_prompts_of_the_same_symbols_may_have_random_numbers_of_their_own():
    engine = random_engine()
    first = prompts(engine)[0]
    same, other = engine.complete([first, replace(first, stream=1)], 5, RULE)
    assert [c.tokens for c in same] == [c.tokens for c in engine.complete([first], 5, RULE)[0]]
    assert not {c.tokens for c in same} & {c.tokens for c in other}


def test_scores_are_the_models_own():
    engine, prompt = random_engine(), prompts(random_engine())[1]
    completions = engine.complete([prompt], 6, Sampling(temperature=0.5, top_k=4), seed=1)[0]
    scores = engine.symbol_scores(prompt.tokens, [completion.tokens for completion in completions])
    for completion, mine in zip(completions, scores, strict=True):
        assert len(mine) == len(completion.tokens) + 1
        np.testing.assert_allclose(completion.symbol_scores, mine, atol=1e-4)
        assert completion.score == pytest.approx(sum(completion.symbol_scores))


def test_scoring_packs_texts_without_mixing_them(monkeypatch):
    engine = random_engine()
    texts = [CODEC.encode(text) for text in (*TEXTS, "<ProteinS>MKV<ProteinE>", "")]
    together = list(engine.log_probabilities(texts))
    monkeypatch.setattr("scilogos.decode.reader.MAX_READ", 8)
    for text, table, alone in zip(texts, together, engine.log_probabilities(texts), strict=True):
        assert table.shape == (len(text) + 1, CODEC.vocabulary.size)
        np.testing.assert_allclose(table, alone, atol=1e-4)
        np.testing.assert_allclose(np.exp(table).sum(-1), 1, atol=1e-4)


def test_greedy_is_the_same_for_every_sample_and_in_a_prompts_last_symbols():
    engine = random_engine()
    groups = engine.complete(prompts(engine, budget=9), 3, Sampling(temperature=0))
    assert all(len({c.tokens for c in group}) == 1 for group in groups)


def test_prompts_of_different_tasks_go_in_one_call():
    engine = random_engine()
    site = Prompt(tuple(CODEC.encode("<ProteinS>MKV<ProteinE><Search>")), engine.guide(MarkedCopy(("MKV",))), 14)
    edit = Prompt(tuple(CODEC.encode("<ProteinS>MKV<ProteinE><Edit>")), engine.guide(Substitutions("MKV", 1)), 5)
    groups = engine.complete([site, *prompts(engine), edit], 4, seed=2)
    for prompt, group in ((site, groups[0]), (edit, groups[-1])):
        alone = engine.complete([prompt], 4, seed=2)[0]
        assert [completion.tokens for completion in group] == [completion.tokens for completion in alone]


@pytest.mark.parametrize("complete", [lambda e, p: e.complete([p], 2), lambda e, p: beam_search(e, p, 2)])
def test_what_cannot_hold_an_answer_is_refused_before_the_model_runs(complete):
    model = Scripted(longest=20)
    engine = Engine(model, CODEC)
    guide = engine.guide(Molecules(1, 1))
    with pytest.raises(PromptError, match="the prompt has 18 symbols .* need 3; this model reads 20 at most"):
        complete(engine, Prompt((1,) * 18, guide, 10))
    with pytest.raises(PromptError, match="an answer may need 3 symbols, and 2 are allowed"):
        complete(engine, Prompt((1,), guide, 2))
    assert not model.runs
    found = complete(engine, Prompt((1,) * 16, guide, 10))  # a budget that the model cannot read is cut
    assert model.runs and all(len(completion.tokens) == 3 for completion in found[0:1] if hasattr(completion, "tokens"))


def test_a_text_that_is_too_long_is_not_scored():
    with pytest.raises(PromptError, match="20 symbols; this model reads 19 at most"):
        list(Engine(Scripted(longest=20), CODEC).log_probabilities([(1,) * 20]))
