"""The benchmark of a constraint's cost: a whole run on two reactions, and its faults."""

import json
import sys

import pytest

import command
import constraint


def run(monkeypatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["constraint.py", *words])
    with pytest.raises(SystemExit) as ended:
        command.run_app(constraint.app, "constraint.py")
    return ended.value.code


def test_a_run_ends_with_a_result(tmp_path, monkeypatch, capsys):
    table = tmp_path / "reactions.csv"
    table.write_text("product,reactants\nCC(=O)Nc1ccc(O)cc1,CC(=O)Cl.Nc1ccc(O)cc1\nCCO,CCOC(C)=O\n")
    assert not run(monkeypatch, str(table), "--config", "27m", "--rows", "1,3")
    *_, last = capsys.readouterr().out.splitlines()
    result = json.loads(last.removeprefix("RESULT "))
    assert [row["rows"] for row in result["rows"]] == [1, 3]
    assert result["guide"]["tokens"] > 30 and len(result["ratios"]) == 2
    assert all(0 < share["least"] <= share["median"] <= share["most"] for share in result["ratios"].values())


def test_a_file_without_reactions_is_refused(tmp_path, monkeypatch, capsys):
    table = tmp_path / "other.csv"
    table.write_text("a,b\n1,2\n")
    assert run(monkeypatch, str(table), "--config", "27m") == 2
    assert "other.csv: expected test rows with the columns product and reactants" in capsys.readouterr().err
