"""The benchmark of a corpus's cost: a whole run on a small table, and its faults."""

import json
import sys

import pytest

import command
import prepare


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Measure a table of forty molecules."""
    (tmp_path / "m.csv").write_text("smiles\n" + "".join(f"{'C' * i}O\n" for i in range(1, 41)))
    source = "reader = 'molecules'\npath = 'm.csv'\nmodality = 'molecule'\n"
    (tmp_path / "r.toml").write_text(f"[corpus]\nname = 'c'\n[[corpus.sources]]\n{source}")

    def running(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["prepare.py", str(tmp_path), str(tmp_path / "r.toml"), *words])
        with pytest.raises(SystemExit) as ended:
            command.run_app(prepare.app, "prepare.py")
        return ended.value.code

    return running


@pytest.mark.slow
def test_a_run_ends_with_a_result(run, capsys):
    assert not run("--rows", "10", "--parts", "2")
    *_, last = capsys.readouterr().out.splitlines()
    (source,) = json.loads(last.removeprefix("RESULT "))["sources"]
    assert [one["records"] for one in source["runs"]] == [10, 20, 40]
    assert all(one["bytes"] > 2 * one["tokens"] > 0 for one in source["runs"])
    assert len(source["ms_a_row_between"]) == 2
    assert all(one["cpu_s"] > 0.5 and one["peak_mb"] > 50 for one in source["runs"])


def test_a_table_of_too_few_rows_is_refused(run, capsys):
    assert run("--rows", "41") == 2
    assert "m.csv: found 40 rows; expected 41 or more, see --rows" in capsys.readouterr().err
