"""The automaton says no as soon as no sentence goes on so: wherever it can be led, there is a way to the end."""

import heapq
import random

import pytest

from scilogos.grammar import State, Symbol
from scilogos.grammar.automaton import Smiles
from scilogos.grammar.tags import PAIRS
from tests.grammar.fuzz import ALPHABET, AUTOMATON, SENTENCES, check_text, cut

CLOSING = {closing for _, closing in PAIRS.values()}


def _rank(symbol) -> tuple[bool, bool, bool]:
    return symbol.text not in CLOSING, symbol.text not in (")", "]"), symbol.kind == "tag"


TOWARDS_THE_END = sorted(ALPHABET, key=_rank)


def finish(state: State) -> str | None:
    """Search for the rest of a sentence, closing first what is open."""
    seen, heap = {state}, [(0, 0, "", state)]
    while heap and len(seen) < 20_000:
        _, _, text, state = heapq.heappop(heap)
        if AUTOMATON.complete(state):
            return text
        for symbol in reversed(TOWARDS_THE_END):
            after = AUTOMATON.step(state, symbol)
            if after is not None and after not in seen and _left_open(after) <= _left_open(state):
                seen.add(after)
                heapq.heappush(heap, (_left_open(after), -len(seen), text + symbol.text, after))
    return None


def _left_open(state: State) -> int:
    if not isinstance(state.inner, Smiles):
        return 0
    return len(state.inner.prefix.rings) + state.inner.prefix.depth + bool(state.inner.spelled)


def test_wherever_the_automaton_can_be_led_a_sentence_can_be_ended():
    rng, finished = random.Random(21), 0
    for _ in range(150):
        base = cut(rng.choice(SENTENCES))
        state, text = AUTOMATON.start, ""
        for symbol in base[: rng.randrange(len(base))]:
            state, text = AUTOMATON.step(state, symbol), text + symbol.text
        for _ in range(rng.randint(1, 6)):  # then off the road, tags as often as letters
            legal = [s for s in ALPHABET if AUTOMATON.step(state, s) is not None]
            marks = [s for s in legal if s.kind == "tag"]
            symbol = rng.choice(rng.choice((legal, marks or legal)) or [None])
            if symbol is None:
                assert AUTOMATON.complete(state), text
                break
            state, text = AUTOMATON.step(state, symbol), text + symbol.text
        rest = finish(state)
        assert rest is not None, f"no sentence begins with {text!r}"
        assert check_text(text + rest), (text, rest)
        finished += 1
    assert finished == 150


@pytest.mark.parametrize(
    ("beginning", "kind", "last"),
    [
        ("<ProteinS>M<ProteinE><Edit><ProteinS>", "tag", "<PocketS>"),
        ("<ProteinS><PocketS>M<PocketE><ProteinE>", "tag", "<Edit>"),
        ("<ProteinS>M<ProteinE><Search><ProteinS><PocketS>", "smiles", "N"),
        ("<ProteinS><PocketS>M<PocketE><PocketS>", "smiles", "N"),
        ("<ProteinS><PocketS>NCC(=O)O<PocketE><PocketS>", "residue", "G"),
        ("<AntibodyS><CdrS>A<CdrE><CdrS>", "tag", "<Gap>"),
        ("<AntibodyS><CdrS><Gap><CdrE><CdrS>", "residue", "A"),
        ("<AntibodyS><CdrS><Gap>", "residue", "A"),
        ("<AntibodyS>A<AntibodyE><Design><AntibodyS><CdrS>", "tag", "<Gap>"),
        ("<AntibodyS><CdrS>A<CdrE><AntibodyE>", "tag", "<Design>"),
        ("<MoleculeS>C<MoleculeE><MoleculeS>C<MoleculeE>", "tag", "<ReverseReact>"),
        ("<MoleculeS>C", "residue", "C"),
        ("<MoleculeS>C", "spell", "C"),
    ],
)
def test_what_leads_nowhere_is_refused_at_once(beginning, kind, last):
    state = AUTOMATON.start
    for symbol in cut(beginning):
        state = AUTOMATON.step(state, symbol)
        assert state is not None
    assert AUTOMATON.step(state, Symbol(kind, last)) is None
