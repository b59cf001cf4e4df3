"""Protein editing and CDR design end to end with a random model, and by script."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scilogos.decode import Engine, Prompt, Sampling
from scilogos.decode.served import ServedEngine
from scilogos.errors import InputError, PromptError, ScilogosError
from scilogos.grammar import Protein, Symbol, tags, write
from scilogos.grammar.constraints import FilledLoops
from scilogos.tasks import cdr_design, protein_editing
from tests.decode.naive import Naive
from tests.fakes import CODEC, Scripted, random_engine
from tests.published import small_codec

PARENT = "MKVLAAGIVX"
# Trastuzumab's variable domains (INN; PDB 1N8Z)
VH = (
    "EVQLVESGGGLVQPGGSLRLSCAASGFNIKDTYIHWVRQAPGKGLEWVARIYPTNGYTRYADSVKGRFTISADTSKNTAYLQMNSLRAEDTAVYYC"
    "SRWGGDGFYAMDYWGQGTLVTVSS"
)
VL = "DIQMTQSPSSLSASVGDRVTITCRASQDVNTAVAWYQQKPGKAPKLLIYSASFLYSGVPSRFSGSRSGTDFTLTISSLQPEDFATYYCQQHYTTPPTFGQGTKVEIK"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return random_engine()


@settings(max_examples=25)
@given(st.text("ACDEFGHIKLMNPQRSTVWYX", min_size=2, max_size=14), st.data())
def test_variants_are_named_and_keep_to_budget_and_positions(engine, parent, data):
    most = data.draw(st.integers(1, 16))
    positions = data.draw(st.none() | st.frozensets(st.integers(0, len(parent) - 1), min_size=1))
    seed = data.draw(st.integers(0, 9))
    ranking = protein_editing.edit(engine, parent, n=6, most=most, positions=positions, seed=seed)
    guide = engine.guide(protein_editing.constraint(parent, most=most, positions=positions))
    assert 1 <= len(ranking) <= 6 and (ranking.drawn, ranking.refused) == (18, 0)
    for answer in ranking:
        letters = list(parent)
        for name in answer.thing.substitutions:
            assert letters[int(name[1:-1]) - 1] == name[0] != name[-1]
            letters[int(name[1:-1]) - 1] = name[-1]
        assert "".join(letters) == answer.thing.residues
        assert guide.follow(guide.start, CODEC.encode(answer.texts[0])) is not None


def test_a_score_is_the_likelihood_of_the_variant(engine):
    tokens = CODEC.encode(protein_editing.prompt(PARENT))
    found, rule = protein_editing.edit(engine, PARENT, n=4, seed=3), engine.guide(protein_editing.anything(PARENT))
    for answer in found:
        ((plain, legal),) = engine.both_scores(tokens, [CODEC.encode(answer.texts[0])], rule)
        assert answer.score == pytest.approx(plain.sum(), abs=1e-3)
        assert answer.legal_score == pytest.approx(legal.sum(), abs=1e-3) and legal.sum() > plain.sum()
    assert [a.legal_score for a in found] == sorted((a.legal_score for a in found), reverse=True)


def test_fewer_draws_are_the_first_of_more(engine):
    few, many = (protein_editing.edit(engine, PARENT, n=60, samples=k, seed=3) for k in (20, 60))
    votes = {answer.thing: answer.votes for answer in many}
    assert len(few) < len(many) and all(answer.votes <= votes[answer.thing] for answer in few)
    assert [a.thing for a in protein_editing.edit(engine, PARENT, n=60, samples=20, seed=3)] == [a.thing for a in few]
    assert {a.thing for a in protein_editing.edit(engine, PARENT, n=60, samples=20, seed=4)} != {a.thing for a in few}


def test_log_odds_compare_the_models_own_symbols(engine):
    odds = protein_editing.log_odds(engine, protein_editing.constraint("MKX", positions=frozenset({0, 2})))
    assert odds.shape == (3, 20) and not np.isfinite(odds[1]).any() and np.isfinite(odds[2]).all()
    tokens, letters = CODEC.encode(protein_editing.prompt("MKX")), "ACDEFGHIKLMNPQRSTVWY"
    assert [letters[a] for a in np.flatnonzero(~np.isfinite(odds[0]))] == ["M"]
    for place, variant in ((0, "WKX"), (2, "MKW")):
        answers = [CODEC.encode(f"<ProteinS>{residues}<ProteinE>") for residues in (variant, "MKX")]
        changed, own = (scores[place + 1] for scores in engine.symbol_scores(tokens, answers))
        assert odds[place, letters.index("W")] == pytest.approx(changed - own, abs=1e-4)


def test_a_substitution_is_written_as_biologists_write_it():
    assert protein_editing.read("M" * 41 + "A", f"<ProteinS>{'M' * 41}V<ProteinE>").substitutions == ("A42V",)
    with pytest.raises(InputError, match="no variant"):
        protein_editing.read("MK", "<ProteinS>MK<ProteinE>")


def test_the_scripted_variant_comes_first():
    model = Scripted().prefer("<ProteinS>MKW<ProteinE>", 9.0)
    ranking = protein_editing.edit(Engine(model, CODEC), "MKV", n=5)
    assert ranking[0].thing.substitutions == ("V3W",) and ranking[0].votes > 5
    assert [a.legal_score for a in ranking] == sorted((a.legal_score for a in ranking), reverse=True)


def test_the_budget_is_spent_where_the_model_gains():
    parent = "A" * 20 + "KV" + "A" * 20
    model = Scripted().raise_logit(Symbol("residue", "K"), Symbol("residue", "W"), 12.0)
    ranking = protein_editing.edit(Engine(model, CODEC), parent, n=10, most=2)
    assert len(ranking) == 10 and all("V22W" in answer.thing.substitutions for answer in ranking)
    others = {int(name[1:-1]) for answer in ranking for name in answer.thing.substitutions} - {22}
    assert max(others) - min(others) > 10


def test_a_chain_as_long_as_the_model_reads_is_edited_and_a_longer_one_refused():
    engine = Engine(Scripted(longest=66), CODEC)  # twice thirty residues and their tags, the joint and the first symbol
    assert len(protein_editing.edit(engine, "M" * 30, n=2)) == 2
    with pytest.raises(PromptError, match="67 symbols; this model reads 65 at most: shorten it"):
        protein_editing.edit(engine, "M" * 31, n=2)


@pytest.mark.parametrize(
    ("parent", "options", "told"),
    [
        ("MKV", {"positions": frozenset({3})}, "position 4 lies outside a chain of 3"),
        ("MKV", {"positions": frozenset()}, "at 0 allowed positions"),
        ("MKV", {"most": 0}, "1 to 0 substitutions"),
        ("", {}, "at least one residue"),
        ("MJV", {}, "residue 2 is 'J'"),
    ],
)
def test_an_edit_that_cannot_be_is_refused(engine, parent, options, told):
    with pytest.raises(ScilogosError, match=told):
        protein_editing.edit(engine, parent, **options)


def test_loops_are_named_and_the_framework_is_kept(engine):
    ranking = cdr_design.design(engine, [VH], ["h3", "H1"], n=4, seed=2)
    given = cdr_design.opening([VH], ["H1", "H3"])
    assert given.loops == (("H1", "GFNIKDTY"), ("H3", "SRWGGDGFYAMDY")) and len(ranking) == 4
    head, rest = VH.split("GFNIKDTY")
    middle, tail = rest.split("SRWGGDGFYAMDY")
    for answer in ranking:
        loops = dict(answer.thing.loops)
        assert list(loops) == ["H1", "H3"]
        assert answer.thing.domains == (head + loops["H1"] + middle + loops["H3"] + tail,)
        assert 5 <= len(loops["H1"]) <= 11 and 10 <= len(loops["H3"]) <= 16


def test_loops_longer_than_those_of_training_can_be_asked_for(engine):
    ranking = cdr_design.design(engine, [VH], ["H3"], n=2, samples=8, lengths=(42, 44), seed=1)
    assert all(42 <= len(answer.thing.loops[0][1]) <= 44 for answer in ranking)
    assert not ranking[0].votes and all(np.isfinite(answer.legal_score) for answer in ranking)
    longest = VH.replace("SRWGGDGFYAMDY", "SR" + "WGGDGFYAM" * 4 + "DY")
    given = cdr_design.opening([longest], ["H3"])
    assert len(given.loops[0][1]) == 40
    assert all(len(a.thing.loops[0][1]) >= 37 for a in cdr_design.design(engine, [longest], ["H3"], n=2, samples=8))


def test_paired_domains_and_an_antigen(engine):
    antigen = Protein("MKVLAAGIVG", (2, 3))
    ranking = cdr_design.design(engine, [VL, VH], ["H3", "L1"], antigens=[antigen], n=2, lengths=(4, 6), seed=1)
    assert cdr_design.prompt(cdr_design.opening([VH], ["H3"]), [antigen]).startswith("<ProteinS>MK<PocketS>V")
    for answer in ranking:
        light, heavy = answer.thing.domains
        assert [name for name, _ in answer.thing.loops] == ["L1", "H3"]
        assert all(4 <= len(text) <= 6 and text in light + heavy for _, text in answer.thing.loops)
        assert light.startswith("DIQMTQSPSS") and heavy.endswith("WGQGTLVTVSS")
    partner = cdr_design.design(engine, [VH, VL], ["H3"], n=2, seed=1)
    assert all(answer.thing.domains[1] == VL for answer in partner)


@pytest.mark.parametrize(
    ("sequences", "loops", "options", "told"),
    [
        ([VH], ["H4"], {}, "loops H4: the given domains have H1, H2, H3"),
        ([VH], ["L3", "H3"], {}, "loops L3"),
        ([VH], [], {}, "none named"),
        ([VH], ["H3"], {"lengths": (5, 2)}, "loop length 5 to 2"),
        ([VH], ["H3"], {"scheme": "kabatt"}, "scheme"),
        (["MKVLAAGIVG"], ["H3"], {}, "no antibody variable domain"),
        ([VH], ["H3"], {"antigens": [Protein("MK", (0,), "expanded")]}, "found expanded"),
        ([VH], ["H3"], {"antigens": [Protein("M" * 900)]}, "this model reads 1024 at most"),
        ([VH], ["H3"], {"antigens": [Protein("M" * 800)]}, "its answer may need 127; this model reads 1024 at most"),
    ],
)
def test_a_design_that_cannot_be_is_refused(engine, sequences, loops, options, told):
    with pytest.raises(ScilogosError, match=told):
        cdr_design.design(engine, sequences, loops, **options)


def test_a_loop_by_script():
    model = Scripted().raise_logit(Symbol("tag", "<CdrS>"), Symbol("residue", "Y"), 30.0)
    ranking = cdr_design.design(Engine(model, CODEC), [VH], ["H3"], n=3, seed=4)
    assert ranking[0].thing.loops[0][1].startswith("Y") and ranking.refused == 0


@pytest.mark.parametrize("order", ["agreement", "likelihood"])
def test_designs_are_scored_whole(engine, order):
    """As the model scores the whole answer, framework and partner as well; the first one under either rule."""
    given = cdr_design.opening([VL, VH], ["L3", "H3"])
    ranking = cdr_design.design(engine, [VL, VH], ["L3", "H3"], n=5, samples=40, lengths=(2, 3), order=order, seed=5)
    head = CODEC.encode(cdr_design.prompt(given))
    texts = [answer.texts[0] for answer in ranking]
    found = engine.symbol_scores(head, [CODEC.encode(text) for text in texts])
    assert [answer.score for answer in ranking] == pytest.approx([float(each.sum()) for each in found], abs=1e-2)
    assert texts == [cdr_design.filled(given, answer.thing.residues) for answer in ranking]
    assert len({answer.thing for answer in ranking}) == 5 and ranking.drawn == 40
    if order == "likelihood":
        legal = [answer.legal_score for answer in ranking]
        assert legal == sorted(legal, reverse=True) and all(a.legal_score > a.score for a in ranking)
    else:
        votes = [answer.votes for answer in cdr_design.design(
            engine, [VL, VH], ["L3", "H3"], n=41, samples=40, lengths=(2, 3), order=order, seed=5
        )]  # fmt: skip
        assert sum(votes) == 40 and all(votes[1:]), "only the first, put together residue by residue, may be undrawn"
    rule = cdr_design.FilledLoops(cdr_design.constraint(given).gapped, inner=True)
    for answer in ranking:
        begun = CODEC.encode(rule.before)
        inner = CODEC.encode(answer.texts[0].removesuffix(rule.behind))[len(begun) :]
        ((_, among),) = engine.both_scores([*head, *begun], [inner], engine.guide(rule))
        assert answer.legal_score == pytest.approx(float(among.sum()), abs=1e-2), "of a drawn one as it was drawn"


def test_draws_of_another_sampling_count_alike(engine):
    given = cdr_design.opening([VH], ["H3"])
    usual, cooler = (
        cdr_design.draw(engine, given, lengths=(2, 2), samples=30, sampling=Sampling(temperature=t), seed=1)
        for t in (1.0, 0.9)
    )
    assert [answer.weight for answer in cooler] == pytest.approx([answer.votes / 30 for answer in cooler])
    assert [answer.weight for answer in usual] != pytest.approx([answer.votes / 30 for answer in usual])


def test_draws_of_loops_are_weighed_by_what_the_model_finds_likely(engine):
    """Log p of residues and end among both, read from the model's tables, less log p under the rule of three."""
    given = cdr_design.opening([VH], ["H3"])
    rule = cdr_design.constraint(given, (3, 3))
    head = CODEC.encode(cdr_design.prompt(given) + rule.before)
    wider = engine.guide(FilledLoops(rule.gapped, inner=True))
    (drawn,) = engine.complete([Prompt(tuple(head), engine.guide(rule), 200, choices=True, wider=wider)], 6, seed=3)
    residues = [CODEC.encode(write(Protein(letter)))[1] for letter in "ACDEFGHIKLMNPQRSTVWY"]
    choices = [*residues, CODEC.vocabulary.ids[Symbol("tag", "<CdrE>")]]
    for completion in drawn:
        (table,) = engine.log_probabilities([[*head, *completion.tokens]])
        rows = table[len(table) - 1 - len(completion.tokens) :][:4].astype(float)
        legal = [residues, choices, choices, choices]  # a loop has a residue
        free = sum(rows[i, completion.tokens[i]] - np.logaddexp.reduce(rows[i, legal[i]]) for i in range(4))
        ruled = sum(rows[i, completion.tokens[i]] - np.logaddexp.reduce(rows[i, residues]) for i in range(3))
        assert cdr_design.log_weight(completion) == pytest.approx(free - ruled, abs=1e-3)


def test_loops_from_a_served_model_weigh_as_ours_do(engine):
    """A grammar would hide what only the rule of training allows: none is sent, and the weights are the same."""
    given = cdr_design.opening([VH], ["H3"])
    served = ServedEngine(naive := Naive(engine), CODEC)
    ranking = cdr_design.draw(served, given, lengths=(2, 2), samples=6, seed=3)
    assert all(request.expression is None for request in naive.asked)
    rule, own = cdr_design.constraint(given, (2, 2)), []
    head = CODEC.encode(cdr_design.prompt(given) + rule.before)
    for answer in ranking:
        inner = CODEC.encode(answer.texts[0].removesuffix(rule.behind))[len(CODEC.encode(rule.before)) :]
        likely = [engine.both_scores(head, [inner], engine.guide(r))[0][1].sum() for r in (rule.of_any_length, rule)]
        assert answer.legal_score == pytest.approx(likely[0], abs=1e-3)
        own.append(answer.votes * np.exp(likely[0] - likely[1]))
    assert [answer.weight for answer in ranking] == pytest.approx(np.array(own) / sum(own), abs=1e-3)


def test_lengths_may_be_a_list_and_an_unknown_order_is_refused(engine):
    options = {"n": 2, "samples": 4, "seed": 1}
    assert cdr_design.design(engine, [VH], ["H3"], lengths=[5, 6], **options) == cdr_design.design(
        engine, [VH], ["H3"], lengths=(5, 6), **options
    )
    with pytest.raises(PromptError, match="order 'best': expected likelihood or agreement"):
        cdr_design.design(engine, [VH], ["H3"], order="best", **options)
    for n, samples in ((0, None), (-1, 4), (2, 0)):
        with pytest.raises(PromptError, match="expected 1 or more of each"):
            protein_editing.edit(engine, "MKVLAAGIVG", n=n, samples=samples)


def test_a_grown_vocabulary_cannot_edit():
    with pytest.raises(PromptError, match="tokens may hold several residues"):
        protein_editing.edit(random_engine(codec=small_codec(tags.TAGS)), "MKVLAAGIVG")


def test_loops_of_a_grown_vocabulary_are_scored_without_an_end_that_is_none():
    codec = small_codec(tags.TAGS)
    engine = random_engine(codec=codec)
    given = cdr_design.opening([VH], ["H3"])
    ranking = cdr_design.design(engine, [VH], ["H3"], n=5, samples=6, lengths=(5, 6), seed=1)
    rule = cdr_design.constraint(given)
    head, begun = codec.encode(cdr_design.prompt(given)), codec.encode(rule.before)
    assert not ranking[0].votes and all(answer.votes for answer in ranking.answers[1:])
    for answer in ranking:
        inner = codec.encode(answer.texts[0].removesuffix(rule.behind))[len(begun) :]
        (scores,) = engine.symbol_scores([*head, *begun], [inner])
        told = answer.legal_score
        assert told == pytest.approx(scores[:-1].sum(), abs=1e-2) or told > scores[:-1].sum(), "or of several texts"
