"""Plain proteins, and edits learnt as denoising: a natural protein from a copy with random substitutions."""

from collections.abc import Iterator

from scilogos.data.source import Reading, Record
from scilogos.data.tables import read_rows
from scilogos.grammar.objects import RESIDUES, Edit, Protein

_LEAST_SHARE, _MOST_SHARE = 0.02, 0.15  # of residues substituted


def proteins(reading: Reading) -> Iterator[Record]:
    """Natural proteins that are no near twin of a protein of the editing benchmarks."""
    for row in _natural(reading):
        yield Record(row["seq"], _split(row), (Protein(row["seq"]),))


def denoising(reading: Reading) -> Iterator[Record]:
    """Edits from a corrupted copy to the natural protein."""
    for row in _natural(reading):
        sentences = []
        rng = reading.rng(row["seq"])
        for _ in range(reading.source.writings):
            share = rng.uniform(_LEAST_SHARE, _MOST_SHARE)
            letters = list(row["seq"])
            for i in rng.sample(range(len(letters)), max(1, round(share * len(letters)))):
                letters[i] = rng.choice([r for r in RESIDUES if r != letters[i]])
            sentences.append(Edit(Protein("".join(letters)), Protein(row["seq"])))
        yield Record(row["seq"], _split(row), tuple(sentences))


def _split(row: dict):
    return "train" if row["split"] == "train" else "val"


def _natural(reading: Reading) -> Iterator[dict]:
    for row in read_rows(reading.path, ("seq", "split", "leak")):
        if row["split"] not in ("train", "val", "valid"):
            reading.ledger.drop(f"split {row['split']}")
        elif reading.source.max_length and len(row["seq"]) > reading.source.max_length:
            reading.ledger.drop(f"longer than {reading.source.max_length} residues")
        elif "proteingym" in row["leak"]:
            reading.ledger.drop("near twin of a protein with labelled variants")
        else:
            yield row
