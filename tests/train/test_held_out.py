"""The loss on what a corpus holds out."""

import math
from dataclasses import replace

import pytest

from scilogos.errors import RecipeError
from scilogos.model import Transformer, load_checkpoint, save_checkpoint
from scilogos.train import held_out_loss, train


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return tmp_path_factory.mktemp("weights")


@pytest.fixture
def trained(recipe, folders):
    if not (folders / "run").exists():
        train(replace(recipe, row_length=64), folders / "run", quiet=True)
    return folders / "run" / "final"


def test_who_knows_nothing_pays_for_every_free_choice(corpus, legal_corpus, trained, tmp_path):
    config = load_checkpoint(trained)[1]
    save_checkpoint(tmp_path / "zero", Transformer(config), config)
    assert held_out_loss(tmp_path / "zero", corpus, "up", row_length=64) == pytest.approx(math.log(32), abs=1e-4)
    bound = held_out_loss(tmp_path / "zero", legal_corpus, "up", row_length=64)
    assert math.log(16) < bound < math.log(32)  # ends are free, all else is one of sixteen


def test_who_has_learnt_pays_less_however_rows_are_cut(corpus, trained):
    losses = [held_out_loss(trained, corpus, "up", row_length=length) for length in (32, 64, 64, 256)]
    assert losses[1] == losses[2] and max(losses) < 2.5
    assert max(losses) - min(losses) < 0.3  # the last row tells some records again


def test_rows_and_symbols_that_are_asked(corpus, trained):
    few, every = (held_out_loss(trained, corpus, "up", row_length=32, most=most) for most in (1, None))
    assert few != every == held_out_loss(trained, corpus, "up", row_length=32, most=1000)
    assert held_out_loss(trained, corpus, "up", row_length=32, answers_only=False) > every, "beginnings are a guess"


def test_a_modality_that_holds_nothing_out(corpus, trained):
    with pytest.raises(RecipeError, match="no val sentences of sideways"):
        held_out_loss(trained, corpus, "sideways", row_length=64)
