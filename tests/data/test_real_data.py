"""The readers on the real tables, where they are: sentences that parse back, and no test reaction in a corpus."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from scilogos.data.corpus import prepare, read_recipe
from scilogos.data.ledger import Ledger
from scilogos.data.readers import READERS
from scilogos.data.shards import Shard, read_corpus
from scilogos.data.source import CorpusRecipe, Dropped, Reading, Record, Source
from scilogos.data.tables import numbered_rows, read_rows
from scilogos.grammar import Molecule, Reaction, Retro, parse, write
from scilogos.science import canonical
from scilogos.tokens import default

RECIPES = sorted((Path(__file__).resolve().parents[2] / "recipes").glob("*.toml"))
SOURCES = [(path.stem, i, source) for path in RECIPES for i, source in enumerate(read_recipe(path).sources)]
ROWS = 200


@pytest.mark.parametrize(("recipe", "i", "source"), SOURCES, ids=[f"{name}-{i}-{s.reader}" for name, i, s in SOURCES])
def test_first_rows_of_every_source_parse_back(data, monkeypatch, recipe, i, source):
    if not (data / source.path).is_file():
        pytest.skip(f"no {source.path}")
    monkeypatch.setattr("scilogos.data.source.numbered_rows", lambda *a: islice(numbered_rows(*a), ROWS))
    ledger = Ledger()
    source = replace(source, exclude=None)  # takes long to read, and is tested below
    reading = Reading(source=source, data=data, ledger=ledger, seed=1, val_percent=1.0)
    found = list(READERS[source.reader](reading))
    records = [record for record in found if not is_dropped(record)]
    told = [sentence for record in records for sentence in record.sentences]
    assert told and [parse(write(sentence)) for sentence in told] == told
    assert len(records) > 0.9 * len(found)
    assert all(1 <= len(record.sentences) <= max(4, 2 * source.writings) for record in records)
    counts = ledger.counts[""]
    dropped = sum(number for what, number in counts.items() if what.startswith("dropped"))
    assert counts["rows"] == len(found) + counts["merged rows"] + dropped


def is_dropped(record: Record) -> bool:
    """Whether a reader leaves a record out when it comes to telling it."""
    try:
        record.sentences  # noqa: B018
    except Dropped:
        return True
    return False


def ordered(smiles: str) -> str:
    return ".".join(sorted(smiles.split(".")))


@pytest.fixture(scope="module")
def dangerous(data, tmp_path_factory) -> tuple[Path, set[str], set[str]]:
    """The rows of USPTO-50K nearest to a leak: train rows with a product or reactants of a test item."""
    rows = list(read_rows(data / "chem/uspto50k.csv.gz"))
    products = {row["product"] for row in rows if row["split"] != "train"}
    reactants = {ordered(row["reactants"]) for row in rows if row["split"] != "train"}
    shared = {
        row["row"]
        for row in rows
        if row["split"] == "train" and (row["product"] in products or ordered(row["reactants"]) in reactants)
    }
    assert len(shared) > 100
    kept = shared | {row["row"] for row in rows[::500]}
    folder = tmp_path_factory.mktemp("danger")
    mapped = [row for row in read_rows(data / "chem/uspto50k_mapped.csv.gz") if row["row"] in kept]
    lines = ["row,rxn_mapped", *(f"{row['row']},{row['rxn_mapped']}" for row in mapped)]
    (folder / "mapped.csv").write_text("\n".join(lines) + "\n")
    plain = [row for row in rows if row["row"] in kept]
    names = ("row", "split", "product", "reactants")
    lines = [",".join(names), *(",".join(row[name] for name in names) for row in plain)]
    (folder / "plain.csv").write_text("\n".join(lines) + "\n")
    return folder, products, reactants


def test_no_test_reaction_is_in_a_corpus(data, dangerous, tmp_path):
    folder, products, reactants = dangerous
    exclude = data / "chem/uspto50k.csv.gz"
    reaction = {"exclude": exclude, "modality": "reaction"}
    sources = (
        Source(reader="mapped_reactions", path=folder / "mapped.csv", join=folder / "plain.csv", **reaction),
        Source(reader="reactions", path=folder / "plain.csv", **reaction),
        Source(reader="mapped_reactions", path=data / "chem/reactions_pretrain_mapped.csv.gz", limit=60,
               join=data / "chem/reactions_pretrain.csv.gz", **reaction),
        Source(reader="reactions", path=data / "chem/reactions_enzymatic.csv.gz", limit=60, **reaction),
    )  # fmt: skip
    codec = default()
    _, ledger = prepare(CorpusRecipe(name="mini", sources=sources), data, tmp_path / "out", codec)
    dropped = {what for counts in ledger.counts.values() for what in counts if what.startswith("dropped rows")}
    assert {"dropped rows: product of a test item", "dropped rows: reactant set of a test item"} <= dropped
    info = next(info for info in read_corpus(tmp_path / "out").shards if info.split == "train")
    shard = Shard(tmp_path / "out", info)
    checked = 0
    for i in range(info.sentences):
        sentence = parse(codec.decode(shard.sentence(i).tokens))
        assert isinstance(sentence, Retro | Reaction)
        made = (sentence.product,) if isinstance(sentence, Retro) else sentence.products
        assert not {text(molecule) for molecule in made} & products
        assert ordered(".".join(map(text, sentence.reactants))) not in reactants
        checked += 1
    assert checked > 250


def text(molecule: Molecule) -> str:
    return canonical(molecule.smiles)


def test_marks_of_benchmarks_are_those_that_the_reader_knows(data):
    """A new mark in the column would be dropped; were it harmless, this test says that someone must decide."""
    marks = {
        mark for row in read_rows(data / "protein/general_c50.csv.zst", ("leak",)) for mark in row["leak"].split("|")
    }
    assert marks == {"", "ig_fold", "gfp", "aav", "gb1", "rabd90", "proteingym90"}
