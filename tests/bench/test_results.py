"""Lines on disk: found again, of one setting, half a line forgiven, a broken one named."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from scilogos.bench.results import Results
from scilogos.errors import InputError, StorageError


def test_lines_are_found_again(tmp_path):
    path = tmp_path / "deep" / "task.jsonl"
    Results(path, "one").add("model", {"a": {"x": 1}, "b": {"x": 2}})
    Results(path, "two").add("model", {"a": {"x": 3}})
    assert Results(path, "one").answers("model") == {"a": {"x": 1}, "b": {"x": 2}}
    assert Results(path, "two").answers("model") == {"a": {"x": 3}}
    assert Results(path, "one").answers("baseline") == {}


def test_half_a_line_is_cut_off(tmp_path):
    path = tmp_path / "task.jsonl"
    results = Results(path, "one")
    results.add("model", {"a": {"x": 1}})
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"settings": "one", "ar')
    assert Results(path, "one").answers("model") == {"a": {"x": 1}}
    assert path.read_bytes() == whole


def test_broken_line_is_named(tmp_path):
    path = tmp_path / "task.jsonl"
    path.write_text("nonsense\n")
    with pytest.raises(InputError, match="task.jsonl:1: not a line of results; delete the file"):
        Results(path, "one")


def test_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        Results(tmp_path / "file" / "task.jsonl", "one").add("model", {"a": {}})


def test_several_write_to_one_file(tmp_path):
    path = tmp_path / "task.jsonl"

    def write(name: str) -> None:
        for number in range(40):
            Results(path, "one").add("model", {f"{name}{number}": {"x": name * 20_000}})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, "abcd"))
    found = Results(path, "one").answers("model")
    assert len(found) == 160 and all(answer["x"] == key[0] * 20_000 for key, answer in found.items())
