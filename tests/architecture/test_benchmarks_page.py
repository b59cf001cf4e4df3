"""The page of benchmarks, and README's figures, are made of the committed reports, and of nothing else."""

from pathlib import Path

import pytest

from scilogos.bench import page
from scilogos.bench.tables import renewed


@pytest.fixture
def here(repository, monkeypatch) -> Path:
    if not (repository / "docs" / "benchmarks.md").exists():
        pytest.skip("docs/benchmarks.md is not there yet")
    monkeypatch.chdir(repository)
    return repository


def test_the_page_is_what_the_reports_say(here):
    assert (here / "docs" / "benchmarks.md").read_text() == page(Path("results"))


def test_the_figures_of_readme_are_those_of_the_shipped_weights(here):
    text = (here / "README.md").read_text()
    assert renewed(text, Path("results")) == text
