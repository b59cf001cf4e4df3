"""A copy of the model that has learnt from labelled variants: pairs of a lower and a higher one, near each other.

Knows nothing of oracles. The run is the one of a user's own table (bench/tuning): all weights, AdamW, the loss over
the variant alone; a tenth of the variants, at most two hundred, is held out and measured before and after.
"""

import csv
import hashlib
import json
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scilogos.bench.editing.landscapes import Labelled
from scilogos.bench.held_out import subset
from scilogos.bench.tuning import LOSS, Method, tune
from scilogos.errors import StorageError
from scilogos.grammar.objects import RESIDUES
from scilogos.science import replacing
from scilogos.tasks import Logos, load
from scilogos.version import __version__

MOST_SEQUENCES = 4000  # whose pairs are looked at; of more, so many drawn at random
_TAGS = 6  # places of a sentence beside its residues
_ROWS = 256  # compared with all at once


@dataclass(frozen=True, kw_only=True)
class Learning:
    """How much a copy learns: places of the pairs that are told, and how often each pair is told."""

    tokens: int = 300_000
    epochs: int = 1
    seed: int = 1

    @property
    def method(self) -> Method:
        """The same as fine-tuning on a table takes it."""
        return Method(epochs=self.epochs, seed=self.seed)


class Pairs(NamedTuple):
    """Pairs of a parent and a fitter variant of equal length, the nearest ones first chosen."""

    pairs: tuple[tuple[str, str], ...]
    farthest: int  # differing places of the last pair
    left_out: int  # pairs that are farther apart


def nearest_pairs(rows: Labelled, most: int) -> Pairs:
    """Choose the pairs (lower, higher) that differ at the fewest places; of equally near ones those that gain most.

    The sequences have one length: an edit sentence holds substitutions alone.
    """
    letters_NL = np.array([list(sequence.encode()) for sequence in rows.sequences], np.uint8)
    one_hot = (letters_NL[:, :, None] == np.frombuffer(RESIDUES.encode(), np.uint8)).reshape(len(letters_NL), -1)
    one_hot, length = one_hot.astype(np.float32), letters_NL.shape[1]
    found, total = [], 0
    for start in range(0, len(letters_NL), _ROWS):
        differing = length - np.rint(one_hot[start : start + _ROWS] @ one_hot.T).astype(np.int64)
        gain = rows.fitness[None] - rows.fitness[start : start + _ROWS, None]
        lower, higher = np.nonzero((gain > 0) & (differing > 0))
        keys = np.stack((differing[lower, higher], -gain[lower, higher], lower + start, higher), 1)
        total += len(keys)
        found.append(keys[np.lexsort((keys[:, 1], keys[:, 0]))[:most]])
    keys = np.concatenate(found)
    keys = keys[np.lexsort((keys[:, 1], keys[:, 0]))[:most]]
    pairs = tuple((rows.sequences[int(a)], rows.sequences[int(b)]) for a, b in keys[:, 2:])
    return Pairs(pairs, int(keys[-1, 0]) if len(keys) else 0, total - len(keys))


def tuned_copy(model: Logos, folder: Path, rows: Labelled, how: Learning) -> tuple[Logos, dict[str, object]]:
    """Give a copy of the model that was fine-tuned on pairs of rows, and what it saw; found again in `folder`."""
    if len(rows.sequences) > MOST_SEQUENCES:
        chosen = subset(range(len(rows.sequences)), MOST_SEQUENCES, how.seed)
        rows = Labelled(tuple(rows.sequences[i] for i in chosen), rows.fitness[chosen])
    told = nearest_pairs(rows, how.tokens // how.epochs // (2 * len(rows.sequences[0]) + _TAGS))
    made_by = (told.pairs, asdict(how), __version__, metadata.version("torch"))
    digest = hashlib.sha256(repr(made_by).encode()).hexdigest()[:12]
    out = folder / digest
    if not (out / "report.json").is_file():  # what tuning writes last
        _tune(model, told, folder / f"{digest}.csv", out, how)
    found = json.loads((out / "report.json").read_text())
    facts = {
        "copy": digest,
        "pairs": len(told.pairs),
        "pairs left out": told.left_out,
        "substitutions at most": told.farthest,
        "steps": found["steps"],
        "loss before": found["before"][LOSS]["value"],
        "loss after": found["after"][LOSS]["value"],
    }
    return load(out / "model"), facts


def _tune(model: Logos, told: Pairs, table: Path, out: Path, how: Learning) -> None:
    try:
        table.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{table.parent}: cannot be made: {error.strerror or error}") from error
    with replacing(table) as stream:
        csv.writer(stream, lineterminator="\n").writerows([("parent", "variant"), *told.pairs])
    tune(model, "editing", table, out, how.method)
