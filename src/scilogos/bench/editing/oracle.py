"""Networks fitted to labelled sequences, kept in folders named by what made them; the oracle with its card.

OUT/editing/networks/<fingerprint>/model.safetensors   weights
                                   card.json           what it was fitted to and how; the oracle's figures
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from scilogos.bench.editing.landscapes import Labelled
from scilogos.bench.editing.network import Fit, Network, fit
from scilogos.bench.scores import spearman
from scilogos.errors import CheckpointError, StorageError
from scilogos.model.files import write_bytes
from scilogos.progress import Progress
from scilogos.science import replacing
from scilogos.version import __version__

WEIGHTS, CARD, MEASURED = "model.safetensors", "card.json", "figures.json"
FIGURES = ("held-out Spearman", "Spearman with GGS's oracle", "mean absolute difference from GGS's oracle")
HELD_OUT = 10  # one in so many sequences


def fitted(folder: Path, title: str, rows: Labelled, how: Fit) -> tuple[Network, dict[str, Any]]:
    """Give a network fitted to rows, and its card; both are found again in `folder`."""
    place = folder / _fingerprint(rows, how)
    if not (place / CARD).is_file():
        network = fit(*rows, how, Progress(title, how.steps).advance)
        _keep(place, network, {"of": title, "rows": len(rows.sequences), "fit": asdict(how)})
    return _load(place, how), {"fingerprint": place.name, **json.loads((place / CARD).read_text())}


def trained_oracle(
    folder: Path, title: str, rows: Labelled, pairs: Labelled, how: Fit
) -> tuple[Network, dict[str, Any]]:
    """Give a network fitted to all rows, and its card with its figures.

    They are the Spearman correlation of a twin on the tenth of sequences that the twin was not fitted to, and the
    agreement with the values that another oracle gave to `pairs`.
    """
    network, card = fitted(folder, title, rows, how)
    path = folder / card["fingerprint"] / MEASURED
    if not path.is_file():
        held = held_out(rows.sequences)
        twin, _ = fitted(folder, f"{title}, without a tenth", _chosen(rows, ~held), how)
        truth = _chosen(rows, held)
        correlation = spearman(twin.values(truth.sequences), truth.fitness)
        values = (None if np.isnan(value) else value for value in (correlation, *agreement(network, pairs)))
        figures: dict[str, Any] = dict(zip(FIGURES, values, strict=True))
        figures |= {"held-out rows": len(truth.sequences), "pairs": len(pairs.sequences)}
        with replacing(path) as stream:
            stream.write(json.dumps(figures, indent=1) + "\n")
    return network, {**card, **json.loads(path.read_text())}


def agreement(network: Network, pairs: Labelled) -> tuple[float, float]:
    """Compare a network with another oracle's values: the Spearman correlation and the mean absolute difference."""
    ours = network.values(pairs.sequences)
    return spearman(ours, pairs.fitness), float(np.abs(ours - pairs.fitness).mean())


def held_out(sequences: tuple[str, ...]) -> np.ndarray:
    """Whether a sequence belongs to the held-out tenth, by hash, bool [sequences]: repeats stand on one side."""
    digests = (hashlib.blake2b(sequence.encode(), digest_size=4).digest() for sequence in sequences)
    return np.array([int.from_bytes(digest) % HELD_OUT == 0 for digest in digests])


def _chosen(rows: Labelled, which: np.ndarray) -> Labelled:
    return Labelled(tuple(s for s, keep in zip(rows.sequences, which, strict=True) if keep), rows.fitness[which])


def _fingerprint(rows: Labelled, how: Fit) -> str:
    made_by = {"scilogos": __version__, "torch": metadata.version("torch"), **asdict(how)}
    digest = hashlib.sha256(json.dumps(made_by, sort_keys=True).encode())
    digest.update("\n".join(rows.sequences).encode() + np.asarray(rows.fitness, "<f4").tobytes())
    return digest.hexdigest()[:12]


def _keep(place: Path, network: Network, card: Mapping[str, Any]) -> None:
    try:
        place.mkdir(parents=True, exist_ok=True)
        write_bytes(place / WEIGHTS, iter([save(network.state_dict())]))
    except OSError as error:
        raise StorageError(f"{place}: cannot be written: {error.strerror or error}") from error
    with replacing(place / CARD) as stream:  # last: what has a card is whole
        stream.write(json.dumps(card, indent=1) + "\n")


def _load(place: Path, how: Fit) -> Network:
    network = Network(how.channels)
    try:
        network.load_state_dict(load_file(place / WEIGHTS))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(f"{place}: cannot be read; delete the folder to fit it anew ({error})") from None
    return network.eval()
