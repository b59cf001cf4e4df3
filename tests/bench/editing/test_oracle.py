"""Fitted networks on disk: made once, found by content, their cards; the broken ones refused."""

import importlib

import numpy as np
import pytest

from scilogos.bench.editing.landscapes import Labelled
from scilogos.bench.editing.network import Fit
from scilogos.bench.editing.oracle import CARD, WEIGHTS, agreement, fitted, held_out, trained_oracle
from scilogos.errors import CheckpointError
from tests.bench.editing.test_network import sequences

SMALL = Fit(channels=8, steps=120, batch=32, learning_rate=1e-2)
SOME = sequences(300, 8)
ROWS = Labelled(tuple(SOME), np.array([("W" in s) + 0.1 * s.count("K") for s in SOME], float))
PAIRS = Labelled(tuple(sequences(40, 8, 1)), np.linspace(0, 1, 40))


def test_an_oracle_is_fitted_once_and_has_its_card(tmp_path, monkeypatch):
    network, card = trained_oracle(tmp_path, "oracle", ROWS, PAIRS, SMALL)
    assert card["rows"] == 300 and card["fit"]["steps"] == 120 and card["pairs"] == 40
    assert 0.4 < card["held-out Spearman"] <= 1 and card["held-out rows"] == held_out(ROWS.sequences).sum()
    assert len(list(tmp_path.glob(f"*/{CARD}"))) == 2, "the oracle, and its twin that lacks a tenth"
    monkeypatch.setattr(importlib.import_module("scilogos.bench.editing.oracle"), "fit", None)
    again, found = trained_oracle(tmp_path, "oracle", ROWS, PAIRS, SMALL)
    assert found == card and np.array_equal(again.values(SOME), network.values(SOME))


def test_other_rows_or_another_fit_are_another_network(tmp_path):
    less = Labelled(ROWS.sequences[:-1], ROWS.fitness[:-1])
    other = Labelled(ROWS.sequences, ROWS.fitness + 1)
    few = Fit(channels=4, steps=1)
    cards = [fitted(tmp_path, "n", rows, how)[1] for rows in (ROWS, less, other) for how in (few, Fit(steps=2))]
    assert len({card["fingerprint"] for card in cards}) == 6


def test_the_held_out_tenth_keeps_repeats_together():
    held = held_out(tuple(SOME * 2))
    assert np.array_equal(held[:300], held[300:]) and 15 < held[:300].sum() < 50


def test_agreement_by_hand(tmp_path):
    network, _ = fitted(tmp_path, "n", ROWS, Fit(channels=4, steps=1))
    ours = network.values(PAIRS.sequences)
    found = agreement(network, Labelled(PAIRS.sequences, 2 * ours + 1))
    assert found == pytest.approx((1, np.abs(ours + 1).mean()))


def test_broken_weights_are_refused(tmp_path):
    _, card = fitted(tmp_path, "n", ROWS, Fit(channels=4, steps=1))
    (tmp_path / card["fingerprint"] / WEIGHTS).write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="delete the folder to fit it anew"):
        fitted(tmp_path, "n", ROWS, Fit(channels=4, steps=1))
