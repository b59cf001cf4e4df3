"""Metal-organic frameworks as node, linkers and net."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from scilogos.data.readers.twins import Twins
from scilogos.data.source import Dropped, Reading, Record, Split
from scilogos.data.tables import read_rows
from scilogos.errors import ScilogosError
from scilogos.grammar.objects import Sentence
from scilogos.science import material, neutralised

_MADE = frozenset({"CoRE", "QMOF", "hMOF"})


def materials(reading: Reading) -> Iterator[Record]:
    """Frameworks, split by their table's strict linker split or else by their linkers; `forms` picks by family."""
    tests = Twins(_test_linkers(reading), _linkers)
    for row in reading.rows("node", "linkers", "topology", "families"):
        place = _place(reading, row)
        if place is None:
            continue
        if not reading.wants("made" if _MADE & set(row["families"].split("|")) else "enumerated"):
            reading.ledger.drop("other family")
            continue
        held = tests if place == "train" else None
        yield Record(None, place, partial(_material, row["node"], row["linkers"], row["topology"] or None, held))


def _test_linkers(reading: Reading) -> set[str]:
    """The sets of linkers of the table's own test split."""
    return {row["linkers"] for row in read_rows(reading.path, ("linkers",)) if row.get("split_linker") == "test"}


def _place(reading: Reading, row: dict[str, Any]) -> Split | Callable[[], Split] | None:
    if "split_linker" in row:
        return reading.split_of(row, "", "split_linker")
    return lambda: reading.split(_linkers(row["linkers"]))


def _linkers(text: str) -> str:
    """The set of linkers, whatever their order and protons."""
    try:
        return ".".join(sorted(set(neutralised(text).split("."))))
    except ScilogosError:
        return text


def _material(node: str, linkers: str, net: str | None, tests: Twins | None) -> tuple[Sentence, ...]:
    if tests is not None and linkers in tests:
        raise Dropped("linkers of a test item, protons aside")
    try:
        return (material(node, linkers, net),)
    except ScilogosError:
        raise Dropped("node or linker that cannot be written") from None
