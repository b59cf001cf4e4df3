"""The memory of continued pre-training: doctests, and the page shows what the script prints."""

import doctest
import json
import sys
from pathlib import Path

import memory


def test_its_examples_hold():
    result = doctest.testmod(memory)
    assert result.attempted == 5 and not result.failed


def test_the_page_shows_its_table(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["memory.py"])
    monkeypatch.delenv("RANK", raising=False)
    memory.main()
    table, _, result = capsys.readouterr().out.partition("RESULT ")
    assert table in (Path(__file__).parents[2] / "docs" / "scale.md").read_text()
    told = json.loads(result)
    assert (
        list(told["rows"]) == list(memory.SIZES) and told["settings"].items() >= {"gpus": 8, "utilisation": 0.4}.items()
    )


def test_the_state_of_a_tiny_run_is_as_computed(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    found = memory.counted()
    assert found is not None and found["counted"] == found["computed"] > 0
