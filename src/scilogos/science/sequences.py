"""Protein sequences in FASTA files."""

import os
from collections.abc import Iterable
from typing import NamedTuple

from scilogos.errors import InputError
from scilogos.grammar.objects import RESIDUES, UNKNOWN_RESIDUE
from scilogos.science.text_files import read_text, replacing

_LINE_WIDTH = 60
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


class NamedSequence(NamedTuple):
    """A sequence and the text of its header line."""

    name: str
    residues: str


def clean_sequence(text: str) -> str:
    """Write a sequence in the language's letters: upper case, spaces and a final `*` dropped, other letters as X.

    >>> clean_sequence("mktu llb*")
    'MKTXLLX'
    """
    letters = "".join(text.split()).upper().removesuffix("*")
    for at, letter in enumerate(letters):
        if letter not in _LETTERS:
            cure = "remove alignment gaps" if letter in "-." else "expected one-letter residues"
            raise InputError(f"found {letter!r} at residue {at + 1}; {cure}")
    if not letters:
        raise InputError("the sequence is empty; write at least one residue")
    return "".join(letter if letter in RESIDUES else UNKNOWN_RESIDUE for letter in letters)


def read_fasta(path: str | os.PathLike) -> list[NamedSequence]:
    """Read all sequences of a FASTA file (or .gz), cleaned; InputError names the line of the first fault."""
    records: list[tuple[int, str, list[tuple[int, str]]]] = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        line = line.strip()
        if line.startswith(">"):
            records.append((number, line[1:].strip(), []))
        elif line and not records:
            message = f"found {line[:20]!r} before the first header; expected a line that starts with >"
            raise InputError(message, path=path, line=number)
        elif line:
            records[-1][2].append((number, line))
    return [NamedSequence(name, _join(path, header, name, lines)) for header, name, lines in records]


def _join(path: str | os.PathLike, header: int, name: str, lines: list[tuple[int, str]]) -> str:
    parts = []
    if lines and lines[-1][1] == "*":
        lines = lines[:-1]
    if not lines:
        raise InputError(f"header {name[:40]!r} has no sequence below it", path=path, line=header)
    for number, line in lines:
        try:
            inner = "*" in line and number != lines[-1][0]
            parts.append(clean_sequence(line + "*" if inner else line))
        except InputError as error:
            raise InputError(str(error), path=path, line=number) from None
    return "".join(parts)


def write_fasta(path: str | os.PathLike, sequences: Iterable[tuple[str, str]]) -> None:
    """Write (name, residues) pairs as FASTA, 60 letters a line; whole or not at all."""
    with replacing(path) as stream:
        for name, residues in sequences:
            lines = (residues[start : start + _LINE_WIDTH] for start in range(0, len(residues), _LINE_WIDTH))
            stream.write("\n".join([f">{' '.join(name.split())}", *lines]) + "\n")
