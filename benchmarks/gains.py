"""In which order should variants of a protein stand: by log p(variant | parent), or less log p(parent | variant)?

Without any label in training: measured variants of three proteins (deep mutational scans, the table of nn4dms), and
Spearman of each order with the measured score. Fewest substitutions first is the baseline. Ends with one line RESULT
and JSON.
"""

from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import App, Parameter
from cyclopts.validators import Number

from command import run_app
from result import show_figures
from scilogos.bench.editing.climb import weighed
from scilogos.bench.figures import Figure, bootstrap
from scilogos.bench.held_out import subset
from scilogos.bench.scores import spearman
from scilogos.data.tables import read_rows
from scilogos.errors import InputError
from scilogos.model import fingerprint
from scilogos.model.files import read_json
from scilogos.progress import Progress
from scilogos.tasks import DEFAULT, load

TABLE, PARENTS = "protein/dms_nn4dms.csv.zst", "protein/dms_nn4dms_wt.json"
_AT_ONCE = 16  # pairs asked together

app = App(help=__doc__, help_format="plaintext", version_flags=())


def substituted(parent: str, variant: str, offset: int) -> str:
    """Apply substitutions as nn4dms writes them, `A104E,A142E`, counted from the offset; InputError for others."""
    residues = list(parent)
    for change in variant.split(","):
        place = int(change[1:-1]) - offset if change[1:-1].isdecimal() else -1
        if not 0 <= place < len(parent) or parent[place] != change[0]:
            raise InputError(
                f"variant {variant}: found {change!r}; expected a residue of the parent, its place, a residue"
            )
        residues[place] = change[-1]
    return "".join(residues)


def variants(data: Path, number: int, seed: int) -> dict[str, tuple[str, list[str], list[float]]]:
    """So many measured variants of each parent, with their scores; those that end the chain are left out."""
    rows = dict[str, list[tuple[str, float]]]()
    for row in read_rows(data / TABLE, ("dataset", "variant", "score")):
        if "*" not in row["variant"]:
            rows.setdefault(row["dataset"], []).append((row["variant"], float(row["score"])))
    parents, found = read_json(data / PARENTS), {}
    for name, some in sorted(rows.items()):
        if name not in parents:
            raise InputError(f"found {', '.join(parents)}; expected {name}, which {TABLE} has", path=data / PARENTS)
        parent, offset = parents[name]["wt"], parents[name]["wt_offset"]
        chosen = subset(some, None, seed)[:number]
        found[name] = parent, [substituted(parent, variant, offset) for variant, _ in chosen], [s for _, s in chosen]
    return found


def of_order(values: np.ndarray, scores: np.ndarray) -> Figure:
    """Spearman over the variants, and its interval."""
    return bootstrap(lambda units: spearman(values[units], scores[units]), len(scores), percent=False)


@app.default
def gains(
    data: Path,
    /,
    *,
    model: str = DEFAULT,
    number: Annotated[int, Parameter(validator=Number(gte=5))] = 300,
    seed: int = 0,
) -> None:
    """Measure the orders.

    Parameters
    ----------
    data
        The folder of the tables.
    model
        An installed model or a folder.
    number
        Variants of each protein.
    """
    logos, measured, found = load(model), variants(data, number, seed), dict[str, Figure]()
    progress = Progress("gains", sum(len(some) for _, some, _ in measured.values()))
    for name, (parent, some, scores) in measured.items():
        parts = []
        for start in range(0, len(some), _AT_ONCE):
            pairs = [(parent, variant) for variant in some[start : start + _AT_ONCE]]
            parts.append(weighed(logos.engine, pairs))
            progress.advance(len(pairs))
        forward, gained = (np.concatenate(values) for values in zip(*parts, strict=True))
        changes = np.array([sum(a != b for a, b in zip(parent, variant, strict=True)) for variant in some])
        orders = {
            "likelihood": forward,
            "gain": gained,
            "likelihood back": forward - gained,
            "fewest changes": -changes,
        }
        measure = partial(of_order, scores=np.array(scores))
        found |= {f"{name}, Spearman of {order}": measure(values) for order, values in orders.items()}
    settings = {"model": model, "fingerprint": fingerprint(logos.folder), "number": number, "seed": seed}
    show_figures("gains", found, settings)


if __name__ == "__main__":
    run_app(app, "gains.py")
