"""benchmarks/train.py, scaling.py and card.py on runs of a tiny model."""

import json
import math
import shutil
import sys
from dataclasses import replace

import pytest

import card
import command
import scaling
import train as bench_train
from ladder.laws import exponent
from scilogos.bench import Audit
from scilogos.bench.figures import mean
from scilogos.bench.leaks import Check
from scilogos.bench.report import Report
from scilogos.data.corpus import prepare, read_recipe
from scilogos.model import fingerprint
from scilogos.tokens import default
from scilogos.train import read_recipe as read_run
from scilogos.train import train

RECIPE = """
[corpus]
name = "tiny"
val_percent = 20.0
[[corpus.sources]]
reader = "molecules"
path = "molecules.csv"
modality = "molecule"

[train]
name = "small"
corpus = "corpus"
tokens = 2048
row_length = 256
rows_per_step = 1
warmup_tokens = 0
validate_every = 2
validate_rows = 1
compile = false
shares = {molecule = 1}
[train.shape]
hidden_size = 32
intermediate_size = 32
num_hidden_layers = 1
num_attention_heads = 2
num_key_value_heads = 1
head_dim = 16
"""
LARGER = """
base = "small.toml"
[train]
name = "larger"
[train.shape]
hidden_size = 64
intermediate_size = 64
num_hidden_layers = 1
num_attention_heads = 2
num_key_value_heads = 1
head_dim = 32
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a corpus and two recipes, where the scripts are started."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "molecules.csv").write_text("smiles\n" + "".join(f"{'C' * n}O\n" for n in range(1, 40)))
    (tmp_path / "small.toml").write_text(RECIPE)
    (tmp_path / "larger.toml").write_text(LARGER)
    prepare(read_recipe(tmp_path / "small.toml"), tmp_path, tmp_path / "corpus", default())
    return tmp_path


def result(script, name, capsys, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    with pytest.raises(SystemExit) as stopped:
        command.run_app(script.app, name)
    out, err = capsys.readouterr()
    last = out.splitlines()[-1] if out else ""
    return stopped.value.code or 0, json.loads(last.removeprefix("RESULT ")) if last.startswith("RESULT ") else err


def test_a_step_beside_the_products_and_the_trainer(here, capsys, monkeypatch):
    code, found = result(
        bench_train, "train.py", capsys, monkeypatch, "small.toml", "--steps", "2", "--pairs", "1", "--peak", "0.5"
    )
    assert code == 0 and found["benchmark"] == "train" and found["settings"]["row_length"] == 256
    assert 0 < found["ratios"]["share_of_products"]["median"] < 1 and found["tokens_per_s"]["least"] > 0
    assert found["skipped"] or found["ratios"]["ratio_trainer"]["median"] > 0
    needed = 6 * found["settings"]["parameters"] * found["tokens_per_s"]["median"]
    assert found["ratios"]["model_flops_utilisation"]["median"] == pytest.approx(needed / 0.5e12, rel=0.05)


def test_size_and_tokens_are_fitted(here, capsys, monkeypatch):
    for name in ("small", "larger"):
        train(read_run(here / f"{name}.toml"), here / "runs" / name, quiet=True)
    code, found = result(scaling, "scaling.py", capsys, monkeypatch, "small.toml", "larger.toml", "--out", "pictures/s")
    assert code == 0 and found["tokens"] == 2048 and list(found["settings"])[-2:] == ["small", "larger"]
    assert found["scores"] == {}
    row = found["losses"]["molecule"]
    sizes = [found["settings"][name]["parameters"] for name in ("small", "larger")]
    assert row["exponent"] == pytest.approx(exponent(sizes, [row["small"], row["larger"]]))
    for kind in ("law", "course"):
        assert (here / f"pictures/s-size-{kind}.png").read_bytes().startswith(b"\x89PNG")


def test_scores_are_those_of_the_reports(here, capsys, monkeypatch):
    for number, name in enumerate(("small", "larger")):
        final = train(read_run(here / f"{name}.toml"), here / "runs" / name, quiet=True)
        figures = {"model": {"top-1": mean([number, 1.0])}, "nothing": {"top-1": mean([0.0, 1.0])}}
        report = Report("retrosynthesis", figures, {"all": 2}, {}, {}, 0.1, {"samples": 8})
        report.write(here / "results" / fingerprint(final))
    code, found = result(scaling, "scaling.py", capsys, monkeypatch, "small.toml", "larger.toml")
    assert code == 0 and found["scores"] == {"retrosynthesis": {"small": 0.5, "larger": 1.0}}
    small, larger = (found["settings"][name]["parameters"] for name in ("small", "larger"))
    assert found["score of ten times as much"]["retrosynthesis"] == pytest.approx(0.5 / math.log10(larger / small))
    assert (here / "docs" / "scaling-size-scores.png").read_bytes().startswith(b"\x89PNG")
    other = here / "results" / fingerprint(final) / "cdr.json"
    other.write_text(json.dumps({"settings": {"samples": 1}, "figures": {"model": {"AAR": {"value": 0.1}}}}))
    code, said = result(scaling, "scaling.py", capsys, monkeypatch, "small.toml", "larger.toml")
    assert code == 2 and "cdr.json: expected the figure 'H3: AAR of the first'" in said


def test_a_card_is_written_from_what_was_measured(here, capsys, monkeypatch):
    model = shutil.copytree(train(read_run(here / "small.toml"), here / "runs" / "small", quiet=True), here / "small")
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
    first = shutil.copytree(train(read_run(here / "small.toml"), here / "runs" / "small", quiet=True), here / "first")
    (first / "README.md").write_text("# first\n\n## Training\n\nTen tokens.\n\n## Data\n\nNone.\n")
    (here / "further.toml").write_text(
        RECIPE.split("[train.shape]")[0].replace("small", "further") + 'start = "first"\n'
    )
    model = shutil.copytree(
        train(read_run(here / "further.toml"), here / "runs" / "further", quiet=True), here / "further"
    )
    Audit(("0123456789ab",), 40, ()).keep(model)
    code, _ = result(card, "card.py", capsys, monkeypatch, "further", "further.toml")
    text = (model / "README.md").read_text()
    assert code == 0 and f"fingerprint {fingerprint(first)}, of which their card says:\n\n> Ten tokens.\n" in text
    assert "None." not in text and "random ones" not in text
    (first / "README.md").write_text("# first\n")
    code, said = result(card, "card.py", capsys, monkeypatch, "further", "further.toml")
    assert code == 2 and "a card without a part ## Training" in said


def test_faults_are_one_line(here, capsys, monkeypatch):
    code, said = result(scaling, "scaling.py", capsys, monkeypatch, "small.toml", "larger.toml")
    assert code == 2 and "metrics.jsonl: not there; train" in said and len(said.splitlines()) == 1
    code, said = result(bench_train, "train.py", capsys, monkeypatch, "small.toml", "--config", "0.6b")
    assert code == 2 and "--config 0.6b: expected 27m" in said
    assert exponent([1, 10, 100], [8, 4, 2]) == pytest.approx(-0.30103)
