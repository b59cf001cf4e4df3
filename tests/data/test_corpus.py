"""A corpus from small tables: the same every time, every row accounted for, and no more memory for more rows."""

import gzip
import json
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from scilogos.data import joining
from scilogos.data.batches import Mixture
from scilogos.data.corpus import prepare
from scilogos.data.shards import Shard, Shards, read_corpus
from scilogos.errors import InputError
from scilogos.grammar import Molecule
from tests.data.small import CODEC, PROTEINS, SITES, SMILES, content, sentences, sources


def test_the_same_input_gives_the_same_bytes_and_names(tables, tmp_path):
    recipe = sources(PROTEINS, SITES)
    first, _ = prepare(recipe, tables, tmp_path / "one", CODEC)
    second, _ = prepare(recipe, tables, tmp_path / "deep" / "two", CODEC)
    assert content(tmp_path / "one") == content(tmp_path / "deep" / "two")
    assert first == second == read_corpus(tmp_path / "one") and first.fingerprint == second.fingerprint
    third, _ = prepare(replace(recipe, seed=2), tables, tmp_path / "three", CODEC)
    assert third.fingerprint != first.fingerprint


def test_what_is_written_is_what_was_read(tables, tmp_path):
    prepare(sources(PROTEINS, SITES), tables, tmp_path / "out", CODEC)
    molecules = sentences(tmp_path / "out", "molecule", "train")
    assert Molecule("CCCCCO") in molecules and len(set(molecules)) == len(molecules)
    assert len(sentences(tmp_path / "out", "molecule", "val")) == 7  # the limit
    assert [len(protein.residues) for protein in sentences(tmp_path / "out", "protein", "train")] == [20]
    shard = Shard(tmp_path / "out", next(i for i in read_corpus(tmp_path / "out").shards if i.modality == "site"))
    assert int(shard.index[0, 1]) == len(CODEC.encode("<ProteinS>ACDEF<ProteinE><Search>"))  # the prompt of Located


@pytest.mark.parametrize("limit", [0, 1, 2, 40])
def test_the_ledger_adds_up(tables, tmp_path, limit):
    recipe = sources(PROTEINS, SITES)
    recipe = replace(recipe, sources=tuple(replace(source, limit=limit) for source in recipe.sources))
    info, _ = prepare(recipe, tables, tmp_path / "out", CODEC)
    ledger = json.loads((tmp_path / "out" / "ledger.json").read_text())["sources"]
    assert len(ledger) == 3
    for source, counts in ledger.items():
        dropped = {what: sum(n for name, n in counts.items() if name.startswith(f"dropped {what}")) for what in
                   ("rows", "sentences")}  # fmt: skip
        assert counts["rows"] == counts["records"] + counts.get("merged rows", 0) + dropped["rows"], source
        written = counts.get("train sentences", 0) + counts.get("val sentences", 0)
        assert counts["sentences"] == written + dropped["sentences"], source
        if not limit:
            assert "dropped rows: beyond the limit" not in counts
    written = sum(
        n for counts in ledger.values() for name, n in counts.items() if name in ("train sentences", "val sentences")
    )
    assert written == sum(shard.sentences for shard in info.shards)
    modalities = json.loads((tmp_path / "out" / "ledger.json").read_text())["modalities"]
    tokens = {(name, split): modalities[name][f"{split} tokens"] for name in modalities for split in ("train", "val")}
    shards = Counter[tuple[str, str]]()
    for shard in info.shards:
        shards[shard.modality, shard.split] += shard.tokens
    assert {key: number for key, number in tokens.items() if number} == shards
    if not limit:
        assert ledger["molecule: molecules m.csv"]["rows"] == len(SMILES) + 3
        assert ledger["molecule: molecules m.csv"]["dropped rows: duplicate"] == 2
        assert ledger["protein: proteins p.csv"]["dropped sentences: longer than 25 symbols with the end"] == 1
    assert "| rows |" in (tmp_path / "out" / "ledger.md").read_text()


def test_a_record_told_in_another_form_is_no_duplicate(tables, tmp_path):
    located, marked = (replace(SITES, modality=name, forms=(name,)) for name in ("located", "marked"))
    prepare(sources(located, marked, replace(located, modality="again")), tables, tmp_path / "out", CODEC)
    ledger = json.loads((tmp_path / "out" / "ledger.json").read_text())["sources"]
    first, other = (ledger[f"{name}: sites t.jsonl ({name})"] for name in ("located", "marked"))
    again = ledger["again: sites t.jsonl (located)"]
    assert first["records"] == other["records"] == again["dropped rows: duplicate"] > 0 and "records" not in again


def test_an_older_corpus_is_replaced_whole_and_anything_else_refused(tables, tmp_path):
    out = tmp_path / "out"
    prepare(sources(PROTEINS), tables, out, CODEC)
    prepare(sources(), tables, out, CODEC)
    assert {info.modality for info in read_corpus(out).shards} == {"molecule"}
    assert not any(name.startswith("protein") for name in content(out))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"]
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    for folder in ("thesis", "thesis/chapter.txt"):
        with pytest.raises(InputError, match="not a corpus and would be overwritten"):
            prepare(sources(), tables, tmp_path / folder, CODEC)
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"


def test_a_large_modality_has_several_shards(tables, tmp_path, monkeypatch):
    prepare(sources(PROTEINS), tables, tmp_path / "one", CODEC)
    monkeypatch.setattr(joining, "MOST_TOKENS", 200)
    info, _ = prepare(sources(PROTEINS), tables, tmp_path / "many", CODEC)
    many = [shard for shard in info.shards if (shard.modality, shard.split) == ("molecule", "train")]
    assert len(many) > 5 and all(200 <= shard.tokens < 260 for shard in many[:-1])
    rows = [
        Mixture(tmp_path / name, split="train", shares={"molecule": 2, "protein": 1}, row_length=64, seed=1).next()
        for name in ("one", "many")
    ]
    assert np.array_equal(rows[0].inputs, rows[1].inputs) and rows[0].lengths == rows[1].lengths
    (whole,) = (s for s in read_corpus(tmp_path / "one").shards if (s.modality, s.split) == ("molecule", "train"))
    assert sum(shard.sentences for shard in many) == whole.sentences
    together, alone = Shards(tmp_path / "many", many), Shards(tmp_path / "one", [whole])
    assert len(together) == len(alone) == whole.records < whole.sentences
    assert all(np.array_equal(together.tell(i, 7).tokens, alone.tell(i, 7).tokens) for i in range(len(alone)))


MEASURE = """
import resource, sys
from pathlib import Path
from scilogos.data.corpus import prepare
from scilogos.data.seen import Seen
from scilogos.data.source import CorpusRecipe, Source
from scilogos.tokens import default

Seen.__init__.__defaults__ = (1 << 22,)  # the filter's pages are touched as it fills: flat by construction, noise here
for path in map(Path, sys.argv[1:]):
    source = Source(reader="molecules", path=path, modality="molecule")
    recipe = CorpusRecipe(name="memory", sources=(source,), val_percent=0)
    info, _ = prepare(recipe, Path("."), path.with_suffix(".out"), default())
    print(info.shards[0].sentences, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_table(tmp_path):
    """The large table is 48 MB of text, half of what the small one takes in all."""
    paths, rng, note = [], random.Random(1), "n" * 32_000
    for rows in (100, 1500):
        path = tmp_path / f"{rows}.csv.gz"
        with gzip.open(path, "wt", compresslevel=1) as file:
            file.write("smiles,split,note\n")
            for _ in range(rows):
                file.write(f"{''.join(rng.choices('CNO', k=20))}F,train,{note}\n")
        paths.append(str(path))
    done = subprocess.run([sys.executable, "-c", MEASURE, *paths], capture_output=True, text=True, check=True)
    (small, before), (large, after) = (map(int, line.split()) for line in done.stdout.splitlines())
    assert (small, large) == (100, 1500)
    assert after < 1.2 * before
