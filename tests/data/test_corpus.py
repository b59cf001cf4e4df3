"""A corpus from small tables: the same every time, whole or not there at all, and every row accounted for."""

import errno
import gzip
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scilogos.data import joining, legal_table, parts
from scilogos.data.batches import Mixture
from scilogos.data.corpus import Work, prepare, prepare_parts, read_recipe
from scilogos.data.shards import PARTS, Shard, Shards, ShardWriter, read_corpus, token_type
from scilogos.data.source import CorpusRecipe, Source
from scilogos.errors import CheckpointError, InputError, MissingError, RecipeError, StorageError
from scilogos.grammar import Molecule, parse, write
from scilogos.tokens import default

CODEC = default()
SMILES = ["C" * n + tail for n in range(1, 30) for tail in ("O", "N", "F", "c1ccccc1", "C(=O)O")]


def sources(*more: Source) -> CorpusRecipe:
    molecules = Source(reader="molecules", path=Path("m.csv"), modality="molecule", writings=2)
    return CorpusRecipe(name="small", sources=(molecules, *more), val_percent=10, val_limit=7, max_symbols=25)


@pytest.fixture
def data(tmp_path, write_table) -> Path:
    write_table("data/m.csv", [{"smiles": s} for s in [*SMILES, "C(C", "OC", "CCCCCO"]])
    rows = [("ACDEFGHIKL" * 2, "train", ""), ("ACD" * 9, "train", ""), ("WYW", "val", ""), ("KLM", "train", "gfp")]
    write_table("data/p.csv", [{"id": i, "seq": s, "split": t, "leak": k} for i, (s, t, k) in enumerate(rows)])
    row = {"ccd": "LIG", "category": "small_molecule", "smiles": "OCC", "seq": "ACDEF", "contacts": [1, 2],
           "cluster30": "x",
           **dict.fromkeys(("pdb_in_coach420", "pdb_in_holo4k_mlig", "id_coach420", "id_holo4k", "id_posebusters",
                            "id_astex", "id_crossdocked"), 0)}  # fmt: skip
    chains = [row, row | {"contacts": [3]}, row | {"seq": "KLMNP"}, row | {"seq": "WYWYW"}, row | {"id_astex": 0.9}]
    (tmp_path / "data/t.jsonl").write_text("".join(json.dumps(chain) + "\n" for chain in chains))
    return tmp_path / "data"


PROTEINS = Source(reader="proteins", path=Path("p.csv"), modality="protein")
SITES = Source(reader="sites", path=Path("t.jsonl"), modality="site", writings=4)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def sentences(folder: Path, modality: str, split: str) -> list:
    info = next(info for info in read_corpus(folder).shards if (info.modality, info.split) == (modality, split))
    shard = Shard(folder, info, verify=True)
    return [parse(CODEC.decode(shard.sentence(i).tokens)) for i in range(info.sentences)]


def only_whole_parts(out: Path) -> bool:
    """Whether nothing half-made lies beside a corpus folder."""
    beside = [path.name for path in out.parent.glob(out.name + ".*")]
    return beside in ([], [out.name + ".parts"]) and not list(out.parent.glob("**/*.partial*"))


def test_the_same_input_gives_the_same_bytes_and_names(data, tmp_path):
    recipe = sources(PROTEINS, SITES)
    first, _ = prepare(recipe, data, tmp_path / "one", CODEC)
    second, _ = prepare(recipe, data, tmp_path / "deep" / "two", CODEC)
    assert content(tmp_path / "one") == content(tmp_path / "deep" / "two")
    assert first == second == read_corpus(tmp_path / "one") and first.fingerprint == second.fingerprint
    third, _ = prepare(replace(recipe, seed=2), data, tmp_path / "three", CODEC)
    assert third.fingerprint != first.fingerprint


def test_what_is_written_is_what_was_read(data, tmp_path):
    prepare(sources(PROTEINS, SITES), data, tmp_path / "out", CODEC)
    molecules = sentences(tmp_path / "out", "molecule", "train")
    assert Molecule("CCCCCO") in molecules and len(set(molecules)) == len(molecules)
    assert len(sentences(tmp_path / "out", "molecule", "val")) == 7  # the limit
    assert [len(protein.residues) for protein in sentences(tmp_path / "out", "protein", "train")] == [20]
    shard = Shard(tmp_path / "out", next(i for i in read_corpus(tmp_path / "out").shards if i.modality == "site"))
    assert int(shard.index[0, 1]) == len(CODEC.encode("<ProteinS>ACDEF<ProteinE><Search>"))  # the prompt of Located


@pytest.mark.parametrize("limit", [0, 1, 2, 40])
def test_the_ledger_adds_up(data, tmp_path, limit):
    recipe = sources(PROTEINS, SITES)
    recipe = replace(recipe, sources=tuple(replace(source, limit=limit) for source in recipe.sources))
    info, _ = prepare(recipe, data, tmp_path / "out", CODEC)
    ledger = json.loads((tmp_path / "out" / "ledger.json").read_text())
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
    if not limit:
        assert ledger["molecule: molecules m.csv"]["rows"] == len(SMILES) + 3
        assert ledger["molecule: molecules m.csv"]["dropped rows: duplicate"] == 2
        assert ledger["protein: proteins p.csv"]["dropped sentences: longer than 25 symbols with the end"] == 1
    assert "| rows |" in (tmp_path / "out" / "ledger.md").read_text()


def test_a_record_told_in_another_form_is_no_duplicate(data, tmp_path):
    located, marked = (replace(SITES, modality=name, forms=(name,)) for name in ("located", "marked"))
    prepare(sources(located, marked, replace(located, modality="again")), data, tmp_path / "out", CODEC)
    ledger = json.loads((tmp_path / "out" / "ledger.json").read_text())
    first, other = (ledger[f"{name}: sites t.jsonl ({name})"] for name in ("located", "marked"))
    again = ledger["again: sites t.jsonl (located)"]
    assert first["records"] == other["records"] == again["dropped rows: duplicate"] > 0 and "records" not in again


def test_an_older_corpus_is_replaced_whole_and_anything_else_refused(data, tmp_path):
    out = tmp_path / "out"
    prepare(sources(PROTEINS), data, out, CODEC)
    prepare(sources(), data, out, CODEC)
    assert {info.modality for info in read_corpus(out).shards} == {"molecule"}
    assert not any(name.startswith("protein") for name in content(out))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"]
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    for folder in ("thesis", "thesis/chapter.txt"):
        with pytest.raises(InputError, match="not a corpus and would be overwritten"):
            prepare(sources(), data, tmp_path / folder, CODEC)
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize(
    ("name", "content_", "error", "message"),
    [
        ("m.csv", "smile\nC\n", InputError, r"m\.csv:1: .*expected smiles"),
        ("p.csv", "id,seq,split,leak\n1,AC\n", InputError, r"p\.csv:2: found 2 fields"),
        ("t.jsonl", '{"category": "tiny"}\n', InputError, r"t\.jsonl:1: found columns"),
        ("t.jsonl", None, InputError, r"t\.jsonl:2: sites cannot use this row: .*high"),
        ("p.csv", "", MissingError, r"p\.csv: no such file"),
    ],
)
def test_a_broken_input_names_its_line_and_leaves_nothing(data, tmp_path, name, content_, error, message, older):
    out = tmp_path / "out"
    if older:
        prepare(sources(), data, out, CODEC)
    before = content(out) if older else None
    if content_ is None:
        row = json.loads((data / name).read_text().splitlines()[0])
        content_ = json.dumps(row) + "\n" + json.dumps(row | {"id_astex": "high"}) + "\n"
    (data / name).write_text(content_)
    if not content_:
        (data / name).unlink()
    with pytest.raises(error, match=message):
        prepare(sources(PROTEINS, SITES), data, out, CODEC)
    assert only_whole_parts(out)
    assert content(out) == before if older else not out.exists()


class Full:
    """A file on a disk with room for few more bytes."""

    def __init__(self, file) -> None:
        self.file, self.room = file, 400

    def write(self, data: bytes) -> int:
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(data)

    def close(self) -> None:
        self.file.close()


def test_a_full_disk_is_a_storage_error_and_leaves_nothing(data, tmp_path, monkeypatch):
    class Writer(ShardWriter):
        def __init__(self, *arguments, **options) -> None:
            super().__init__(*arguments, **options)
            self._files = {part: Full(file) for part, file in self._files.items()}

    with monkeypatch.context() as patched, pytest.raises(StorageError) as caught:
        patched.setattr(joining, "ShardWriter", Writer)
        prepare(sources(), data, tmp_path / "out", CODEC)
    assert str(caught.value) == f"{tmp_path}/out: the corpus could not be written: No space left on device"
    assert only_whole_parts(tmp_path / "out") and not (tmp_path / "out").exists()
    prepare(sources(), data, tmp_path / "out", CODEC)
    prepare(sources(), data, tmp_path / "again", CODEC)
    assert content(tmp_path / "out") == content(tmp_path / "again")


def test_a_really_full_disk(data, tmp_path):
    mount = tmp_path / "small"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", mount], capture_output=True).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        with pytest.raises(StorageError, match="No space left on device"):
            prepare(sources(PROTEINS), data, mount / "out", CODEC)
        assert only_whole_parts(mount / "out") and not (mount / "out").exists()
    finally:
        subprocess.run(["umount", mount], check=True)


def test_a_folder_that_cannot_be_written(data, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="could not be written"):
        prepare(sources(), data, tmp_path / "file" / "out", CODEC)


@pytest.mark.parametrize("answers", [False, True])
@pytest.mark.parametrize(("blocks", "processes"), [(1, 1), (3, 1), (5, 2)])
def test_the_bytes_do_not_depend_on_who_makes_the_parts(data, tmp_path, answers, blocks, processes):
    recipe = replace(sources(PROTEINS, SITES), answers=answers)
    told, work = [], Work(blocks=blocks, processes=processes)
    prepare(recipe, data, tmp_path / "one", CODEC)
    _, ledger = prepare(recipe, data, tmp_path / "two", CODEC, replace(work, progress=lambda *n: told.append(n)))
    assert content(tmp_path / "one") == content(tmp_path / "two") and len(ledger.counts) == 3
    assert told == [(n, 3 * blocks) for n in range(1, 3 * blocks + 1)]
    for i in (2, 1, 3):
        prepare_parts(recipe, data, tmp_path / "three", CODEC, work, share=(i, 3))
    assert len(list((tmp_path / "three.parts").iterdir())) == 3 * blocks
    prepare(recipe, data, tmp_path / "three", CODEC, Work(blocks=blocks))
    assert content(tmp_path / "one") == content(tmp_path / "three")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "one", "three", "two"]


def made(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


@pytest.mark.parametrize("moment", [0, 1, 3])
def test_after_an_interrupt_it_goes_on(data, tmp_path, monkeypatch, moment):
    def interrupted(sentence, calls=itertools.count()):
        if next(calls) == 80 * moment:
            raise KeyboardInterrupt
        return write(sentence)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(parts, "write", interrupted)
        prepare(sources(), data, tmp_path / "out", CODEC, Work(blocks=4))
    assert only_whole_parts(tmp_path / "out") and not (tmp_path / "out").exists()
    there = made(tmp_path / "out.parts") if moment else {}
    assert len(there) == moment and (tmp_path / "out.parts").exists() == bool(moment)
    prepare_parts(sources(), data, tmp_path / "out", CODEC, Work(blocks=4))
    assert there.items() <= made(tmp_path / "out.parts").items()
    prepare(sources(), data, tmp_path / "out", CODEC, Work(blocks=4))
    prepare(sources(), data, tmp_path / "again", CODEC)
    assert content(tmp_path / "out") == content(tmp_path / "again")


def test_parts_of_the_same_input_are_taken_wherever_it_lies(data, tmp_path):
    prepare_parts(sources(PROTEINS), data, tmp_path / "out", CODEC, Work(blocks=2))
    there = made(tmp_path / "out.parts")
    elsewhere = shutil.copytree(data, tmp_path / "elsewhere", copy_function=shutil.copyfile)
    os.utime(elsewhere / "m.csv", ns=(1, 1))
    prepare_parts(sources(PROTEINS), elsewhere, tmp_path / "out", CODEC, Work(blocks=2))
    assert made(tmp_path / "out.parts") == there


def test_parts_of_other_input_are_not_taken(data, tmp_path):
    prepare_parts(sources(PROTEINS), data, tmp_path / "out", CODEC, Work(blocks=2))
    before = made(tmp_path / "out.parts")
    (data / "m.csv").write_text("smiles\nCCCCCCCCCCCC\n")
    prepare_parts(sources(PROTEINS), data, tmp_path / "out", CODEC, Work(blocks=2))
    assert len(made(tmp_path / "out.parts").keys() - before.keys()) == 2  # of the molecules, not of the proteins
    prepare(sources(PROTEINS), data, tmp_path / "out", CODEC, Work(blocks=2))
    assert sentences(tmp_path / "out", "molecule", "train")[0] == Molecule("C" * 12)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("reader = 'molecule'", r"sources\[0\].reader: found 'molecule'; expected one of antibodies"),
        ("colour = 1", r"sources\[0\]: unknown key 'colour'"),
        ("limit = -1", r"sources\[0\]: limit: found -1; expected 0 or more"),
        ("writings = 0", r"sources\[0\]: writings: found 0; expected 1 or more"),
        ("writings = 'two'", r"sources\[0\].writings: found 'two'; expected int"),
        ("modality = '../x'", r"sources\[0\]: modality: found '../x'"),
        ("forms = ['made']", r"sources\[0\].forms: found 'made'; expected none here"),
        (
            "reader = 'sites'\nforms = ['transfrom']",
            r"found 'transfrom'; expected located, marked, expanded, transform",
        ),
        ("reader = 'mapped_reactions'", r"key 'join' is missing"),
    ],
)
def test_a_recipe_with_a_fault_names_file_and_key(tmp_path, line, message):
    keys = {"reader": "'molecules'", "path": "'m.csv'", "modality": "'molecule'"}
    keys |= dict(part.split(" = ") for part in line.split("\n"))
    path = tmp_path / "c.toml"
    text = "\n".join(f"{key} = {value}" for key, value in keys.items())
    path.write_text(f"[corpus]\nname = 'x'\n[[corpus.sources]]\n{text}\n")
    with pytest.raises(RecipeError, match=rf"c\.toml: corpus.*{message}"):
        read_recipe(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[corpus]\nname = 'x'\n", "key 'sources' is missing"),
        ("[corpus]\nname = 'x'\nsources = []\n", "corpus: sources: a corpus needs at least one"),
        ("[corpus]\nname = 'x'\nsources = []\n[trian]\n", r"unknown key 'trian'; expected \[corpus\] or \[train\]"),
        ("[train]\nname = 'x'\n", r"table \[corpus\] is missing"),
    ],
)
def test_a_file_that_is_no_corpus_recipe(tmp_path, text, message):
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(RecipeError, match=message):
        read_recipe(tmp_path / "c.toml")


# --- shards


def test_shards_are_named_by_their_content_and_carry_all_parts(tmp_path):
    writer = ShardWriter(tmp_path, "m", "train", legal=True)
    writer.append([1, 2, 65535], 2, [0, 0, 9])
    writer.append([4], 0, [0])
    assert all(path.name.endswith(".partial") for path in tmp_path.iterdir())
    info = writer.close()
    assert (info.sentences, info.tokens) == (2, 4)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{info.stem}.{part}" for part in PARTS)
    shard = Shard(tmp_path, info, verify=True)
    assert shard.tokens.tolist() == [1, 2, 65535, 4] and shard.legal.tolist() == [0, 0, 9, 0]
    assert [(t.tolist(), prompt, r.tolist()) for t, prompt, r in map(shard.sentence, range(2))] == [
        ([1, 2, 65535], 2, [0, 0, 9]),
        ([4], 0, [0]),
    ]


@pytest.mark.parametrize("part", PARTS)
def test_a_broken_shard_is_named(tmp_path, part):
    writer = ShardWriter(tmp_path, "m", "train", legal=True)
    writer.append([1, 2, 3], 1, [0, 0, 0])
    info = writer.close()
    path = tmp_path / f"{info.stem}.{part}"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(CheckpointError, match=rf"{path.name}: {len(whole) - 1} bytes; expected {len(whole)} bytes"):
        Shard(tmp_path, info)
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    with pytest.raises(CheckpointError, match=rf"{path.name}: content does not match"):
        Shard(tmp_path, info, verify=True)
    path.unlink()
    with pytest.raises(CheckpointError, match=rf"{path.name}: missing"):
        Shard(tmp_path, info)


def test_tokens_of_a_large_vocabulary(tmp_path):
    numbers = token_type(151_936)
    assert (numbers.itemsize, token_type(65_536).itemsize) == (4, 2)
    writer = ShardWriter(tmp_path, "m", "train", legal=False, tokens=numbers)
    writer.append([1, 151_935, 70_000], 1)
    info = writer.close()
    assert Shard(tmp_path, info, numbers, verify=True).sentence(0).tokens.tolist() == [1, 151_935, 70_000]
    with pytest.raises(CheckpointError, match="12 bytes; expected 6"):
        Shard(tmp_path, info)


def test_an_empty_shard_is_no_fault(tmp_path):
    info = ShardWriter(tmp_path, "m", "train", legal=False).close()
    shard = Shard(tmp_path, info, verify=True)
    assert len(shard) == 0 and shard.tokens.size == 0


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"shards": [{}]}'])
def test_a_folder_that_is_no_corpus(tmp_path, text):
    if text is not None:
        (tmp_path / "corpus.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"corpus\.json: not"):
        read_corpus(tmp_path)


def test_a_large_modality_has_several_shards(data, tmp_path, monkeypatch):
    prepare(sources(PROTEINS), data, tmp_path / "one", CODEC)
    monkeypatch.setattr(joining, "MOST_TOKENS", 200)
    info, _ = prepare(sources(PROTEINS), data, tmp_path / "many", CODEC)
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


# --- the legal table


@pytest.fixture
def marked(data, tmp_path) -> Path:
    """A corpus whose answers are marked."""
    prepare(replace(sources(SITES), answers=True), data, tmp_path / "marked", CODEC)
    return tmp_path / "marked"


def test_the_legal_table_is_named_by_its_content_and_part_of_the_corpus(marked, data, tmp_path):
    info = read_corpus(marked)
    table = legal_table.load(marked, info)
    assert table is not None and table.dtype == bool and table[0].all() and table.shape[1] == info.vocabulary_size
    assert max(int(Shard(marked, shard).legal.max()) for shard in info.shards) == len(table) - 1
    assert info.legal is not None and [path.name for path in marked.glob("*.npy")] == [f"legal.{info.legal[:12]}.npy"]
    assert replace(info, legal="0" * 64).fingerprint != info.fingerprint
    prepare(replace(sources(SITES), answers=True), data, tmp_path / "again", CODEC)
    assert content(marked) == content(tmp_path / "again")


def test_a_corpus_without_marks_has_no_legal_table(data, tmp_path):
    info, _ = prepare(sources(SITES), data, tmp_path / "plain", CODEC)
    assert legal_table.load(tmp_path / "plain", info) is None and not list((tmp_path / "plain").glob("*.npy"))
    assert "legal" not in json.loads((tmp_path / "plain" / "corpus.json").read_text())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), r"legal\..*\.npy: missing; prepare the corpus again"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\7"), r"legal\..*\.npy: content does not match"),
        (lambda path: path.write_bytes(b""), r"legal\..*\.npy: content does not match"),
    ],
)
def test_a_legal_table_that_does_not_fit_is_refused(marked, damage, message):
    damage(next(marked.glob("*.npy")))
    with pytest.raises(CheckpointError, match=message):
        Mixture(marked, split="train", shares={"site": 1}, row_length=64, seed=1)


def test_marked_shards_without_a_listed_table_are_refused(marked):
    listing = json.loads((marked / "corpus.json").read_text())
    (marked / "corpus.json").write_text(json.dumps({k: v for k, v in listing.items() if k != "legal"}))
    with pytest.raises(CheckpointError, match="shards are marked, but no legal table is listed"):
        Mixture(marked, split="train", shares={"site": 1}, row_length=64, seed=1)


# --- memory

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
