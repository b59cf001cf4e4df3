"""What is broken, full or not to be written is named, and nothing half-made is left."""

import errno
import json
import subprocess
from pathlib import Path

import pytest

from scilogos.data import joining
from scilogos.data.corpus import prepare, read_recipe
from scilogos.data.shards import ShardWriter
from scilogos.data.source import CorpusRecipe, Source
from scilogos.errors import InputError, MissingError, RecipeError, StorageError
from tests.data.small import CODEC, PROTEINS, SITES, content, only_whole_parts, sources


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
def test_a_broken_input_names_its_line_and_leaves_nothing(tables, tmp_path, name, content_, error, message, older):
    out = tmp_path / "out"
    if older:
        prepare(sources(), tables, out, CODEC)
    before = content(out) if older else None
    if content_ is None:
        row = json.loads((tables / name).read_text().splitlines()[0])
        content_ = json.dumps(row) + "\n" + json.dumps(row | {"id_astex": "high"}) + "\n"
    (tables / name).write_text(content_)
    if not content_:
        (tables / name).unlink()
    with pytest.raises(error, match=message):
        prepare(sources(PROTEINS, SITES), tables, out, CODEC)
    assert only_whole_parts(out)
    assert content(out) == before if older else not out.exists()


_SITE = {"category": "small_molecule", "seq": "ACDEFGHIKL", "contacts": [1, 2], "ccd": "X", "smiles": "CCO"}
_SITE |= {"cluster30": "c", "pdb_in_coach420": "", "pdb_in_holo4k_mlig": ""}
_SITE |= {f"id_{name}": "" for name in ("coach420", "holo4k", "posebusters", "astex", "crossdocked")}


@pytest.mark.parametrize(
    ("reader", "row"),
    [
        ("molecules", {"smiles": None}),
        ("molecules", {"smiles": 5}),
        ("proteins", {"seq": "ACDEF", "leak": None}),
        ("reactions", {"reactants": None, "product": "CC"}),
        ("reactions", {"reactants": "CC"}),
        ("sites", _SITE | {"cluster30": None}),
        ("sites", _SITE | {"contacts": [1.5]}),
        ("complexes", _SITE | {"smiles": None}),
        ("materials", {"node": "[Cu]", "linkers": None, "topology": "pcu", "families": "hMOF"}),
        ("materials", {"node": "[Cu]", "linkers": "OC=O", "topology": "pcu", "families": None}),
        ("own_reactions", {"reaction": None, "reactants": 1, "product": "C"}),
    ],
)
def test_values_of_another_kind_are_named_by_their_line(tmp_path, reader, row):
    (tmp_path / "t.jsonl").write_text(json.dumps(row) + "\n")
    recipe = CorpusRecipe(name="one", sources=(Source(reader=reader, path=Path("t.jsonl"), modality="m"),))
    with pytest.raises(InputError, match=r"t\.jsonl:1: "):
        prepare(recipe, tmp_path, tmp_path / "out", CODEC)


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


def test_a_full_disk_is_a_storage_error_and_leaves_nothing(tables, tmp_path, monkeypatch):
    class Writer(ShardWriter):
        def __init__(self, *arguments, **options) -> None:
            super().__init__(*arguments, **options)
            self._files = {part: Full(file) for part, file in self._files.items()}

    with monkeypatch.context() as patched, pytest.raises(StorageError) as caught:
        patched.setattr(joining, "ShardWriter", Writer)
        prepare(sources(), tables, tmp_path / "out", CODEC)
    assert str(caught.value) == f"{tmp_path}/out: the corpus could not be written: No space left on device"
    assert only_whole_parts(tmp_path / "out") and not (tmp_path / "out").exists()
    prepare(sources(), tables, tmp_path / "out", CODEC)
    prepare(sources(), tables, tmp_path / "again", CODEC)
    assert content(tmp_path / "out") == content(tmp_path / "again")


def test_a_really_full_disk(tables, tmp_path):
    mount = tmp_path / "small"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", mount], capture_output=True).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        with pytest.raises(StorageError, match="No space left on device"):
            prepare(sources(PROTEINS), tables, mount / "out", CODEC)
        assert only_whole_parts(mount / "out") and not (mount / "out").exists()
    finally:
        subprocess.run(["umount", mount], check=True)


def test_a_folder_that_cannot_be_written(tables, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="could not be written"):
        prepare(sources(), tables, tmp_path / "file" / "out", CODEC)


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
