import gzip

import pytest

from scilogos.errors import InputError
from scilogos.science import clean_sequence, read_fasta, write_fasta


def write(tmp_path, text):
    path = tmp_path / "a.fasta"
    path.write_text(text)
    return path


def test_round_trip_and_gz(tmp_path):
    records = [("one protein", "MKT" * 50), ("two", "ACDX")]
    for name in ("a.fa", "a.fa.gz"):
        write_fasta(tmp_path / name, records)
        assert read_fasta(tmp_path / name) == records
    assert max(map(len, (tmp_path / "a.fa").read_text().splitlines())) == 60


def test_letters(tmp_path):
    assert read_fasta(write(tmp_path, ">a\nmk tu\n\nBZJO*\n")) == [("a", "MKTXXXXX")]
    assert read_fasta(write(tmp_path, ">a\r\nMK\r\n*\r\n>b\r\nA\r\n")) == [("a", "MK"), ("b", "A")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (">a\nMKT\n>b\nMK2T\n", r"a\.fasta:4: found '2' at residue 3"),
        (">a\nMK-T\n", "a.fasta:2: .*gaps"),
        (">a\nMK*T\n", r"a\.fasta:2: found '\*'"),
        (">a\nMKT*\nMK\n", r"a\.fasta:2: found '\*'"),
        (">a\nMKT\n>b\n\n>c\nMK\n", "a.fasta:3: header 'b' has no sequence"),
        ("MKT\n>a\nMKT", "a.fasta:1: found 'MKT' before"),
        ("  \n", "empty"),
        (">a\nMKTé\n", "residue 4"),
    ],
)
def test_faults_name_the_line(tmp_path, text, fault):
    with pytest.raises(InputError, match=fault):
        read_fasta(write(tmp_path, text))


def test_broken_gzip_and_binary(tmp_path):
    path = tmp_path / "a.fa.gz"
    path.write_bytes(gzip.compress(b">a\n" + b"MKTAYIAKQR" * 500)[:60])
    with pytest.raises(InputError, match="cut short"):
        read_fasta(path)
    path.write_bytes(b"\x7fELF\0\0")
    with pytest.raises(InputError, match="binary"):
        read_fasta(path)


def test_clean_sequence():
    assert clean_sequence(" acd\nuX* ") == "ACDXX"
    with pytest.raises(InputError, match="empty"):
        clean_sequence(" * ")
