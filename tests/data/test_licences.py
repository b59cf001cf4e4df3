"""A strict corpus: rows of sources without an open licence are left out, and the ledger says why."""

from dataclasses import replace
from pathlib import Path

import pytest

from scilogos.data import licences
from scilogos.data.corpus import prepare, read_recipe
from scilogos.data.ledger import Ledger
from scilogos.data.source import CorpusRecipe, Reading, Source
from scilogos.errors import InputError, RecipeError
from scilogos.tokens import default


def kept(folder: Path, name: str, *, strict: bool = True) -> tuple[list[dict], dict[str, int]]:
    """The rows that a reader is given of a table, and what the ledger counted."""
    source, ledger = Source(reader="proteins", path=Path(name), modality="m"), Ledger()
    reading = Reading(source=source, data=folder, ledger=ledger, seed=1, val_percent=1.0, strict=strict)
    return list(reading.rows()), dict(ledger.counts[""])


@pytest.mark.parametrize(
    ("name", "column", "stay", "go"),
    [
        ("general_c50", "src", ["hu", "hu|sp", "fc|fs|mc|pk|sp", "pg"], ["sp", "mm|sp", "mc|pk"]),
        ("ab_natural", "licence", ["MIT", "MIT|none-stated(GenBank/literature)"], ["none-stated(GenBank/literature)"]),
        ("mof_unified_node_linker_topology", "families", ["QMOF", "PORMAKE", "CoRE|QMOF"], ["hMOF", "CoRE|hMOF"]),
        ("site_labels_seq", "set", ["bindembed_test300"], ["scpdb", "sjc_train", "uniprotsmb_valid"]),
    ],
)
def test_a_row_stays_if_any_of_its_sources_is_open(tmp_path, write_table, name, column, stay, go):
    write_table(f"{name}.csv", [{column: value} for value in stay + go])
    rows, counts = kept(tmp_path, f"{name}.csv")
    assert [row[column] for row in rows] == stay
    dropped = {what: number for what, number in counts.items() if what.startswith("dropped rows: licence: ")}
    assert counts["rows"] == len(stay + go) and sum(dropped.values()) == len(go)
    assert len(kept(tmp_path, f"{name}.csv", strict=False)[0]) == len(stay + go)


@pytest.mark.parametrize("name", licences.TABLES)
def test_a_table_is_left_out_whole_wherever_it_lies_and_however_packed(tmp_path, write_table, name):
    write_table(f"deep/{name}.csv", [{"seq": "ACD"}, {"seq": "KLM"}])
    rows, counts = kept(tmp_path, f"deep/{name}.csv")
    assert rows == [] and counts == {"rows": 2, f"dropped rows: licence: {licences.TABLES[name]}": 2}
    assert licences.reason(Path(f"{name}.jsonl.gz"), {}) == licences.TABLES[name]


def test_other_tables_are_not_touched(tmp_path, write_table):
    write_table("mine.csv", [{"src": "sp"}])
    assert kept(tmp_path, "mine.csv") == ([{"src": "sp"}], {"rows": 1})


def test_a_mixed_table_must_say_where_its_rows_are_from(tmp_path, write_table):
    write_table("general_c50.csv", [{"seq": "ACD"}])
    with pytest.raises(InputError, match=r"general_c50\.csv:1: found columns seq; expected src"):
        kept(tmp_path, "general_c50.csv")


def test_a_strict_corpus(tmp_path, write_table):
    rows = [("ACDEF", "hu"), ("KLMNP", "sp"), ("WYWYW", "fs|sp")]
    write_table("data/general_c50.csv", [{"seq": s, "split": "train", "leak": "", "src": c} for s, c in rows])
    source = Source(reader="proteins", path=Path("general_c50.csv"), modality="protein")
    recipe = CorpusRecipe(name="small", sources=(source,))
    every, _ = prepare(recipe, tmp_path / "data", tmp_path / "all", default())
    strict, ledger = prepare(replace(recipe, licence="strict"), tmp_path / "data", tmp_path / "strict", default())
    assert [info.shards[0].sentences for info in (every, strict)] == [3, 2] and every.recipe != strict.recipe
    assert f"| dropped rows: licence: {licences.COLUMNS['general_c50'][1]['sp']} | 1 |" in ledger.markdown()


RECIPE = """[corpus]
name = "small"
licence = "{}"
[[corpus.sources]]
reader = "proteins"
path = "general_c50.csv"
modality = "protein"
"""


def test_the_recipe_says_it(tmp_path):
    for word in ("any", "strict"):
        (tmp_path / "c.toml").write_text(RECIPE.format(word))
        assert read_recipe(tmp_path / "c.toml").licence == word
    (tmp_path / "c.toml").write_text(RECIPE.format("free"))
    with pytest.raises(RecipeError, match="corpus.licence: found 'free'; expected one of any, strict"):
        read_recipe(tmp_path / "c.toml")
