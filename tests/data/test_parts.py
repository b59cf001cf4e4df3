"""Parts of a corpus: whole or not there, whoever else makes them and however a maker ends."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from scilogos.data import parts
from scilogos.data.corpus import Work, prepare
from scilogos.data.part_files import read_part
from scilogos.data.parts import Part
from scilogos.data.source import CorpusRecipe, Source
from scilogos.errors import StorageError
from scilogos.grammar import write
from scilogos.tokens import default

CODEC = default()
MOLECULES = Source(reader="molecules", path=Path("m.csv"), modality="molecule")
RECIPE = CorpusRecipe(name="small", sources=(MOLECULES,))


@pytest.fixture
def data(tmp_path, write_table) -> Path:
    write_table("data/m.csv", [{"smiles": "C" * n + tail} for n in range(1, 20) for tail in "NOF"])
    return tmp_path / "data"


@pytest.fixture
def part(data) -> Part:
    return Part(recipe=RECIPE, source=0, block=0, blocks=1, data=data, vocabulary=CODEC.vocabulary.fingerprint)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_two_makers_of_one_part_do_not_disturb_each_other(part, tmp_path, monkeypatch):
    folder, inner = tmp_path / "parts", []

    def meanwhile(sentence):
        if not inner:  # in the midst of the first, a second makes the whole part
            inner.append({})
            inner.append(content(part.make(folder, CODEC)))
        return write(sentence)

    monkeypatch.setattr(parts, "write", meanwhile)
    made = part.make(folder, CODEC)
    assert content(made) == inner[1] and [path.name for path in folder.iterdir()] == [part.name]
    assert len(list(read_part(made, np.dtype("<u2"), answers=False))) == 57


@pytest.mark.parametrize("name", ["records", "part.json"])
def test_a_part_that_was_cut_short_is_made_anew(part, tmp_path, name):
    folder = tmp_path / "parts"
    whole = content(part.make(folder, CODEC))
    broken = folder / part.name / name
    broken.write_bytes(broken.read_bytes()[:-30])
    assert content(part.make(folder, CODEC)) == whole and [path.name for path in folder.iterdir()] == [part.name]


def test_a_maker_that_is_killed_is_said(data, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "write", lambda _: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(StorageError, match="was killed, perhaps for want of memory; --processes 1 takes least"):
        prepare(RECIPE, data, tmp_path / "out", CODEC, Work(blocks=2, processes=2))
    assert not (tmp_path / "out").exists()
