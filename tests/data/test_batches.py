"""Packed rows: whole sentences, shares of the tokens, the same for every process, resumable from a few integers."""

import itertools
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scilogos.data import legal_table
from scilogos.data.batches import Mixture, Row
from scilogos.data.shards import CorpusInfo, ShardWriter
from scilogos.errors import CheckpointError, RecipeError

VOCABULARY = 64
LONGEST = {"short": 6, "long": 40, "rare": 12}
COUNTS = {"short": 90, "long": 30, "rare": 5}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Three modalities; a sentence begins with a number of its own, so that it can be told from all others."""
    folder, rng, infos = tmp_path_factory.mktemp("corpus"), np.random.default_rng(5), []
    for modality, count in COUNTS.items():
        writer = ShardWriter(folder, modality, "train", legal=True)
        for i in range(count):
            length = int(rng.integers(2, LONGEST[modality] + 1))
            prompt = int(rng.integers(0, length))
            body = rng.integers(1, VOCABULARY, length - 1).tolist()
            legal = [0] * prompt + rng.integers(0, 4, length - prompt).tolist()
            writer.append([1000 * (1 + list(COUNTS).index(modality)) + i, *body], prompt, legal)
        infos.append(writer.close())
    empty = ShardWriter(folder, "empty", "train", legal=True).close()
    table = np.ones((4, VOCABULARY), bool)
    table[2] = False
    table[2, 7] = True  # a row that leaves no choice
    table[3, :30] = False
    shards, legal = (*infos, empty), legal_table.save(folder, table)
    CorpusInfo(vocabulary="v", vocabulary_size=VOCABULARY, recipe="r", shards=shards, legal=legal).save(folder)
    return folder


def mixture(folder: Path, **options) -> Mixture:
    options = {"split": "train", "shares": {"short": 1, "long": 2, "rare": 1}, "row_length": 64, "seed": 3} | options
    return Mixture(folder, **options)


def sentences(row: Row) -> list[list[int]]:
    """The sentences of a row, told by positions alone."""
    found, at = [], 0
    for length in row.lengths:
        assert row.positions[at : at + length].tolist() == list(range(length))
        found.append(row.targets[at : at + length - 1].tolist())
        at += length
    return found


def same(a: Row, b: Row) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(vars(a).values(), vars(b).values(), strict=True))


def known(folder: Path) -> dict[int, list[int]]:
    """The sentences of the corpus by their first number."""
    shards = mixture(folder).shards.values()
    every = [shard.tell(i, 0).tokens.tolist() for shard in shards for i in range(len(shard))]
    return {sentence[0]: sentence for sentence in every}


@settings(max_examples=50)
@given(st.integers(0, 10**6), st.integers(41, 120))
def test_rows_hold_whole_sentences_one_after_the_other(folder, seed, row_length):
    rows = mixture(folder, seed=seed, row_length=row_length)
    texts = known(folder)
    for row in (rows.next() for _ in range(4)):
        used = sum(row.lengths)
        assert used <= row_length and len(row.inputs) == len(row.targets) == row_length
        for sentence in sentences(row):
            assert sentence == texts[sentence[0]]
        ends = np.cumsum(row.lengths) - 1
        starts = ends + 1 - row.lengths
        assert (row.inputs[starts] == 0).all() and (row.targets[ends] == 0).all()  # <end> before and after
        inside = np.setdiff1d(np.arange(used), starts)
        assert np.array_equal(row.inputs[inside], row.targets[inside - 1])
        assert (row.weights[:used] == 1).all() and not row.weights[used:].any() and not row.inputs[used:].any()


def test_the_next_sentence_would_not_have_fitted(folder):
    rows = mixture(folder)
    drawn = [rows.next() for _ in range(50)]
    for row, after in itertools.pairwise(drawn):
        assert sum(row.lengths) + after.lengths[0] > 64
    assert sum(sum(row.lengths) for row in drawn) / (50 * 64) > 0.7


@pytest.mark.parametrize("shares", [{"short": 1, "long": 2, "rare": 1}, {"short": 0.9, "long": 0.1, "rare": 0}])
def test_tokens_come_by_their_shares(folder, shares):
    rows = mixture(folder, shares=shares)
    places = Counter()
    for _ in range(300):
        for sentence in sentences(rows.next()):
            places[list(COUNTS)[sentence[0] // 1000 - 1]] += len(sentence) + 1
    total, parts = sum(places.values()), sum(shares.values())
    for name, share in shares.items():
        assert (
            abs(places[name] - total * share / parts) <= max(LONGEST.values()) + 1
        )  # never further off than a sentence
        assert rows.draws.tokens.get(name, 0) == places[name]


def test_every_epoch_tells_all_in_another_order(folder):
    rows = mixture(folder, shares={"short": 1})
    order: list[int] = []
    while len(order) < 4 * COUNTS["short"]:
        order += [sentence[0] for sentence in sentences(rows.next())]
    epochs = [order[i : i + COUNTS["short"]] for i in range(0, 3 * COUNTS["short"], COUNTS["short"])]
    assert all(sorted(epoch) == sorted(epochs[0]) for epoch in epochs) and len(set(epochs[0])) == COUNTS["short"]
    for other in (*epochs[1:], sorted(epochs[0])):
        assert sum(a == b for a, b in zip(epochs[0], other, strict=True)) < 10
    again = mixture(folder, shares={"short": 1}, seed=4).next()
    assert sentences(again)[:5] != sentences(mixture(folder, shares={"short": 1}).next())[:5]


def test_resumed_from_its_draws_it_goes_on_with_the_same_rows(folder):
    whole = mixture(folder)
    rows = [whole.next() for _ in range(12)]
    first = mixture(folder)
    for _ in range(5):
        first.next()
    draws = json.loads(json.dumps(asdict(first.draws)))
    assert len(json.dumps(draws)) < 300
    second = mixture(folder)
    second.resume(draws)
    assert all(same(row, second.next()) for row in rows[5:])
    with pytest.raises(CheckpointError, match="the draws are of long, rare, short; the recipe mixes short"):
        mixture(folder, shares={"short": 1}).resume(draws)


@pytest.mark.parametrize("world", [2, 3])
def test_the_ranks_together_give_the_rows_of_one_process(folder, world):
    alone = mixture(folder)
    ranks = [mixture(folder, rank=rank, world=world) for rank in range(world)]
    for _ in range(5):
        for rank in ranks:
            assert same(alone.next(), rank.next())


def test_answers_only_counts_answers_where_there_is_a_choice(folder):
    rows, shards = mixture(folder, answers_only=True), mixture(folder).shards
    texts = [shard.tell(i, 0) for shard in shards.values() for i in range(len(shard))]
    prompts = {int(text.tokens[0]): text.prompt for text in texts}
    legal = {int(text.tokens[0]): text.legal for text in texts}
    forced = 0
    for row in (rows.next() for _ in range(20)):
        at = 0
        for sentence, length in zip(sentences(row), row.lengths, strict=True):
            expected = np.ones(length)
            expected[: prompts[sentence[0]]] = 0
            expected[:-1][legal[sentence[0]] == 2] = 0
            forced += int((legal[sentence[0]] == 2).sum())
            assert row.weights[at : at + length].tolist() == expected.tolist()
            assert row.legal[at : at + length - 1].tolist() == legal[sentence[0]].tolist()
            at += length
        assert not row.weights[at:].any() and not row.legal[at:].any()
    assert forced > 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shares": {"short": 1, "odd": 1}}, "no train sentences of odd; found long, rare, short"),
        ({"shares": {"empty": 1}}, "no train sentences of empty"),
        ({"split": "val"}, "no val sentences of long, rare, short; found none"),
    ],
)
def test_what_the_corpus_lacks_is_named(folder, options, message):
    with pytest.raises(RecipeError, match=message):
        mixture(folder, **options)
    assert mixture(folder, shares={"short": 1, "odd": 0}).next().lengths  # a share of nothing needs nothing


def test_a_sentence_longer_than_a_row_is_refused(folder):
    longest = max(map(len, known(folder).values())) + 1
    with pytest.raises(RecipeError, match=f"a long sentence of {longest} symbols exceeds row_length {longest - 1}"):
        mixture(folder, row_length=longest - 1)
    assert mixture(folder, row_length=longest).next().lengths


def test_an_epoch_tells_each_record_once_and_another_epoch_by_another_sentence(tmp_path):
    writer = ShardWriter(tmp_path, "m", "train", legal=False)
    forms = {record: 1 + record % 4 for record in range(40)}
    for record, number in forms.items():
        for form in range(number):
            writer.append([100 + record, form], 0, first=form == 0)
    CorpusInfo(vocabulary="v", vocabulary_size=512, recipe="r", shards=(writer.close(),)).save(tmp_path)
    rows = Mixture(tmp_path, split="train", shares={"m": 1}, row_length=3 * 40, seed=5)
    told = [[tuple(sentence) for sentence in sentences(rows.next())] for _ in range(200)]
    assert all(sorted(record - 100 for record, _ in epoch) == list(range(40)) for epoch in told)
    counts = Counter(itertools.chain(*told))
    for record, number in forms.items():
        each = [counts[100 + record, form] for form in range(number)]
        assert sum(each) == 200 and min(each) > 120 / number


def test_shares_change_with_the_phase_and_records_go_on(folder):
    phases = [(0, {"short": 1.0}), (6, {"short": 1, "long": 3}), (12, {"rare": 1.0})]
    rows = Mixture(folder, split="train", shares=phases, row_length=200, seed=3)
    told = [[sentence[0] // 1000 for sentence in sentences(rows.next())] for _ in range(18)]
    names = {1 + number: name for number, name in enumerate(COUNTS)}
    assert {names[n] for row in told[:6] for n in row} == {"short"}
    assert {names[n] for row in told[12:] for n in row} == {"rare"}
    places = Counter()
    again = Mixture(folder, split="train", shares=phases, row_length=200, seed=3)
    drawn = [again.next() for _ in range(12)][6:]
    for row in drawn:
        for sentence, length in zip(sentences(row), row.lengths, strict=True):
            places[names[sentence[0] // 1000]] += length
    assert set(places) == {"short", "long"} and 2.5 < places["long"] / places["short"] < 3.5
    later = Mixture(folder, split="train", shares=phases, row_length=200, seed=3)
    later.resume(json.loads(json.dumps(asdict(again.draws))))
    assert same(later.next(), again.next())
