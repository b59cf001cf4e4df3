"""Recipes: TOML tables to frozen dataclasses, refusing by name what does not fit."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from scilogos.errors import MissingError, RecipeError
from scilogos.recipe import read_table, read_toml, to_dataclass


@dataclass(frozen=True, kw_only=True)
class Source:
    name: str
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Recipe:
    steps: int
    rate: float = 0.1
    compiled: bool = False
    kind: Literal["adamw", "muon"] = "adamw"
    folder: Path | None = None
    sizes: tuple[int, ...] = ()
    sources: tuple[Source, ...] = ()
    main: Source = field(default_factory=lambda: Source(name="none"))
    shares: dict[str, float] = field(default_factory=dict)


TOML = """
steps = 10
rate = 1
compiled = true
kind = "muon"
folder = "runs/a"
sizes = [1, 2]
shares = {x = 1, y = 0.5}
[main]
name = "m"
[[sources]]
name = "a"
weight = 2
[[sources]]
name = "b"
"""


def test_a_whole_recipe(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text(TOML)
    recipe = to_dataclass(Recipe, read_toml(path), "recipe")
    assert recipe == Recipe(
        steps=10, rate=1.0, compiled=True, kind="muon", folder=Path("runs/a"), sizes=(1, 2), main=Source(name="m"),
        sources=(Source(name="a", weight=2.0), Source(name="b")), shares={"x": 1.0, "y": 0.5},
    )  # fmt: skip
    assert isinstance(recipe.rate, float) and isinstance(recipe.shares["x"], float)


def test_defaults_stay():
    assert to_dataclass(Recipe, {"steps": 3}, "recipe") == Recipe(steps=3)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"steps": 1, "step": 2}, "recipe: unknown key 'step'; expected one of compiled, folder"),
        ({}, "recipe: key 'steps' is missing"),
        ({"steps": "1"}, "recipe.steps: found '1'; expected int"),
        ({"steps": 1.5}, "recipe.steps: found 1.5; expected int"),
        ({"steps": True}, "recipe.steps: found True; expected int"),
        ({"steps": 1, "rate": "fast"}, "recipe.rate: found 'fast'; expected float"),
        ({"steps": 1, "rate": True}, "recipe.rate: found True; expected float"),
        ({"steps": 1, "compiled": 1}, "recipe.compiled: found 1; expected bool"),
        ({"steps": 1, "kind": "sgd"}, "recipe.kind: found 'sgd'; expected one of adamw, muon"),
        ({"steps": 1, "folder": 3}, "recipe.folder: found 3; expected Path"),
        ({"steps": 1, "sizes": 3}, "recipe.sizes: found 3; expected tuple"),
        ({"steps": 1, "sizes": [1, "2"]}, "recipe.sizes[1]: found '2'; expected int"),
        ({"steps": 1, "main": "m"}, "recipe.main: found 'm'; expected Source"),
        ({"steps": 1, "main": {"nam": "m"}}, "recipe.main: unknown key 'nam'; expected one of name, weight"),
        ({"steps": 1, "sources": [{"name": "a"}, {}]}, "recipe.sources[1]: key 'name' is missing"),
        ({"steps": 1, "shares": {"x": "y"}}, "recipe.shares.x: found 'y'; expected float"),
        ({"steps": 1, "shares": [1]}, "recipe.shares: found [1]; expected dict"),
    ],
)
def test_what_is_refused_and_how_it_is_named(table, message):
    with pytest.raises(RecipeError) as caught:
        to_dataclass(Recipe, table, "recipe")
    assert str(caught.value).startswith(message)


def test_files_that_are_no_recipe(tmp_path):
    with pytest.raises(MissingError, match="no such recipe"):
        read_toml(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("steps = \n")
    with pytest.raises(RecipeError, match=r"bad\.toml: not TOML.*line 1"):
        read_toml(tmp_path / "bad.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RecipeError, match="not TOML"):
        read_toml(tmp_path / "binary.toml")


def test_a_recipe_over_its_base_replaces_whole_keys(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "large.toml").write_text(
        '[corpus]\nname = "c"\n[train]\nsteps = 9\nrate = 2\nshares = {x = 1, y = 2}\n'
    )
    small = tmp_path / "runs" / "small.toml"
    small.write_text('base = "../large.toml"\n[train]\nrate = 3\nshares = {y = 1}\n')
    assert read_table(small, "train") == {"steps": 9, "rate": 3, "shares": {"y": 1}}
    assert read_table(small, "corpus") == {"name": "c"}
    smaller = tmp_path / "smaller.toml"
    smaller.write_text('base = "runs/small.toml"\n[train]\nsteps = 1\n')
    assert read_table(smaller, "train") == {"steps": 1, "rate": 3, "shares": {"y": 1}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('base = "none.toml"\n[train]\n', "none.toml: no such recipe"),
        ("base = 3\n[train]\n", "base: found 3; expected the path"),
        ('base = "recipe.toml"\n[train]\n', "more than 8 recipes"),
        ("[corpus]\nname = 1\n", r"table \[train\] is missing"),
        ("[other]\nname = 1\n", "unknown key 'other'"),
        ("train = 1\n", "unknown key 'train'"),
    ],
)
def test_bad_bases_and_tables_are_refused(tmp_path, text, message):
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises((RecipeError, MissingError), match=message):
        read_table(path, "train")
