"""What `licence = "strict"` leaves out: tables whose source states no licence or a narrow one, and such rows of others.

Tables are known by their file names, endings aside. A row that a source of open terms holds as well stays.
"""

from collections.abc import Mapping
from pathlib import Path

TABLES = {
    "aav_ggs": "no licence stated",
    "ggs_oracle_pairs": "no licence stated",
    "holo4k_seq": "joined from PDBbind and from lists without a licence",
    "mof_core_experimental": "GPL-2.0 repository without terms for its data",
    "mof_hmof_gas": "no licence file at its source",
    "triples_pdbbind_deepdtaf": "derived from PDBbind, whose terms are for research",
    "yu_ligand_sites": "no licence stated",
}
_DEBIAN = "from a Debian package under the GPL alone"
_CLAPE = "CLAPE-SMB, no licence stated"
COLUMNS: dict[str, tuple[str, dict[str, str]]] = {  # the column that names a row's sources, and those left out
    "ab_natural": ("licence", {"none-stated(GenBank/literature)": "no licence stated"}),
    "general_c50": ("src", dict.fromkeys(("mc", "mm", "pk", "sp"), _DEBIAN)),
    "mof_unified_node_linker_topology": (
        "families",
        {"CoRE": "GPL-2.0 repository without terms for its data", "hMOF": "no licence file at its source"},
    ),
    "site_labels_seq": (
        "set",
        dict.fromkeys(
            ("chen11", "coach420", "joined", "scpdb", "sjc_test", "sjc_train", "sjc_valid")
            + ("uniprotsmb_test", "uniprotsmb_train", "uniprotsmb_valid"),
            _CLAPE,
        ),
    ),
}


def columns(path: Path) -> tuple[str, ...]:
    """The columns that tell which rows of a table are left out."""
    return COLUMNS[_name(path)][:1] if _name(path) in COLUMNS else ()


def reason(path: Path, row: Mapping[str, str]) -> str | None:
    """Why a row is left out, if so: its table is, or every source that its column names, with | between them."""
    if _name(path) in COLUMNS:
        column, doubtful = COLUMNS[_name(path)]
        sources = row[column].split("|")
        return doubtful[sources[0]] if all(source in doubtful for source in sources) else None
    return TABLES.get(_name(path))


def _name(path: Path) -> str:
    return path.name.partition(".")[0]
