"""Parts that are there are taken, whoever made them and wherever their sources lie."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scilogos.data import parts
from scilogos.data.corpus import Work, prepare, prepare_parts
from scilogos.errors import RecipeError
from scilogos.grammar import Molecule, write
from tests.data.small import CODEC, PROTEINS, SITES, content, only_whole_parts, sentences, sources


@pytest.mark.parametrize("answers", [False, True])
@pytest.mark.parametrize(("blocks", "processes"), [(1, 1), (3, 1), (5, 2)])
def test_the_bytes_do_not_depend_on_who_makes_the_parts(tables, tmp_path, answers, blocks, processes):
    recipe = replace(sources(PROTEINS, SITES), answers=answers)
    told, work = [], Work(blocks=blocks, processes=processes)
    prepare(recipe, tables, tmp_path / "one", CODEC)
    _, ledger = prepare(recipe, tables, tmp_path / "two", CODEC, replace(work, progress=lambda *n: told.append(n)))
    assert content(tmp_path / "one") == content(tmp_path / "two") and len(ledger.counts) == 3
    assert told == [(n, 3 * blocks) for n in range(1, 3 * blocks + 1)]
    for i in (2, 1, 3):
        prepare_parts(recipe, tables, tmp_path / "three", CODEC, work, share=(i, 3))
    assert len(list((tmp_path / "three.parts").iterdir())) == 3 * blocks
    prepare(recipe, tables, tmp_path / "three", CODEC, Work(blocks=blocks))
    assert content(tmp_path / "one") == content(tmp_path / "three")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "one", "three", "two"]


def made(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


@pytest.mark.parametrize("moment", [0, 1, 3])
def test_after_an_interrupt_it_goes_on(tables, tmp_path, monkeypatch, moment):
    def interrupted(sentence, calls=itertools.count()):
        if next(calls) == 80 * moment:
            raise KeyboardInterrupt
        return write(sentence)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(parts, "write", interrupted)
        prepare(sources(), tables, tmp_path / "out", CODEC, Work(blocks=4))
    assert only_whole_parts(tmp_path / "out") and not (tmp_path / "out").exists()
    there = made(tmp_path / "out.parts") if moment else {}
    assert len(there) == moment and (tmp_path / "out.parts").exists() == bool(moment)
    prepare_parts(sources(), tables, tmp_path / "out", CODEC, Work(blocks=4))
    assert there.items() <= made(tmp_path / "out.parts").items()
    prepare(sources(), tables, tmp_path / "out", CODEC, Work(blocks=4))
    prepare(sources(), tables, tmp_path / "again", CODEC)
    assert content(tmp_path / "out") == content(tmp_path / "again")


def test_killed_while_joining_nothing_stays_and_the_older_corpus_is_found_again(tables, tmp_path):
    """SIGKILL runs no cleaning up."""
    out, code = (
        tmp_path / "out",
        """
import os, signal, sys
from pathlib import Path
from scilogos.data import corpus
from tests.data.small import CODEC, PROTEINS, sources
rename = Path.rename
def killed(self, target):
    if self.name.startswith("corpus.") or Path(target).name == "out":
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, target)
Path.rename = killed
corpus.prepare(sources(PROTEINS), Path(sys.argv[1]), Path(sys.argv[2]), CODEC)
""",
    )
    prepare(sources(), tables, out, CODEC)
    before = content(out)
    for _ in range(2):
        ended = subprocess.run([sys.executable, "-c", code, str(tables), str(out)], cwd=Path(__file__).parents[2])
        assert ended.returncode == -signal.SIGKILL
    assert content(tmp_path / "out.old") == before and not out.exists()
    with pytest.raises(RecipeError):
        prepare(replace(sources(), sources=(replace(PROTEINS, reader="nothing"),)), tables, out, CODEC)
    assert content(out) == before
    prepare(sources(PROTEINS), tables, out, CODEC)
    assert only_whole_parts(out) and not list(tmp_path.glob("out.*"))


def test_parts_of_the_same_input_are_taken_wherever_it_lies(tables, tmp_path):
    prepare_parts(sources(PROTEINS), tables, tmp_path / "out", CODEC, Work(blocks=2))
    there = made(tmp_path / "out.parts")
    elsewhere = shutil.copytree(tables, tmp_path / "elsewhere", copy_function=shutil.copyfile)
    os.utime(elsewhere / "m.csv", ns=(1, 1))
    prepare_parts(sources(PROTEINS), elsewhere, tmp_path / "out", CODEC, Work(blocks=2))
    assert made(tmp_path / "out.parts") == there


def test_parts_of_other_input_are_not_taken(tables, tmp_path):
    prepare_parts(sources(PROTEINS), tables, tmp_path / "out", CODEC, Work(blocks=2))
    before = made(tmp_path / "out.parts")
    (tables / "m.csv").write_text("smiles\nCCCCCCCCCCCC\n")
    prepare_parts(sources(PROTEINS), tables, tmp_path / "out", CODEC, Work(blocks=2))
    assert len(made(tmp_path / "out.parts").keys() - before.keys()) == 2  # of the molecules, not of the proteins
    prepare(sources(PROTEINS), tables, tmp_path / "out", CODEC, Work(blocks=2))
    assert sentences(tmp_path / "out", "molecule", "train")[0] == Molecule("C" * 12)
