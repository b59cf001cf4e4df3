"""Ten thousand damaged sentences; `fuzz.py` runs the same by hand with any count."""

from tests.grammar.fuzz import SENTENCES, check_text, run


def test_the_undamaged_sentences_are_sentences():
    assert all(check_text(text) for text in SENTENCES)


def test_damaged_sentences_parse_and_write_back_or_say_where_they_go_wrong():
    tally = run(10_000, seed=1)
    assert min(tally.values()) > 500  # each outcome was met often
