"""Ranking: equal things merge by likelihood, votes count draws, averages run over writings, refusals are counted."""

import math
from dataclasses import replace

import pytest

from scilogos.decode import Completion
from scilogos.errors import InputError
from scilogos.tasks.ranking import by_character, log_sum_exp, rank


def completion(text: str, p: float) -> Completion:
    return Completion((1,), math.log(p), text)


def read(text: str) -> str:
    if text.startswith("bad"):
        raise InputError(text)
    return text.lower()


def test_equal_things_told_by_distinct_texts_merge():
    ranking = rank([[completion("b", 0.25), completion("A", 0.2), completion("a", 0.1), completion("A", 0.2)]], read)
    assert [answer.thing for answer in ranking] == ["a", "b"]
    assert [math.exp(answer.score) for answer in ranking] == pytest.approx([0.3, 0.25])
    assert ranking[0].votes == 3 and ranking[0].texts == ("A", "a") and ranking[1].votes == 1
    assert (ranking.drawn, ranking.refused, len(ranking)) == (4, 0, 2)


def test_probabilities_are_averaged_over_writings():
    groups = [[completion("a", 0.4)], [completion("a", 0.2), completion("b", 0.5)], []]
    ranking = rank(groups, read)
    assert {answer.thing: round(math.exp(answer.score), 6) for answer in ranking} == {"a": 0.2, "b": 0.166667}
    assert ranking[0].texts == ("a",) and ranking[0].votes == 2


def test_a_long_answer_may_be_worth_more_for_each_character():
    drawn = [completion("aa", 0.2), completion("bbbbbbbb", 0.1), completion("BBBBBBBB", 0.05)]
    assert [answer.thing for answer in rank([drawn], read)] == ["aa", "bbbbbbbb"]
    ranking = rank([drawn], read, worth=by_character)
    assert [answer.thing for answer in ranking] == ["bbbbbbbb", "aa"] and by_character(ranking[1]) == math.log(0.2) / 3


def test_what_cannot_be_read_is_counted_and_left_out():
    ranking = rank([[completion("bad1", 0.9), completion("a", 0.1), completion("bad2", 0.5)]], read, most=5)
    assert (ranking.drawn, ranking.refused) == (3, 2) and [answer.thing for answer in ranking] == ["a"]
    assert len(rank([[completion("a", 0.1), completion("b", 0.2)]], read, most=1)) == 1
    assert len(rank([[completion("bad", 0.9)]], read)) == 0 and len(rank([], read)) == 0


def test_small_probabilities_do_not_vanish():
    assert log_sum_exp([-2000.0, -2000.0]) == pytest.approx(-2000 + math.log(2))
    assert log_sum_exp([-math.inf, -math.inf]) == -math.inf


def test_the_order_goes_by_the_legal_symbols_alone():
    a = Completion((1,), -6.0, "a", (-5.0, -1.0), (-0.5, -0.25))
    b = Completion((2,), -2.0, "b", (-1.0, -1.0), (-1.0, -1.0))
    ranking = rank([[a, b], [a]], read)
    assert [answer.thing for answer in ranking] == ["a", "b"] and ranking[0].score < ranking[1].score
    assert [answer.legal_score for answer in ranking] == pytest.approx([-0.75, -2 - math.log(2)])
    wider = rank([[replace(a, wider_scores=(-9.0, -1.0)), b]], read)
    assert [answer.legal_score for answer in wider] == pytest.approx([-2, -10]), "a wider rule says more"
    unasked = rank([[completion("a", 0.1)]], read)[0]
    assert unasked.legal_score == unasked.score, "where nobody asked, there is one likelihood"


def test_draws_count_as_they_are_weighed():
    drawn = [completion("aab", 0.1), completion("bad", 0.1), completion("xyz", 0.4), completion("AAB", 0.2)]
    even = rank([drawn], read)
    assert {answer.thing: answer.weight for answer in even} == pytest.approx({"aab": 0.5, "xyz": 0.25})
    told = {"aab": math.log(1), "AAB": math.log(2), "xyz": math.log(4), "bad": math.log(3)}
    weighed = rank([drawn], read, log_weight=lambda one: told[one.text] - 1000)
    assert {answer.thing: answer.weight for answer in weighed} == pytest.approx({"aab": 0.3, "xyz": 0.4})
    assert [answer.score for answer in weighed] == [answer.score for answer in even]
    by_weight = [
        ranking.by(lambda thing, r=ranking: {a.thing: a.weight for a in r}[thing]) for ranking in (even, weighed)
    ]
    assert [ranking[0].thing for ranking in by_weight] == ["aab", "xyz"]
