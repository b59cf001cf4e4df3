"""What is told of the way to the end without walking it is never too little."""

import random

import pytest

from scilogos.grammar.constraints import Spelled
from scilogos.tokens import Guide
from scilogos.tokens.spelling import Spelling
from tests.tokens.test_text_guide import CONSTRAINTS, VOCABULARY

LETTERS = sorted({c for s in VOCABULARY.alphabet.ids if s.kind != "tag" for c in s.text})


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_bound_holds_for_the_way_that_is_walked(name):
    guide = Guide(CONSTRAINTS[name], VOCABULARY.alphabet)
    spelling, rng, near = Spelling(guide), random.Random(3), 0
    tags = [token for symbol, token in VOCABULARY.alphabet.ids.items() if symbol.kind == "tag"]
    for _ in range(30):
        state = spelling.start
        for _ in range(60):
            assert spelling.distance(state) <= spelling.bound(state)
            near += spelling.bound(state) <= 2 * spelling.distance(state) + 2
            after = [spelling.step(state, c) for c in LETTERS]
            after += [spelling.read(state, tag) for tag in tags]
            if not any(after):
                break
            state = rng.choice([found for found in after if found is not None])
    if isinstance(CONSTRAINTS[name], Spelled) and name in ("molecules", "bounded", "free material"):
        assert near > 300  # so tight that budgets need no walk
