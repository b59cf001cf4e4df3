"""benchmarks/card.py: cards of tiny models from their runs, and those of the shipped ones from what is kept."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import card
import scaling
from ladder.history import KEPT, read_history
from scilogos.bench import Audit
from scilogos.bench.figures import mean
from scilogos.bench.leaks import Check
from scilogos.bench.report import Report
from scilogos.errors import InputError
from scilogos.model import fingerprint
from scilogos.train import read_recipe, train
from tests.benchmarks.tiny_run import RECIPE, result

MODELS = Path(__file__).resolve().parents[2] / "models"


def test_a_card_is_written_from_what_was_measured(here, capsys, monkeypatch):
    model = shutil.copytree(
        train(read_recipe(here / "small.toml"), here / "runs" / "small", quiet=True), here / "small"
    )
    code, said = result(card, "card.py", capsys, monkeypatch, "small", "small.toml")
    assert code == 2 and "leaks.json: not there" in said and not (model / "README.md").exists()
    check = Check(("retrosynthesis",), "USPTO-50K test", "product", 5007, ("45031", "45239"))
    Audit(("0123456789ab",), 40, (check,)).keep(model)
    code, _ = result(card, "card.py", capsys, monkeypatch, "small", "small.toml")
    assert code == 0 and "None was measured yet." in (model / "README.md").read_text()
    settled = {"command": "logos bench retrosynthesis --data data"}
    arms = {"model": {"top-1": mean([0.0, 1.0]), "unknown": mean([1.0])}, "nothing": {"top-1": mean([0.0, 0.0])}}
    report = Report("retrosynthesis", arms, {"clean": 2}, {}, {}, 0.1, settled)
    report.write(here / "results" / fingerprint(model))
    replace(report, apart="validation split", differs=["split val"]).write(here / "results" / fingerprint(model))
    code, found = result(card, "card.py", capsys, monkeypatch, "small", "small.toml")
    text = (model / "README.md").read_text()
    assert code == 0 and found["settings"]["fingerprint"] == fingerprint(model) and "{" not in text
    assert "| USPTO-50K test | product | 5,007 | 2 |" in text
    assert "| top-1 | 50.0% | 0.0% |" in text and "unknown" not in text
    assert text.count("logos bench retrosynthesis") == 1, "validation is no figure of a card"
    assert "| tokens (places read), million | 0.0 |" in text and "| mixture, % of tokens | molecule 100 |" in text
    (model / "leaks.json").write_text((model / "leaks.json").read_text().replace(fingerprint(model), "f" * 12))
    code, said = result(card, "card.py", capsys, monkeypatch, "small", "small.toml")
    assert code == 2 and "an audit of other weights" in said


def test_a_card_of_weights_that_went_on_tells_of_those_before(here, capsys, monkeypatch):
    first = shutil.copytree(
        train(read_recipe(here / "small.toml"), here / "runs" / "small", quiet=True), here / "first"
    )
    (first / "README.md").write_text("# first\n\n## Training\n\nTen tokens.\n\n## Data\n\nNone.\n")
    (here / "further.toml").write_text(
        RECIPE.split("[train.shape]")[0].replace("small", "further") + 'start = "first"\n'
    )
    model = shutil.copytree(
        train(read_recipe(here / "further.toml"), here / "runs" / "further", quiet=True), here / "further"
    )
    Audit(("0123456789ab",), 40, ()).keep(model)
    code, _ = result(card, "card.py", capsys, monkeypatch, "further", "further.toml")
    text = (model / "README.md").read_text()
    assert code == 0 and f"fingerprint {fingerprint(first)}, of which their card says:\n\n> Ten tokens.\n" in text
    assert "None." not in text and "random ones" not in text
    (first / "README.md").write_text("# first\n")
    code, said = result(card, "card.py", capsys, monkeypatch, "further", "further.toml")
    assert code == 2 and "a card without a part ## Training" in said


def test_a_card_is_made_anew_when_the_runs_are_gone(here, capsys, monkeypatch):
    for name in ("small", "larger"):
        run = here / "runs" / name
        model = shutil.copytree(train(read_recipe(here / f"{name}.toml"), run, quiet=True), here / name)
        Audit(("0123456789ab",), 40, ()).keep(model)
        code, _ = result(card, "card.py", capsys, monkeypatch, name, f"{name}.toml")
        assert code == 0
    code, from_runs = result(scaling, "scaling.py", capsys, monkeypatch, "small.toml", "larger.toml")
    assert code == 0
    shutil.rmtree(here / "runs")
    text = (model / "README.md").read_text()
    (model / "README.md").unlink()
    code, found = result(card, "card.py", capsys, monkeypatch, "larger")
    assert code == 0 and (model / "README.md").read_text() == text and found["settings"]["recipes"] == []
    code, from_models = result(scaling, "scaling.py", capsys, monkeypatch, "small", "larger")
    assert code == 0 and from_models["losses"] == from_runs["losses"] and from_models["tokens"] == from_runs["tokens"]
    kept = json.loads((model / KEPT).read_text())
    (model / KEPT).write_text(json.dumps({**kept, "fingerprint": "f" * 12}))
    with pytest.raises(InputError, match="a record of other weights, ffffffffffff"):
        read_history(model)
    (model / KEPT).write_text(json.dumps({**kept, "stages": [{}]}))
    with pytest.raises(InputError, match="not a record of training"):
        read_history(model)
    (model / KEPT).unlink()
    code, said = result(card, "card.py", capsys, monkeypatch, "larger")
    assert code == 2 and "training.json: not there; give the recipes" in said


@pytest.mark.parametrize("name", ["logos-1m", "logos-3m", "logos-8m"])
def test_the_shipped_cards_say_what_is_kept(name):
    model = MODELS / name
    assert (model / "README.md").read_text() == card.written(model, read_history(model), MODELS.parent / "results")
