"""The numbering that trained weights depend on. It only ever grows at its end, and never without this golden."""

import json
from pathlib import Path

import pytest

from scilogos.errors import CheckpointError
from scilogos.grammar import Symbol
from scilogos.grammar.bracket import is_bracket_atom
from scilogos.grammar.smiles import START
from scilogos.tokens import Vocabulary, scratch

GOLDEN = json.loads((Path(__file__).parent / "vocabulary.json").read_text())


def test_the_numbering_is_frozen():
    vocabulary = scratch()
    texts = ["<end>" if s is None else f"{s.kind} {s.text}" for s in vocabulary.symbols]
    assert texts == GOLDEN["symbols"]
    assert vocabulary.fingerprint == GOLDEN["fingerprint"]
    assert (len(texts), vocabulary.size) == (GOLDEN["count"], GOLDEN["size"])


def test_every_symbol_has_one_number_and_is_of_the_language():
    vocabulary = scratch()
    assert sorted(vocabulary.ids.values()) == list(range(1, len(vocabulary.symbols)))
    assert vocabulary.end == 0 and vocabulary.size % 64 == 0 and vocabulary.size >= len(vocabulary.symbols)
    for symbol in vocabulary.ids:
        if symbol.kind == "smiles":
            assert START.step(symbol.text) or START.step("C").step(symbol.text) or symbol.text == ")"
        if symbol.kind in ("residue", "spell", "net"):
            assert len(symbol.text) == 1
    assert vocabulary.whole == {s.text for s in vocabulary.ids if is_bracket_atom(s.text)}


def test_one_letter_has_a_number_for_each_thing_that_it_means():
    ids = scratch().ids
    for letter in "CNPSFIcn":
        kinds = [k for k in ("residue", "smiles", "spell", "net") if Symbol(k, letter) in ids]
        assert len({ids[Symbol(k, letter)] for k in kinds}) == len(kinds) >= 3


@pytest.mark.parametrize("symbols", [(), (Symbol("tag", "<Gap>"),), (None, None), (None, *[Symbol("net", "a")] * 2)])
def test_a_vocabulary_starts_with_the_end_and_holds_every_symbol_once(symbols):
    with pytest.raises(CheckpointError):
        Vocabulary(symbols)


def test_another_order_has_another_fingerprint():
    symbols = scratch().symbols
    assert Vocabulary((None, *reversed(symbols[1:]))).fingerprint != scratch().fingerprint
