"""Source tables: every way of writing one reads the same, and what is broken is told with its line."""

import gzip
import json
from pathlib import Path

import pytest
import zstandard

from scilogos.data.tables import numbered_rows, read_rows
from scilogos.errors import InputError, MissingError

ROWS = [{"id": str(i), "text": f"a, {i}" if i % 7 else f'"{i}"\nnext'} for i in range(4000)]


def as_csv(rows: list[dict[str, str]]) -> bytes:
    quoted = ['"' + row["text"].replace('"', '""') + '"' for row in rows]
    lines = ["id,text", *(f"{row['id']},{text}" for row, text in zip(rows, quoted, strict=True))]
    return ("\n".join(lines) + "\n").encode()


def as_jsonl(rows: list[dict[str, str]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


PACKED = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": lambda content: zstandard.ZstdCompressor(write_checksum=True).compress(content),
}


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize(("kind", "written"), [(".csv", as_csv), (".jsonl", as_jsonl)])
def test_all_ways_of_writing_a_table_read_the_same(tmp_path, kind, written, packed):
    path = tmp_path / f"table{kind}{packed}"
    for mark in (b"", b"\xef\xbb\xbf"):  # which spreadsheets put before the text
        path.write_bytes(PACKED[packed](mark + written(ROWS)))
        assert list(read_rows(path, ("id", "text"))) == ROWS


def test_zstd_of_several_frames_and_of_none(tmp_path):
    path = tmp_path / "table.csv.zst"
    text = as_csv(ROWS)
    path.write_bytes(zstandard.compress(text[:1000]) + zstandard.compress(b"") + zstandard.compress(text[1000:]))
    assert list(read_rows(path)) == ROWS
    path.write_bytes(b"")
    assert list(read_rows(path)) == []
    with pytest.raises(InputError, match=r"csv\.zst:1: found columns \(none\); expected id"):
        list(read_rows(path, ("id",)))


def test_numbers_are_those_of_lines(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text('a,b\n1,"x\ny"\n\n2,z\n')
    assert list(numbered_rows(path)) == [(3, {"a": "1", "b": "x\ny"}), (5, {"a": "2", "b": "z"})]


def refused(path: Path, *columns: str) -> InputError:
    with pytest.raises(InputError) as caught:
        list(read_rows(path, columns))
    assert caught.value.path == path and str(caught.value).startswith(f"{path}:{caught.value.line}: ")
    return caught.value


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("t.csv", b"id,seq\n1,A\n", 1, "found columns id, seq; expected chain"),
        ("t.csv", b"", 1, "expected chain"),
        ("t.csv", b"chain,x\nA,1\nB\n", 3, "found 1 fields; expected 2"),
        ("t.csv", b"chain,x\nA,1\nB,2,3\n", 3, "found 3 fields; expected 2"),
        ("t.csv", b'chain,x\nA,1\nB,"2\nC,3\n', 5, "unexpected end of data"),
        ("t.csv", b"chain,x\nA,1\nB,\xff\n", 1, "broken table: 'utf-8' codec"),
        ("t.jsonl", b'{"chain": 1}\n{"chain": 2\n', 2, "broken table"),
        ("t.jsonl", b'{"chain": 1}\n{"chian": 2}\n', 2, "found columns chian; expected chain"),
        ("t.jsonl", b'{"chain": 1}\n[1]\n', 2, "expected a JSON object"),
    ],
)
def test_a_broken_line_is_told_with_its_number(tmp_path, name, content, line, message):
    path = tmp_path / name
    path.write_bytes(content)
    error = refused(path, "chain")
    assert message in str(error) and error.line == line


@pytest.mark.parametrize("packed", [".gz", ".zst"])
@pytest.mark.parametrize(("kind", "written"), [(".csv", as_csv), (".jsonl", as_jsonl)])
def test_a_broken_archive_is_told_and_what_was_whole_comes_first(tmp_path, kind, written, packed):
    path = tmp_path / f"table{kind}{packed}"
    whole = PACKED[packed](written([{"id": str(i * i), "text": str(i**9)} for i in range(20_000)]))
    path.write_bytes(whole[: len(whole) * 3 // 4])
    seen = 0
    with pytest.raises(InputError, match="broken table") as caught:
        for _ in read_rows(path, ("id",)):
            seen += 1
    assert 1000 < seen < 20_000 and abs(caught.value.line - seen) <= 2
    path.write_bytes(whole[:2000] + bytes(100) + whole[2100:])
    refused(path, "id")
    path.write_bytes(b"this is no archive")
    refused(path, "id")


def test_a_missing_file(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(MissingError, match="no such file"):
            list(read_rows(path))
