"""Every recipe that we stand by can be read."""

import tomllib
from pathlib import Path

import pytest

from scilogos.data import corpus
from scilogos.train import read_recipe

RECIPES = sorted((Path(__file__).resolve().parents[2] / "recipes").rglob("*.toml"))


def test_there_are_recipes():
    assert RECIPES


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_recipe_parses(path):
    tables = tomllib.loads(path.read_text())
    assert tables
    assert set(tables) <= {"corpus", "train"}
    if "corpus" in tables:
        recipe = corpus.read_recipe(path)
        assert recipe.sources
        assert all(not Path(source.path).is_absolute() for source in recipe.sources)
    if "train" in tables:
        assert read_recipe(path).steps > 0


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_recipe_names_files_that_are_there(path, data):
    tables = tomllib.loads(path.read_text())
    if "corpus" not in tables:
        pytest.skip(f"{path.name} prepares no corpus")
    named = [
        value
        for source in tables["corpus"]["sources"]
        for key, value in source.items()
        if key in ("path", "join", "exclude", "pairs")
    ]
    assert [name for name in named if not (data / name).exists()] == []
