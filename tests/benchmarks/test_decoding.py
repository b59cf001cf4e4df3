"""The small functions of the decoding benchmark: ratios, operations, bytes, and the sides that need no peer."""

from dataclasses import replace

import pytest

from decoding.cases import PROTEASE, retro, site
from decoding.limit import linear_shapes, step_bytes, step_flops
from decoding.ours import Ours, Unconstrained
from decoding.pairs import Work, alternate, answer_ratios, costs, symbol_ratios
from decoding.report import line, row
from decoding.sides import open_sides
from result import Spread, spread
from scilogos.errors import MissingError
from scilogos.model import Transformer
from tests.fakes import TINY, random_engine


@pytest.fixture(scope="module")
def engine():
    return random_engine()


def test_ratios_of_a_pair():
    pairs = [(Work((30, 50), 2.0), Work((40, 40, 40), 6.0))]  # 40 and 20 symbols/s, 1 and 0.5 answers/s
    assert symbol_ratios(pairs) == [2.0]
    assert answer_ratios(pairs) == [2.0]
    assert costs(pairs) == [-0.5]
    assert costs([(Work((10,), 1.25), Work((10,), 1.0))]) == [0.25]


def test_answers_and_symbols_are_different_speeds():
    pairs = [(Work((10, 10), 1.0), Work((20, 20), 1.0))]
    assert (symbol_ratios(pairs), answer_ratios(pairs)) == ([0.5], [1.0])


def test_spread_is_median_and_ends():
    assert spread([3.0, 9.0, 1.0, 2.0, 4.0]) == Spread(3.0, 1.0, 9.0)


def test_pairs_alternate_and_hand_the_lengths_on():
    said = []

    def ours() -> Work:
        said.append("ours")
        return Work((len(said),), 1.0)

    def peer(lengths) -> Work:
        said.append(lengths)
        return Work(lengths, 1.0)

    assert len(alternate(ours, peer, 3)) == 3
    assert said == ["ours", (1,), "ours", (3,), "ours", (5,)]


@pytest.mark.parametrize("tied", [True, False])
def test_weights_of_a_step_are_those_of_the_model(tied):
    config = replace(TINY, tie_word_embeddings=tied)
    model = Transformer(config, device="meta")
    matrices = sum(p.numel() for p in model.parameters() if p.ndim == 2)
    unread = 0 if tied else model.embedding_VD.numel()  # of an input table one row a symbol is read, no product
    assert sum(a * b for a, b in linear_shapes(config)) == matrices - unread


def test_operations_and_bytes_of_a_step():
    config = replace(TINY, vocab_size=100)  # D 32, F 48, 2 layers, H 4, G 2, K 8
    weights = 2 * (64 * 32 + 32 * 32 + 96 * 32 + 32 * 48) + 100 * 32
    assert step_flops(config, 5) == 2 * 5 * weights
    position = 2 * 2 * 2 * 8  # keys and values, layers, heads, numbers
    assert step_bytes(config, 5, 10, 3.5) == 2 * (weights + position * (10 + 5 * 3.5))


def test_unconstrained_writes_the_lengths_that_it_is_given(engine):
    assert Unconstrained(engine).write(retro(engine), (5, 2, 9, 1)).lengths == (5, 2, 9, 1)


def test_unconstrained_rows_differ(engine):
    case = retro(engine)
    found = engine.complete(Unconstrained(engine).prompts(case, (9,) * 6), 1, case.sampling)
    assert len({one.tokens for (one,) in found}) == 6  # equal rows would be read as one


def test_ours_keeps_to_the_budget(engine):
    work = Ours(engine).write(retro(engine, 90), 3, 0)
    assert len(work.lengths) == 3
    assert all(1 < length <= 91 for length in work.lengths)  # the end is counted


def test_site_copies_a_chain_of_300_residues(engine):
    assert len(PROTEASE) == 300
    case = site(engine)
    assert len(case.symbols) == 1 + 302 + 1
    (length,) = Ours(engine).write(case, 1, 0).lengths
    assert length >= 303
    assert (length - 303) % 2 == 0  # a mark is two symbols


def test_a_side_that_is_missing_is_named(capsys):
    def broken():
        raise MissingError("not here")

    sides, skipped = open_sides({"there": object, "away": broken})
    assert list(sides) == ["there"]
    assert skipped == {"away": "not here"}
    assert "away: skipped: not here" in capsys.readouterr().out


def test_only_the_unconstrained_side_gives_a_cost(engine):
    pairs = [(Work((10,), 1.25), Work((10,), 1.0))] * 3
    found = row(retro(engine), "unconstrained", pairs)
    assert found["constraint_cost"] == {"median": 0.25, "least": 0.25, "most": 0.25}
    assert found["ratio_symbols_per_s"]["median"] == 0.8
    assert "costs +25%" in line(found)
    assert "constraint_cost" not in row(retro(engine), "vllm", pairs)
