"""Token shards and the table of legal sets: named by their content, and refused where it is not theirs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from scilogos.data import legal_table
from scilogos.data.batches import Mixture
from scilogos.data.corpus import prepare
from scilogos.data.shards import PARTS, Shard, ShardWriter, read_corpus, token_type
from scilogos.errors import CheckpointError
from tests.data.small import CODEC, SITES, content, sources


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


@pytest.fixture
def marked(tables, tmp_path) -> Path:
    """A corpus whose answers are marked."""
    prepare(replace(sources(SITES), answers=True), tables, tmp_path / "marked", CODEC)
    return tmp_path / "marked"


def test_the_legal_table_is_named_by_its_content_and_part_of_the_corpus(marked, tables, tmp_path):
    info = read_corpus(marked)
    table = legal_table.load(marked, info)
    assert table is not None and table.dtype == bool and table[0].all() and table.shape[1] == info.vocabulary_size
    assert max(int(Shard(marked, shard).legal.max()) for shard in info.shards) == len(table) - 1
    assert info.legal is not None and [path.name for path in marked.glob("*.npy")] == [f"legal.{info.legal[:12]}.npy"]
    assert replace(info, legal="0" * 64).fingerprint != info.fingerprint
    prepare(replace(sources(SITES), answers=True), tables, tmp_path / "again", CODEC)
    assert content(marked) == content(tmp_path / "again")


def test_a_corpus_without_marks_has_no_legal_table(tables, tmp_path):
    info, _ = prepare(sources(SITES), tables, tmp_path / "plain", CODEC)
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
