"""The recipe of a run: its schedule, and the name of what is wrong with it."""

from dataclasses import replace

import pytest

from scilogos.errors import MissingError, RecipeError
from scilogos.train import read_recipe

TOML = """
[train]
name = "x"
corpus = "runs/corpus"
tokens = 1000
warmup_tokens = 100
[train.shares]
a = 1
[train.shape]
hidden_size = 32
intermediate_size = 64
num_hidden_layers = 2
num_attention_heads = 2
num_key_value_heads = 1
head_dim = 16
"""


def test_the_schedule_warms_up_stays_and_falls_to_zero(recipe):
    recipe = replace(recipe, tokens=100 * 128, warmup_tokens=10 * 128, decay_tokens=20 * 128, learning_rate=1.0)
    assert recipe.steps == 100 and recipe.step_tokens == 128
    rates = [recipe.rate(step) for step in range(100)]
    assert rates[:10] == pytest.approx([step / 10 for step in range(1, 11)])
    assert rates[10:80] == [1.0] * 70
    assert rates[80:] == pytest.approx([left / 20 for left in range(20, 0, -1)])
    plain = replace(recipe, warmup_tokens=0, decay_tokens=0)
    assert {plain.rate(step) for step in range(100)} == {1.0}


def test_the_last_step_may_be_cut_short_but_is_made(recipe):
    assert replace(recipe, tokens=128 * 7 + 1, warmup_tokens=0, decay_tokens=0).steps == 8


def test_a_recipe_is_read(tmp_path):
    (tmp_path / "r.toml").write_text(TOML)
    recipe = read_recipe(tmp_path / "r.toml")
    assert recipe.shares == {"a": 1.0} and recipe.shape.head_dim == 16 and recipe.optimiser == "muon"
    with pytest.raises(MissingError, match="no such recipe"):
        read_recipe(tmp_path / "none.toml")


def test_shares_change_after_a_share_of_the_tokens(tmp_path):
    later = "\n[[train.later]]\nafter = 0.5\nshares = {b = 2}\n[[train.later]]\nafter = 0.9\nshares = {a = 1, c = 1}\n"
    (tmp_path / "r.toml").write_text(TOML.replace("tokens = 1000", "tokens = 1000\nrow_length = 10") + later)
    recipe = read_recipe(tmp_path / "r.toml")
    assert recipe.steps * recipe.rows_per_step == 100
    assert recipe.phases == ((0, {"a": 1.0}), (50, {"b": 2.0}), (90, {"a": 1.0, "c": 1.0}))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "x"', 'name = "x"\nspeed = 3', "train: unknown key 'speed'"),
        ("head_dim = 16", "head_dims = 16", "train.shape: unknown key 'head_dims'"),
        ("head_dim = 16", "", "train.shape: key 'head_dim' is missing"),
        ('corpus = "runs/corpus"', "", "train: key 'corpus' is missing"),
        ("tokens = 1000", 'tokens = "many"', "train.tokens: found 'many'; expected int"),
        ("tokens = 1000", "tokens = 0", "train: tokens: found 0; expected a positive number"),
        ("tokens = 1000", "tokens = 1000\nlearning_rate = nan", "train: learning_rate: found nan"),
        ("tokens = 1000", "tokens = 1000\nclip = 0", "train: clip: found 0.0; expected a positive number"),
        ("tokens = 1000", "tokens = 1000\ndecay_tokens = -1", "train: decay_tokens: found -1; expected 0 or more"),
        (
            "tokens = 1000",
            "tokens = 1000\noptimiser = 'sgd'",
            "train.optimiser: found 'sgd'; expected one of muon, adamw",
        ),
        ("tokens = 1000", "tokens = 99", "train: warmup_tokens and decay_tokens together exceed tokens = 99"),
        ("a = 1", "a = 0", "train: shares: expected a share above 0"),
        ("a = 1", "a = 1\nb = -1", "train: shares: expected a share above 0"),
        ("a = 1", "a = 1\n[[train.later]]\nafter = 1.5\nshares = {a = 1}", "train: later: found after = [1.5]"),
        ("a = 1", "a = 1\n[[train.later]]\nafter = 0.5\nshares = {a = 0}", "train: shares: expected a share above 0"),
        ("a = 1", "a = '1'", "train.shares.a: found '1'; expected float"),
        ("tokens = 1000", "tokens = 1000\nstart = 'runs/other/final'", "train: give either"),
        ("[train]", "[train]\n[tarin]\n[train.more]\n", "unknown key 'tarin'"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(tmp_path, old, new, message):
    (tmp_path / "r.toml").write_text(TOML.replace(old, new, 1))
    with pytest.raises(RecipeError) as caught:
        read_recipe(tmp_path / "r.toml")
    assert str(caught.value).startswith(f"{tmp_path / 'r.toml'}: ") and message in str(caught.value)
