"""Small tables, readings of them, and recipes around them."""

import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from scilogos.data.ledger import Ledger
from scilogos.data.readers import READERS
from scilogos.data.source import Dropped, Reading, Record, Source
from tests.data.small import SMILES


def table(path: Path, rows: list[dict]) -> Path:
    """Write a csv of simple fields."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(rows[0]), *(",".join(str(value) for value in row.values()) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def write_table(tmp_path) -> Callable[[str, list[dict]], Path]:
    return lambda name, rows: table(tmp_path / name, rows)


@pytest.fixture
def read(tmp_path) -> Callable[..., tuple[list[Record], dict[str, int]]]:
    """Read a file of the test's folder with a reader; give the records and what the ledger counted."""

    def reading(reader: str, path: str, *, folder: Path = tmp_path, count: int | None = None, **options):
        source = Source(reader=reader, path=Path(path), modality="m", **options)
        ledger = Ledger()
        records = READERS[reader](Reading(source=source, data=folder, ledger=ledger, seed=1, val_percent=1.0))
        found = []
        for record in islice(records, count):
            try:
                assert record.sentences
                found.append(record)
            except Dropped as reason:
                ledger.drop(str(reason))
        return found, dict(ledger.counts[""])

    return reading


@pytest.fixture
def read_half(tmp_path) -> Callable[..., list[Record]]:
    """Read a file of the test's folder, half for validation where it names no split."""

    def reading(reader: str, path: str, **options) -> list[Record]:
        source = Source(reader=reader, path=Path(path), modality="m", **options)
        return list(READERS[reader](Reading(source=source, data=tmp_path, ledger=Ledger(), seed=1, val_percent=50.0)))

    return reading


@pytest.fixture
def tables(tmp_path, write_table) -> Path:
    """Molecules, proteins and chains with a ligand, some of them to be dropped."""
    write_table("data/m.csv", [{"smiles": s} for s in [*SMILES, "C(C", "OC", "CCCCCO"]])
    rows = [("ACDEFGHIKL" * 2, "train", ""), ("ACD" * 9, "train", ""), ("WYW", "val", ""), ("KLM", "train", "gfp")]
    write_table("data/p.csv", [{"id": i, "seq": s, "split": t, "leak": k} for i, (s, t, k) in enumerate(rows)])
    row = {"ccd": "LIG", "category": "small_molecule", "smiles": "OCC", "seq": "ACDEF", "contacts": [1, 2],
           "cluster30": "x",
           **dict.fromkeys(("pdb_in_coach420", "pdb_in_holo4k_mlig", "id_coach420", "id_holo4k", "id_posebusters",
                            "id_astex", "id_crossdocked"), 0)}  # fmt: skip
    chains = [row, row | {"contacts": [3]}, row | {"seq": "KLMNP"}, row | {"seq": "WYWYW"}, row | {"id_astex": 0.9}]
    (tmp_path / "data/t.jsonl").write_text("".join(json.dumps(chain) + "\n" for chain in chains))
    return tmp_path / "data"
