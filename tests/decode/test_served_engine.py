"""The engine over vLLM's interface: every token is drawn as our own engine draws it, and what cannot be is refused."""

import math
from collections import Counter
from itertools import chain

import pytest

from scilogos.decode import Engine, Prompt, Sampling
from scilogos.decode.served import ServedEngine
from scilogos.decode.served import engine as served_module
from scilogos.decode.served.engine import spelling_tags
from scilogos.decode.served.requests import Draw, Reply, Request
from scilogos.errors import CheckpointError, InputError, PromptError
from scilogos.grammar import Antibody, Protein, tags, write
from scilogos.grammar.constraints import Bounds, FilledLoops, MarkedCopy, Molecules, Substitutions
from tests.decode.naive import Naive
from tests.fakes import CODEC, random_engine
from tests.published import small_codec

GREEDY = Sampling(temperature=0)
GAPPED = Antibody("EVQLVESGYYYWGQ", ((6, 9),)).opened()


@pytest.fixture(scope="module")
def own() -> Engine:
    return random_engine(longest=256)


@pytest.fixture(scope="module")
def served(own) -> ServedEngine:
    return ServedEngine(Naive(own), CODEC)


def prompts(engine, budget: int = 30, **options) -> list[Prompt]:
    asked = [
        ("<MoleculeS>CCO<MoleculeE><ReverseReact>", Molecules(1, 2)),
        (write(Protein("MKV")) + tags.SEARCH, MarkedCopy(("MKV",))),
        (write(Protein("MKV")) + tags.EDIT, Substitutions("MKV", 1, 1)),
        (write(GAPPED) + tags.DESIGN, FilledLoops((GAPPED,), ((2, 4),))),
    ]
    return [Prompt(tuple(CODEC.encode(text)), engine.guide(rule), budget, **options) for text, rule in asked]


def test_without_chance_the_answers_are_our_own_engines(own, served):
    ours = own.complete(prompts(own), 2, GREEDY)
    theirs = served.complete(prompts(served), 2, GREEDY)
    for mine, other in zip(chain(*ours), chain(*theirs), strict=True):
        assert other.tokens == mine.tokens and other.text == mine.text
        assert other.score == pytest.approx(mine.score, abs=1e-3)
        assert other.symbol_scores == pytest.approx(mine.symbol_scores, abs=1e-3)


def test_draws_follow_the_masked_model(own, served):
    """The share of an answer is its probability where every symbol is drawn among the legal ones alone."""
    rule, head = (
        Molecules(bounds=Bounds(elements=frozenset({"C"}), most_atoms=2, most_rings=0)),
        CODEC.encode("<React>"),
    )
    (group,) = served.complete([Prompt(tuple(head), served.guide(rule), 6)], 150)
    likely = Counter(completion.tokens for completion in group).most_common(5)
    assert len(likely) > 2
    for tokens, count in likely:
        p = math.exp(_choice_score(own, head, tokens, rule, 6))
        assert abs(count / 150 - p) < 4 * math.sqrt(p * (1 - p) / 150), CODEC.decode(tokens)


def _choice_score(own: Engine, head, tokens, rule, budget: int) -> float:
    """The log-likelihood of an answer of which each symbol is one of the legal ones."""
    guide, naive = own.guide(rule), Naive(own)
    logits_TV = naive.logits([*CODEC.begun(head), *tokens]).double()
    state, total = guide.start, 0.0
    for place, token in enumerate((*tokens, CODEC.vocabulary.end)):
        row = logits_TV[len(head) + place]
        legal = guide.within(state, budget - place).nonzero()[0].tolist()
        total += (row[token] - row[legal].logsumexp(0)).item()
        state = guide.step(state, token)
    return total


def test_choices_are_the_log_likelihoods_among_the_legal_symbols(own, served):
    (group,) = served.complete(prompts(served, choices=True)[1:2], 3)
    for completion in group:
        expected = _choice_score(own, prompts(own)[1].tokens, completion.tokens, MarkedCopy(("MKV",)), 30)
        assert sum(completion.choice_scores) == pytest.approx(expected, abs=1e-3)
        assert len(completion.choice_scores) == len(completion.tokens) + 1


def test_the_same_seed_gives_the_same_and_fewer_are_the_first_of_more(served):
    asked = prompts(served, 12)[1:3]
    few, many = (served.complete(asked, n, seed=5) for n in (2, 4))
    assert [group[:2] for group in many] == few
    assert served.complete(asked, 4, seed=6) != many
    assert served.complete(asked, 0) == [[], []] and served.complete([], 3) == []


def test_scores_are_our_own(own, served):
    head, answers = CODEC.encode("<ProteinS>MKV<ProteinE><Edit>"), [CODEC.encode("<ProteinS>MKA<ProteinE>"), []]
    ours, theirs = own.symbol_scores(head, answers), served.symbol_scores(head, answers)
    assert [list(scores) for scores in theirs] == [pytest.approx(scores, abs=1e-4) for scores in ours]
    (table,) = served.log_probabilities([head])
    assert table.shape == (len(head) + 1, CODEC.vocabulary.size)
    assert table[-1, answers[0][0]] == pytest.approx(theirs[0][0], abs=1e-4)


def test_scores_among_legal_symbols_are_our_own(own, served):
    head, answers = CODEC.encode("<ProteinS>MKV<ProteinE><Edit>"), [CODEC.encode("<ProteinS>MKA<ProteinE>"), []]
    rule = Substitutions("MKV", 2)
    ours, theirs = (
        own.both_scores(head, answers, own.guide(rule)),
        served.both_scores(head, answers, served.guide(rule)),
    )
    for mine, other in zip(ours, theirs, strict=True):
        assert other[0] == pytest.approx(mine[0], abs=1e-4) and other[1] == pytest.approx(mine[1], abs=1e-4)


def test_an_answer_ends_within_its_budget(served):
    (group,) = served.complete(prompts(served, 8)[:1], 10)
    assert len(group) == 10 and max(len(one.tokens) for one in group) <= 8


def test_the_longest_text_that_fits_is_drawn_and_scored(own, served):
    longest = own.model.config.max_position_embeddings - 8  # five symbols of an answer, and three around it
    (group,) = served.complete([Prompt((5,) * longest, served.guide(MarkedCopy(("MKV",))), 30)], 2)
    assert [one.text for one in group] == [write(Protein("MKV"))] * 2


def test_every_prompt_and_every_seed_draws_by_itself(own):
    engine, seeds = ServedEngine(naive := Naive(own), CODEC), []
    for seed in (5, 6):
        naive.asked.clear()
        engine.complete(prompts(engine, 12)[1:3], 1, seed=seed)
        seeds += [request.seed for request in naive.asked[:2]]
    assert len(set(seeds)) == 4


def test_equal_answers_are_scored_once(own):
    engine = ServedEngine(naive := Naive(own), CODEC)
    naive.asked.clear()
    engine.symbol_scores([5], [[6], [6], [7]])
    assert len(naive.asked) == 2


def test_what_does_not_fit_is_refused_before_the_model_runs(own):
    engine = ServedEngine(naive := Naive(own), CODEC)
    naive.asked.clear()
    with pytest.raises(PromptError, match=r"this model reads 254 at most"):
        engine.complete([Prompt((5,) * 250, engine.guide(MarkedCopy(("MKV",))), 30)], 1)
    with pytest.raises(PromptError, match=r"vLLM scores 255 at most"):
        engine.symbol_scores([5] * 250, [[6] * 5])
    assert naive.asked == []


def test_what_needs_the_weights_is_refused(served):
    for name in ("model", "dtype", "device", "cache"):
        with pytest.raises(InputError, match="this needs the weights here"):
            getattr(served, name)


def test_a_model_of_another_vocabulary_is_refused(own):
    class Other(Naive):
        def _reply(self, request: Request) -> Reply:
            return Reply((1, 2, 3), (), (Draw((4,), ()),))

    with pytest.raises(CheckpointError, match=r"another vocabulary: .* is \(1, 2, 3\)"):
        ServedEngine(Other(own), CODEC)


def test_logits_are_not_taken_for_log_probabilities(own):
    class Logits(Naive):
        def _reply(self, request: Request) -> Reply:
            reply = super()._reply(request)
            return Reply(reply.prompt, ({0: 7.5},), reply.draws)

    with pytest.raises(CheckpointError, match="--logprobs-mode raw_logprobs"):
        ServedEngine(Logits(own), CODEC)


def test_what_finds_no_end_is_said_and_never_made_up(own, monkeypatch):
    monkeypatch.setattr(served_module, "ROUNDS", 2)
    engine = ServedEngine(Naive(own), CODEC)
    asked = prompts(engine)
    with pytest.raises(PromptError, match="none of 3 answers found an end in 2 rounds"):
        engine.complete(asked[3:], 3)

    class Copyist(Naive):
        """Writes one of its answers as it should."""

        def _draw(self, request, prompt, sample):
            whole = (*CODEC.encode(write(Protein("MKV"))), CODEC.vocabulary.end)
            return Draw(whole, ()) if sample == 1 else super()._draw(request, prompt, sample)

    engine = ServedEngine(Copyist(own), CODEC)
    with pytest.warns(UserWarning, match="2 of 3 answers found no legal end in 2 rounds"):
        (group,) = engine.complete([asked[1]], 3)
    assert [completion.text for completion in group] == [write(Protein("MKV"))]


def test_tokens_that_could_spell_a_tag_are_shunned():
    codec = small_codec()
    texts = [codec.vocabulary.tokenizer.id_to_token(token) for token in spelling_tags(codec)]
    assert "<" in texts and all("<" in text and text not in tags.TAGS for text in texts)
    assert spelling_tags(CODEC) == ()
