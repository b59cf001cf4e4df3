"""benchmarks/train.py and scaling.py on runs of a tiny model."""

import json
import math

import pytest

import scaling
import train as bench_train
from ladder.laws import exponent
from scilogos.bench.figures import mean
from scilogos.bench.report import Report
from scilogos.model import fingerprint
from scilogos.train import read_recipe, train
from tests.benchmarks.tiny_run import result


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
        train(read_recipe(here / f"{name}.toml"), here / "runs" / name, quiet=True)
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
        final = train(read_recipe(here / f"{name}.toml"), here / "runs" / name, quiet=True)
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


def test_faults_are_one_line(here, capsys, monkeypatch):
    code, said = result(scaling, "scaling.py", capsys, monkeypatch, "small.toml", "larger.toml")
    assert code == 2 and "metrics.jsonl: not there; train" in said and len(said.splitlines()) == 1
    code, said = result(bench_train, "train.py", capsys, monkeypatch, "small.toml", "--config", "0.6b")
    assert code == 2 and "--config 0.6b: expected 27m" in said
    assert exponent([1, 10, 100], [8, 4, 2]) == pytest.approx(-0.30103)
