"""In which order should ligands for a pocket stand: log p in the pocket, or that less its mean in other pockets?

Without docking, on validation complexes of training's own table: does either find a pocket's own ligand among those of
other pockets, and are the first of a pocket's draws more like its ligand? Ends with one line RESULT and JSON.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
from cyclopts import App, Parameter
from cyclopts.validators import Number

from command import run_app
from result import show_figures
from scilogos.bench.binding_site.chains import LONGEST, TRAINING
from scilogos.bench.figures import mean
from scilogos.bench.held_out import reading, subset
from scilogos.bench.ligand.answers import log_likelihoods
from scilogos.data.readers import READERS
from scilogos.errors import InputError, ScilogosError
from scilogos.grammar import Complex, Protein, split, write
from scilogos.model import fingerprint
from scilogos.progress import Progress
from scilogos.science import similarity
from scilogos.tasks import DEFAULT, Logos, load
from scilogos.tasks.ranking import by_character

FIRST = 5  # draws that count

app = App(help=__doc__, help_format="plaintext", version_flags=())


class Known(NamedTuple):
    """A pocket and the text of its own ligand, as an answer."""

    chains: tuple[Protein, ...]
    smiles: str
    text: str


def known(data: Path, number: int, seed: int) -> list[Known]:
    """So many validation complexes of different proteins and ligands, in a random order."""
    records = READERS["complexes"](reading(data, "complexes", TRAINING, forms=("marked",), max_length=LONGEST))
    found: dict[str, Known] = {}
    proteins = set[str]()
    for record in subset([record for record in records if record.split == "val"], None, seed):
        (sentence,) = record.sentences
        assert isinstance(sentence, Complex)
        smiles, residues = sentence.ligand.smiles, sentence.chains[0].residues
        if smiles not in found and residues not in proteins:
            proteins.add(residues)
            found[smiles] = Known(sentence.chains, smiles, split(write(sentence))[1])
    if len(found) < number:
        raise InputError(f"found {len(found)} validation complexes; expected {number} or more", path=data / TRAINING)
    return list(found.values())[:number]


def contrasted(likely: np.ndarray, own: int) -> np.ndarray:
    """Of each ligand, log p in one pocket less the mean in the others: float [ligands] from [pockets, ligands]."""
    return likely[own] - np.delete(likely, own, 0).mean(0)


def reciprocal_rank(scores: np.ndarray, own: int) -> float:
    """One over the place of a pocket's own ligand."""
    return 1 / (1 + int((scores > scores[own]).sum()))


def of_draws(model: Logos, pocket: Known, others: Sequence[Known], draws: int, seed: int) -> dict[str, float] | None:
    """The mean similarity of the first distinct draws to the pocket's own ligand, by each order; None of too few."""
    ranking = model.ligands(pocket.chains, draws, samples=draws, seed=seed)
    if len(ranking) <= FIRST:
        return None
    texts = [answer.texts[0] for answer in ranking]
    likely = np.array([log_likelihoods(model, one.chains, texts) for one in (pocket, *others)])
    alike = np.array([similarity(answer.thing, pocket.smiles) for answer in ranking])
    orders = {
        "likelihood": np.array([answer.legal_score for answer in ranking]),
        "likelihood per character": np.array([by_character(answer) for answer in ranking]),
        "contrast": contrasted(likely, 0),
        "votes": np.array([answer.votes for answer in ranking]),
    }
    firsts = {name: np.argsort(-values, kind="stable")[:FIRST] for name, values in orders.items()}
    return {name: float(alike[first].mean()) for name, first in firsts.items()} | {"any": float(alike.mean())}


@app.default
def contrast(
    data: Path,
    /,
    *,
    model: str = DEFAULT,
    number: Annotated[int, Parameter(validator=Number(gte=2))] = 60,
    others: Annotated[int, Parameter(validator=Number(gte=1))] = 9,
    draws: Annotated[int, Parameter(validator=Number(gte=1))] = 30,
    seed: int = 0,
) -> None:
    """Measure both orders on validation complexes.

    Parameters
    ----------
    data
        The folder of the training tables.
    model
        An installed model or a folder.
    number
        Complexes.
    others
        Pockets that a pocket's draws are compared in.
    draws
        Ligands drawn for each pocket.
    """
    logos, pockets = load(model), known(data, number, seed)
    texts = [pocket.text for pocket in pockets]
    progress, rows, alike = Progress("contrast", 2 * len(pockets)), [], []
    for pocket in pockets:
        rows.append(log_likelihoods(logos, pocket.chains, texts))
        progress.advance(1)
    likely, found = np.array(rows), {}
    for name in ("likelihood", "contrast"):
        scores = likely if name == "likelihood" else np.array([contrasted(likely, i) for i in range(len(pockets))])
        found[f"own ligand, reciprocal rank by {name}"] = mean(
            [reciprocal_rank(scores[i], i) for i in range(len(pockets))], percent=False
        )
    for i, pocket in enumerate(pockets):
        rest = [pockets[(i + step) % len(pockets)] for step in range(1, min(others, len(pockets) - 1) + 1)]
        try:
            alike.append(of_draws(logos, pocket, rest, draws, seed))
        except ScilogosError:  # a chain that is too long beside so many symbols
            alike.append(None)
        progress.advance(1)
    there = [one for one in alike if one is not None]
    for name in there[0] if there else ():
        told = f"similarity of the first {FIRST} draws by {name}" if name != "any" else "similarity of all draws"
        found[told] = mean([one[name] for one in there], percent=False)
    settings = {"model": model, "fingerprint": fingerprint(logos.folder), "number": number, "seed": seed}
    settings |= {"others": others, "draws": draws, "pockets of too few draws": len(alike) - len(there)}
    show_figures("contrast", found, settings)


if __name__ == "__main__":
    run_app(app, "contrast.py")
