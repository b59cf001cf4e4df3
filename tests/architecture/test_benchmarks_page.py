"""The page of benchmarks is made of the committed reports, and of nothing else."""

from pathlib import Path

import pytest

from scilogos.bench import page


def test_the_page_is_what_the_reports_say(repository, monkeypatch):
    if not (repository / "docs" / "benchmarks.md").exists():
        pytest.skip("docs/benchmarks.md is not there yet")
    monkeypatch.chdir(repository)
    assert (repository / "docs" / "benchmarks.md").read_text() == page(Path("results"))
