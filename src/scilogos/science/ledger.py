"""What was left out, and why: nothing is skipped in silence."""

from typing import NamedTuple


class Skipped(NamedTuple):
    """One thing left out of what a file holds."""

    file: str
    item: str
    reason: str


Ledger = list[Skipped]
