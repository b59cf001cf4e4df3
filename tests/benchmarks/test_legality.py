"""The benchmark of legality: a run that goes on where another stopped, and a file of other settings."""

import json
import sys

import pytest

import command
import legality


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(legality, "ROUND", 2)
    monkeypatch.chdir(tmp_path)

    def go(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["legality.py", "--untrained", *words])
        with pytest.raises(SystemExit) as ended:
            command.run_app(legality.app, "legality.py")
        return ended.value.code, *capsys.readouterr()

    return go


def test_a_run_goes_on_and_counts_all(run, tmp_path):
    assert not run("--spare", "5", "--count", "20")[0]
    code, out, _ = run("--spare", "5", "--count", "40")
    assert not code
    result = json.loads(out.splitlines()[-1].removeprefix("RESULT "))
    rows, accepted = result["rows"], result["ratios"]["accepted, of a round"]
    assert result["ratios"]["parsed, of a round"] == {"median": 1, "least": 1, "most": 1}
    assert accepted["least"] <= result["all"]["accepted"] <= accepted["most"] <= 1
    assert {kind: counts["drawn"] for kind, counts in rows.items()} == {
        "retrosynthesis": 32, "ligand": 4, "material": 4, "all": 40
    }  # fmt: skip
    assert all(counts["parsed"] == counts["drawn"] and counts["molecules"] for counts in rows.values())
    seeds = [json.loads(line)["seed"] for line in (tmp_path / "legality.jsonl").read_text().splitlines()]
    assert seeds == [0, 1]


def test_a_file_of_other_settings_is_refused(run):
    run("--spare", "5", "--count", "1")
    code, _, err = run("--spare", "6", "--count", "1")
    assert code == 2 and "legality.jsonl, line 1: made with" in err
