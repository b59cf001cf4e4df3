"""A guide over a vocabulary: masks, steps and budgets are those of its constraint; guides are made once."""

import random

import numpy as np
import pytest

from scilogos.grammar import symbols
from scilogos.grammar.constraints import MarkedCopy, Materials, Molecules, Substitutions
from scilogos.tokens import Guide, Guides, scratch
from scilogos.tokens import guides as guides_module

VOCABULARY = scratch()
PADDING = slice(len(VOCABULARY.symbols), VOCABULARY.size)


def encoded(text: str) -> list[int]:
    return [VOCABULARY.ids[symbol] for symbol in symbols(text, VOCABULARY.whole)]


@pytest.mark.parametrize(
    "constraint",
    [MarkedCopy(("MK", "A")), Substitutions("MKV", 2), Molecules(1, 2, frozenset("N")), Materials(VOCABULARY.whole)],
)
def test_masks_and_steps_are_the_constraint_symbol_by_symbol(constraint):
    guide, rng = Guide(constraint, VOCABULARY), random.Random(1)
    for _ in range(4):
        number, state = guide.start, constraint.start
        for _ in range(12):
            mask = guide.mask(number)
            afters = [symbol and constraint.step(state, symbol) for symbol in VOCABULARY.symbols]
            assert mask[: len(afters)].tolist()[1:] == [after is not None for after in afters][1:]
            assert mask[VOCABULARY.end] == constraint.complete(state) and not mask[PADDING].any()
            assert guide.distance(number) == constraint.distance(state)
            legal = [token for token, after in enumerate(afters) if after is not None]
            assert all(guide.step(number, int(t)) is None for t in np.flatnonzero(~mask)[::7] if t < len(afters))
            if not legal:
                break
            token = rng.choice(legal)
            number, state = guide.step(number, token), afters[token]


def test_the_end_leads_to_done_where_only_the_end_follows():
    guide = Guide(Substitutions("M", 0), VOCABULARY)
    last = guide.follow(guide.start, encoded("<ProteinS>M<ProteinE>"))
    assert guide.step(last, VOCABULARY.end) == guide.done == guide.step(guide.done, VOCABULARY.end)
    assert guide.mask(guide.done).nonzero()[0].tolist() == [VOCABULARY.end]
    assert guide.within(guide.done, -5)[VOCABULARY.end] and guide.distance(guide.done) == 0
    assert guide.step(guide.start, VOCABULARY.end) is None


def test_within_leaves_what_the_budget_can_end():
    guide = Guide(MarkedCopy(("MK",)), VOCABULARY)
    start = guide.follow(guide.start, encoded("<ProteinS>"))
    mark, residue = encoded("<PocketS>")[0], VOCABULARY.ids["residue", "M"]
    for budget, legal in ((3, {residue}), (4, {residue}), (5, {residue, mark}), (50, {residue, mark}), (2, set())):
        assert set(guide.within(start, budget).nonzero()[0].tolist()) == legal
        assert {token for token in range(VOCABULARY.size) if guide.fits(start, token, budget)} == legal


def test_follow_goes_through_a_given_beginning():
    guide = Guide(Materials(VOCABULARY.whole), VOCABULARY)
    state = guide.follow(guide.start, encoded("<MaterialS><MetalS>[Zn]<MetalE>"))
    assert guide.mask(state)[encoded("<MoleculeS>")[0]] and guide.distance(state) == 4
    assert guide.follow(guide.start, []) == guide.start
    assert guide.follow(guide.start, encoded("<MaterialS><MoleculeS>")) is None
    assert guide.follow(guide.start, encoded("<MaterialS><MetalS>[Zn][Xe]<MetalE>")) is None  # [Xe] is spelled


def test_a_constraint_has_one_guide(monkeypatch):
    guides = Guides(VOCABULARY)
    first = guides(Molecules(1, 2))
    assert guides(Molecules(1, 2)) is first and guides(Molecules(1, 3)) is not first
    monkeypatch.setattr(guides_module, "_STATES_KEPT", 60)
    grown = guides(Substitutions("M" * 80, 0))
    assert guides(Molecules(1, 2)) is first
    grown.follow(grown.start, encoded(f"<ProteinS>{'M' * 80}<ProteinE>"))
    assert guides(Molecules(1, 2)) is first and guides(Substitutions("M" * 80, 0)) is not grown
