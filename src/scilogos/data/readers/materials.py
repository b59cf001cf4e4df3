"""Metal-organic frameworks as node, linkers and net."""

from collections.abc import Iterator
from functools import partial

from scilogos.data.source import Dropped, Reading, Record
from scilogos.errors import ScilogosError
from scilogos.grammar.objects import Sentence
from scilogos.science import material

_MADE = frozenset({"CoRE", "QMOF", "hMOF"})


def materials(reading: Reading) -> Iterator[Record]:
    """Rows of the unified table by its strict linker split; `forms` made or enumerated picks by family."""
    for row in reading.rows("node", "linkers", "topology", "families", "split_linker"):
        key = f"{row['node']}/{row['linkers']}/{row['topology']}"
        split = reading.split_of(row, key, "split_linker")
        if split is None:
            continue
        if not reading.wants("made" if _MADE & set(row["families"].split("|")) else "enumerated"):
            reading.ledger.drop("other family")
            continue
        yield Record(key, split, partial(_material, row["node"], row["linkers"], row["topology"] or None))


def _material(node: str, linkers: str, net: str | None) -> tuple[Sentence, ...]:
    try:
        return (material(node, linkers, net),)
    except ScilogosError:
        raise Dropped("node or linker that cannot be written") from None
