"""What must hold for every object and sentence: written, parsed, read symbol by symbol."""

import pytest
from hypothesis import given, settings

from scilogos.grammar import Automaton, parse, symbols, write
from scilogos.tokens import scratch
from tests.strategies import SENTENCES, sentences

WHOLES = {"vocabulary": scratch().whole, "none": frozenset(), "some": frozenset({"[nH]", "[C@H]", "[Zn]"})}
AUTOMATA = {name: Automaton(whole) for name, whole in WHOLES.items()}


@pytest.mark.parametrize("name", SENTENCES)
def test_parse_reads_what_write_wrote(name):
    @settings(max_examples=40, deadline=None)
    @given(SENTENCES[name])
    def check(sentence):
        text = write(sentence)
        assert parse(text) == sentence
        assert write(parse(text)) == text
        assert hash(parse(text)) == hash(sentence)

    check()


@pytest.mark.parametrize("name", WHOLES)
def test_the_automaton_accepts_every_sentence_and_only_at_its_end(name):
    automaton = AUTOMATA[name]

    @settings(max_examples=50, deadline=None)
    @given(sentences())
    def check(sentence):
        found = symbols(write(sentence), WHOLES[name])
        state, text = automaton.start, ""
        for symbol in found:
            state = automaton.step(state, symbol)
            assert state is not None
            text += symbol.text
            if automaton.complete(state):
                assert write(parse(text)) == text
        assert automaton.complete(state)
        assert not any(s.kind == "smiles" and s.text[0] == "[" and s.text not in WHOLES[name] for s in found)

    check()


@settings(max_examples=40, deadline=None)
@given(sentences())
def test_symbols_join_to_the_text_and_letters_are_typed_by_their_tags(sentence):
    text = write(sentence)
    for automaton, whole in zip(AUTOMATA.values(), WHOLES.values(), strict=True):
        found = symbols(text, whole)
        assert "".join(s.text for s in found) == text
        assert automaton.accepts(found)
        if found[-2].kind in ("residue", "smiles"):
            other = "smiles" if found[-2].kind == "residue" else "residue"
            assert not automaton.accepts([*found[:-2], found[-2]._replace(kind=other), found[-1]])
