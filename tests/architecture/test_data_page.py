"""The page of the data folder names every file that recipes and benchmarks read, and columns that are there."""

import re

import pytest

from scilogos.data import corpus
from scilogos.data.tables import read_rows

FILE = re.compile(r"[\"']((?:chem|struct|antibody|protein|material)/[\w.]+)[\"']")


@pytest.fixture
def rows(pages) -> dict[str, str]:
    """Give the columns that the page tells of each file, as folder/name."""
    found = {}
    for folder, part in re.findall(r"^## `(\w+)/`$(.*?)(?=^## |\Z)", pages["docs/data.md"], re.MULTILINE | re.DOTALL):
        for line in part.splitlines():
            cells = line.split(" | ")
            for name in re.findall(r"`([\w.]+\.(?:csv|jsonl|tar)[\w.]*)`", cells[0]):
                found[f"{folder}/{name}"] = cells[2]
    return found


def test_every_file_that_is_read_is_on_the_page(rows, sources, repository):
    read = {name for text in sources.values() for name in FILE.findall(text)}
    for path in (repository / "recipes").glob("*.toml"):
        if "[corpus]" in path.read_text():
            for source in corpus.read_recipe(path).sources:
                read |= {name for name in (source.path, source.join, source.pairs, source.exclude) if name}
    assert len(read) > 20
    assert {str(name) for name in read} <= rows.keys()


def test_columns_of_the_page_are_there(rows, data):
    """What stands in parentheses is inside a column, or in some rows alone; archives hold files instead."""
    tables = {
        name: re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", told))
        for name, told in rows.items()
        if ".tar" not in name
    }
    assert len(tables) > 20
    for name, named in tables.items():
        assert set(named) <= next(iter(read_rows(data / name))).keys(), name
