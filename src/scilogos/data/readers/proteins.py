"""Plain proteins, and edits learnt as denoising: a natural protein from a copy with random substitutions."""

from collections.abc import Iterator
from functools import partial

from scilogos.data.source import Reading, Record, Split
from scilogos.grammar.objects import RESIDUES, Edit, Protein, Sentence

_LEAST_SHARE, _MOST_SHARE = 0.02, 0.15  # of residues substituted
_HARMLESS_MARKS = frozenset({"", "ig_fold"})  # of column `leak`; every other names a benchmark with labelled variants


def proteins(reading: Reading) -> Iterator[Record]:
    """Natural proteins that are no near twin of a protein of the editing benchmarks."""
    for sequence, split in _natural(reading):
        yield Record(sequence, split, partial(_alone, sequence))


def _alone(sequence: str) -> tuple[Sentence, ...]:
    return (Protein(sequence),)


def denoising(reading: Reading) -> Iterator[Record]:
    """Edits from a corrupted copy to the natural protein."""
    for sequence, split in _natural(reading):
        yield Record(sequence, split, partial(_corrupted, reading, sequence))


def _corrupted(reading: Reading, sequence: str) -> tuple[Sentence, ...]:
    sentences = []
    rng = reading.rng(sequence)
    for _ in range(reading.source.writings):
        share = rng.uniform(_LEAST_SHARE, _MOST_SHARE)
        letters = list(sequence)
        for i in rng.sample(range(len(letters)), max(1, round(share * len(letters)))):
            letters[i] = rng.choice([r for r in RESIDUES if r != letters[i]])
        sentences.append(Edit(Protein("".join(letters)), Protein(sequence)))
    return tuple(sentences)


def _natural(reading: Reading) -> Iterator[tuple[str, Split]]:
    for row in reading.rows("seq", "leak"):
        sequence = row["seq"]
        if marks := sorted(set(row["leak"].split("|")) - _HARMLESS_MARKS):
            reading.ledger.drop(f"near twin of a protein with labelled variants ({', '.join(marks)})")
            continue
        split = reading.split_of(row, reading.cluster(sequence))
        if split is None:
            continue
        if not sequence or set(sequence) - set(RESIDUES):
            reading.ledger.drop("residues other than the twenty")
        elif reading.source.max_length and len(sequence) > reading.source.max_length:
            reading.ledger.drop(f"longer than {reading.source.max_length} residues")
        elif not reading.thins(sequence):
            yield sequence, split
