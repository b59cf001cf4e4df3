"""The ledger: what came in, what was dropped and why, what was written; as JSON and as a table for people."""

import json
from collections import Counter, defaultdict
from pathlib import Path


class Ledger:
    """Counts per source; every dropped record has a reason."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.source = ""

    def count(self, what: str, number: int = 1) -> None:
        """Count something of the current source."""
        self.counts[self.source][what] += number

    def drop(self, reason: str) -> None:
        """Count a dropped record under its reason."""
        self.counts[self.source][f"dropped: {reason}"] += 1

    def markdown(self) -> str:
        """The ledger as Markdown, a table per source."""
        lines = ["# Ledger", ""]
        for source, counts in self.counts.items():
            lines += [f"## {source}", "", "| what | count |", "|---|---:|"]
            lines += [f"| {what} | {number:,} |" for what, number in sorted(counts.items())] + [""]
        return "\n".join(lines)

    def write(self, folder: Path) -> None:
        """Write ledger.json and ledger.md."""
        (folder / "ledger.json").write_text(json.dumps({k: dict(sorted(v.items())) for k, v in self.counts.items()}, indent=1))
        (folder / "ledger.md").write_text(self.markdown())
