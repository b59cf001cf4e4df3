"""What must hold of vLLM beside our own engine on the same weights, whatever the vocabulary."""

import math
from collections import Counter

import numpy as np
import pytest

from scilogos.decode import Engine, Prompt, Sampling
from scilogos.decode.served import ServedEngine
from scilogos.grammar import Protein, tags, write
from scilogos.grammar.constraints import Bounds, MarkedCopy, Materials, Molecules
from scilogos.tasks import cdr_design

GREEDY = Sampling(temperature=0)
CHAIN = "MKVLAAGIV"
PRODUCT = "<MoleculeS>CCO<MoleculeE><ReverseReact>"


def prompts(engine: Engine | ServedEngine) -> list[Prompt]:
    """A copy, molecules, and a material from given parts that goes on from a node."""
    whole, encode = engine.codec.vocabulary.whole, engine.codec.encode
    begun = tuple(encode("<MaterialS><MetalS>[Zn]<MetalE>"))
    material = engine.guide(Materials(whole, frozenset({"[Zn]", "[Cu]"}), most_linkers=1, linkers=("O=C([O-])C",)))
    small = Molecules(1, 2, bounds=Bounds(most_atoms=4, most_rings=1))
    return [
        Prompt(tuple(encode(write(Protein(CHAIN)) + tags.SEARCH)), engine.guide(MarkedCopy((CHAIN,))), 40),
        Prompt(tuple(encode(PRODUCT)), engine.guide(small), 40),
        Prompt(begun, material, 60, material.follow(material.start, begun)),
    ]


def without_chance_the_answers_are_the_same(own: Engine, served: ServedEngine) -> None:
    """Compare the most probable symbols, one after the other, and their scores."""
    ours, theirs = own.complete(prompts(own), 1, GREEDY), served.complete(prompts(served), 1, GREEDY)
    for (mine,), (other,) in zip(ours, theirs, strict=True):
        assert other.text == mine.text and other.tokens == mine.tokens
        assert other.symbol_scores == pytest.approx(mine.symbol_scores, abs=2e-3)


def every_draw_is_legal_and_scored_by_the_unmasked_model(own: Engine, served: ServedEngine) -> None:
    """Verify draws once more, and score them with our own engine."""
    for prompt, group in zip(prompts(served), served.complete(prompts(served), 4, seed=1), strict=True):
        assert len(group) == 4
        for one in group:
            state = prompt.guide.follow(prompt.state, one.tokens)
            assert state is not None and prompt.guide.step(state, served.codec.vocabulary.end) is not None
            (scores,) = own.symbol_scores(prompt.tokens, [one.tokens])
            assert one.symbol_scores == pytest.approx(scores, abs=2e-3)


def the_same_seed_gives_the_same(served: ServedEngine) -> None:
    """Draw twice, and more of the same."""
    first = served.complete(prompts(served), 2, seed=3)
    again = served.complete(prompts(served), 4, seed=3)
    assert [[one.tokens for one in some] for some in first] == [[one.tokens for one in some[:2]] for some in again]
    assert len({one.tokens for some in served.complete(prompts(served), 4, seed=4) for one in some}) > 3


def draws_follow_the_masked_model(served: ServedEngine, n: int = 400) -> None:
    """Compare shares of answers with the likelihoods that their symbols had among the legal ones."""
    chain = Prompt(
        tuple(served.codec.encode(write(Protein("MKV")) + tags.SEARCH)),
        served.guide(MarkedCopy(("MKV",))),
        11,
        choices=True,
    )
    (group,) = served.complete([chain], n)
    likelihood = {one.tokens: math.exp(sum(one.choice_scores)) for one in group}
    assert sum(likelihood.values()) < 1 + 1e-3
    for tokens, count in Counter(one.tokens for one in group).most_common(4):
        p = likelihood[tokens]
        assert abs(count / n - p) < 4 * math.sqrt(p * (1 - p) / n) + 1e-3, served.codec.decode(tokens)


def loops_weigh_as_ours_do(own: Engine, served: ServedEngine) -> None:
    """Compare the likelihoods of drawn loops, and those of being drawn under the length, with what our engine reads."""
    domain = (
        "EVQLVESGGGLVQPGGSLRLSCAASGFNIKDTYIHWVRQAPGKGLEWVARIYPTNGYTRYADSVKGRFTISADTSKNTAYLQMNSLRAEDTAVYYC"
        "SRWGGDGFYAMDYWGQGTLVTVSS"
    )
    given = cdr_design.opening([domain], ["H3"])
    rule, weights = cdr_design.constraint(given, (2, 2)), []
    head, begun = own.codec.encode(cdr_design.prompt(given) + rule.before), own.codec.encode(rule.before)
    ranking = cdr_design.draw(served, given, lengths=(2, 2), samples=8, seed=3)
    for answer in ranking:
        inner = own.codec.encode(answer.texts[0].removesuffix(rule.behind))[len(begun) :]
        free, ruled = (own.both_scores(head, [inner], own.guide(r))[0][1].sum() for r in (rule.of_any_length, rule))
        assert answer.legal_score == pytest.approx(free, abs=5e-3)
        weights.append(answer.votes * math.exp(free - ruled))
    assert [answer.weight for answer in ranking] == pytest.approx([w / sum(weights) for w in weights], abs=1e-2)


def tables_are_the_same(own: Engine, served: ServedEngine) -> None:
    """Compare the log-probabilities of all symbols behind every beginning of a text."""

    text = own.codec.encode(PRODUCT)
    for mine, other in zip(own.log_probabilities([text]), served.log_probabilities([text]), strict=True):
        assert mine.shape == other.shape and np.abs(mine - other).max() < 2e-3
