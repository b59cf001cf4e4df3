"""The ledger: what came in, what was dropped and why, what was written; as JSON and as a table for people.

It adds up: rows = records + merged rows + dropped rows; sentences = train + val + dropped sentences.
"""

import json
from collections import Counter, defaultdict
from pathlib import Path

WRITTEN = ("train sentences", "train tokens", "val sentences", "val tokens")


class Ledger:
    """Counts per source; every dropped row or sentence has a reason."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.source = ""

    def count(self, what: str, number: int = 1) -> None:
        """Count something of the current source."""
        self.counts[self.source][what] += number

    def drop(self, reason: str, what: str = "rows", number: int = 1) -> None:
        """Count dropped rows (or sentences) under their reason."""
        if number:
            self.count(f"dropped {what}: {reason}", number)

    def unaccounted(self) -> int:
        """Rows of the current source that are neither a record, nor merged into one, nor dropped."""
        counts = self.counts[self.source]
        dropped = sum(number for what, number in counts.items() if what.startswith("dropped rows"))
        return counts["rows"] - counts["records"] - counts["merged rows"] - dropped

    def modalities(self) -> dict[str, dict[str, int]]:
        """Sentences and tokens of each modality, whatever its sources."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for source, counts in self.counts.items():
            for what in WRITTEN:
                found[source.partition(":")[0]][what] += counts[what]
        return {name: dict(counts) for name, counts in found.items()}

    def markdown(self) -> str:
        """The ledger as Markdown: what was written of each modality, and a table per source."""
        lines = ["# Ledger", "", f"| modality | {' | '.join(WRITTEN)} |", "|---|" + "---:|" * len(WRITTEN)]
        for name, counts in self.modalities().items():
            lines.append(f"| {name} | {' | '.join(f'{number:,}' for number in counts.values())} |")
        lines.append("")
        for source, counts in self.counts.items():
            lines += [f"## {source}", "", "| what | count |", "|---|---:|"]
            lines += [f"| {what} | {number:,} |" for what, number in sorted(counts.items())] + [""]
        return "\n".join(lines)

    def write(self, folder: Path) -> None:
        """Write ledger.json and ledger.md."""
        sources = {source: dict(sorted(counts.items())) for source, counts in self.counts.items()}
        told = {"modalities": self.modalities(), "sources": sources}
        (folder / "ledger.json").write_text(json.dumps(told, indent=1))
        (folder / "ledger.md").write_text(self.markdown())
