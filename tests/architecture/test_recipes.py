"""Every recipe that we stand by can be read."""

import tomllib
from pathlib import Path

import pytest

from scilogos.bench.editing.settings import Settings
from scilogos.data import corpus
from scilogos.data.tables import read_rows
from scilogos.train import read_recipe

MADE = {"CoRE", "QMOF", "hMOF"}
ROOT = Path(__file__).resolve().parents[2] / "recipes"
RECIPES = sorted(ROOT.rglob("*.toml"))


def test_there_are_recipes():
    assert RECIPES


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: str(path.relative_to(ROOT)))
def test_recipe_parses(path):
    tables = tomllib.loads(path.read_text())
    assert tables
    assert set(tables) <= {"corpus", "train", "base", "oracle", "predictor"}
    if "corpus" in tables:
        recipe = corpus.read_recipe(path)
        assert recipe.sources
        assert all(not Path(source.path).is_absolute() for source in recipe.sources)
    if "train" in tables:
        run = read_recipe(path)
        prepared = ROOT / ("posttrain.toml" if run.corpus.name == "corpus-posttrain" else "pretrain.toml")
        modalities = {source.modality for source in corpus.read_recipe(prepared).sources}
        assert run.steps > 0 and all(shares.keys() <= modalities for _, shares in run.phases)


@pytest.mark.parametrize("name", ["pretrain.toml", "posttrain.toml"])
def test_most_frameworks_are_made_ones(name):
    """CoRE, QMOF and hMOF are 70% of what is read of frameworks at least; the others were only enumerated."""
    for _, shares in read_recipe(ROOT / name).phases:
        assert shares["material"] >= 0.7 * (shares["material"] + shares.get("enumerated", 0))


def test_most_rows_of_frameworks_are_made_ones_too(data):
    sources = [s for s in corpus.read_recipe(ROOT / "pretrain.toml").sources if s.reader == "materials"]
    enumerated, made = (next(s for s in sources if s.forms == (form,)) for form in ("enumerated", "made"))
    rows = read_rows(data / made.path, ("families", "split_linker"))
    known = [row for row in rows if MADE & set(row["families"].split("|")) and row["split_linker"] != "test"]
    told = len(known) * 0.98  # some are refused
    assert not made.limit and told >= 0.7 * (told + enumerated.limit)


def test_the_recipe_of_the_editing_benchmark_holds_its_defaults():
    given, default = Settings(recipe=str(ROOT / "bench" / "oracle.toml")), Settings()
    assert [given.fit(name) for name in ("oracle", "predictor")] == [default.fit(n) for n in ("oracle", "predictor")]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: str(path.relative_to(ROOT)))
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
