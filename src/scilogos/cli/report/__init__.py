"""What the demo found as one page of HTML: no script, nothing to load, the same bytes for the same findings.

Knows nothing of models or sampling: `render` takes `Findings` and gives text.
"""

from scilogos.cli.report.findings import Designs, Facts, Findings, Frameworks, Loops, Routes, Site, Variants
from scilogos.cli.report.page import render
from scilogos.cli.report.tables import Table, agreement, all_tables

__all__ = [
    "Designs",
    "Facts",
    "Findings",
    "Frameworks",
    "Loops",
    "Routes",
    "Site",
    "Table",
    "Variants",
    "agreement",
    "all_tables",
    "render",
]
