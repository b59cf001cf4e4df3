"""Arms of a question stand side by side, each with its own loss and its own report."""

import json
from dataclasses import replace

import numpy as np
import pytest

from command import run_app
from ladder.runs import Run
from questions import app, compare, row
from scilogos.errors import InputError

TOGETHER = Run(
    "joint", 1000, np.array([1e6, 6e6]), {"retro": np.array([0.2, 0.1]), "site": np.array([0.3, 0.2])}, ("a1", "a2")
)
ALONE = replace(TOGETHER, name="retro-alone", losses={"retro": np.array([0.2, 0.09])}, fingerprints=("b1",))


def write(folder, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    figure = {"value": 0.25, "low": 0.2, "high": 0.3, "count": 300}
    (folder / name).write_text(json.dumps({"figures": {"model": {"top-1": figure}}}))


def test_each_arm_has_its_loss_and_report(tmp_path):
    write(tmp_path / "a2", "retrosynthesis-limit-300.json")
    found = compare({"together": [TOGETHER], "alone": [ALONE]}, tmp_path)
    assert list(found) == ["retro", "site"] and list(found["retro"]) == ["together", "alone"]
    assert found["retro"]["alone"] == {"run": "retro-alone", "tokens": 6_000_000, "loss": 0.09, "score": None}
    assert found["retro"]["together"]["score"] == {"value": 0.25, "low": 0.2, "high": 0.3, "items": 300}
    told = row("x", "together", found["retro"]["together"])
    assert told == "| x | together | 6.0 M | 0.1000 | 0.250 (0.200 to 0.300) |"
    assert row("x", "alone", found["retro"]["alone"]) == "| x | alone | 6.0 M | 0.0900 |  |"


def test_two_reports_or_two_runs_of_one_task_are_refused(tmp_path):
    write(tmp_path / "b1", "retrosynthesis-limit-300.json")
    write(tmp_path / "b1", "retrosynthesis-limit-500.json")
    with pytest.raises(InputError, match="2 reports of retrosynthesis: expected one"):
        compare({"alone": [ALONE]}, tmp_path)
    with pytest.raises(InputError, match="alone has another run of retro"):
        compare({"alone": [replace(ALONE, fingerprints=()), TOGETHER]}, tmp_path)


def test_a_run_ends_with_a_result(write_run, capsys, monkeypatch):
    for name, losses in {
        "joint": {"retro": 0.10, "site": 0.20},
        "from-random": {"retro": 0.15, "site": 0.20},
        "retro-alone": {"retro": 0.09},
        "site-alone": {"site": 0.22},
    }.items():
        write_run(f"recipes/questions/{name}.toml", [dict.fromkeys(losses, 1.0), losses])
    monkeypatch.setattr("sys.argv", ["questions.py"])
    with pytest.raises(SystemExit) as ended:
        run_app(app, "questions.py")
    assert not ended.value.code
    result = json.loads(capsys.readouterr().out.splitlines()[-1].removeprefix("RESULT "))
    assert result["settings"]["alone"] == ["retro-alone", "site-alone"]
    alone = result["ratios"]["loss, alone / together"]
    assert (alone["least"], alone["most"]) == pytest.approx((0.9, 1.1)) and alone["median"] == pytest.approx(1.0)
    assert result["ratios"]["loss, together, from random weights / together"]["most"] == pytest.approx(1.5)
