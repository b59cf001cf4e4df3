"""Validity of constrained sampling on held-out prompts of five tasks: does it parse, does RDKit accept it?"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

from scilogos.bench import binding_site, cdr, retrosynthesis
from scilogos.bench.binding_site import chains
from scilogos.bench.figures import Figure, ratio
from scilogos.bench.held_out import Answer, HeldOut, Item, reading
from scilogos.bench.recorder import Recorder, tally
from scilogos.bench.settings import NoSettings
from scilogos.data.readers import READERS
from scilogos.grammar import Complex
from scilogos.tasks import Logos

FILES = tuple(dict.fromkeys((*retrosynthesis.FILES, *binding_site.FILES, *cdr.FILES)))
HELD_OUT = (
    "prompts of the test or validation splits: USPTO-50K products, contacts of validation complexes, gold COACH420 "
    "chains, RAbD antibodies; materials from nothing; edits are not drawn symbol by symbol and cannot fail to parse"
)
METHOD = "each task's own sampling and constraint; materials here with nodes by syntax alone"
SAMPLES, BATCH, QUICK = 20, 1, (20, ())

KINDS: dict[str, int] = {  # prompts of each kind: with 20 draws each, over 2,000 molecules
    "retrosynthesis": 34,
    "ligand": 34,
    "material": 34,
    "site": 8,
    "cdr": 8,
}


def items(data: Path, *, limit: int | None, seed: int, settings: NoSettings = NoSettings()) -> HeldOut:
    """Read prompts of every kind, in turn, so that a limit leaves some of each."""
    most = {kind: number if limit is None else min(number, limit) for kind, number in KINDS.items()}
    sites = binding_site.items(data, limit=most["site"], seed=seed, settings=binding_site.Settings(sets=("coach420",)))
    loops = cdr.items(data, limit=most["cdr"], seed=seed)
    products = retrosynthesis.items(data, limit=most["retrosynthesis"], seed=seed)
    given: dict[str, Iterable[Any]] = {
        "retrosynthesis": [item.given for item in products.items],
        "ligand": islice(_pockets(data), most["ligand"]),
        "material": range(most["material"]),
        "site": [chain for item in sites.items if item.group == "COACH420" for chain in item.given.chains],
        "cdr": [item.given.chains for item in loops.items],
    }
    columns = [[Item(f"{kind}/{i}", g, group=kind) for i, g in enumerate(some)] for kind, some in given.items()]
    ordered = [item for item in chain(*zip_longest(*columns)) if item is not None]
    return HeldOut(tuple(ordered[:limit]), {**products.skipped, **sites.skipped, **loops.skipped})


def _pockets(data: Path) -> Iterator[tuple]:
    """Chains of validation complexes with the contacts of the ligand."""
    options = {"forms": ("marked",), "max_length": chains.LONGEST}
    for record in READERS["complexes"](reading(data, "complexes", chains.TRAINING, **options)):
        if record.split == "val":
            (sentence,) = record.sentences
            assert isinstance(sentence, Complex)
            yield sentence.chains


ASK: dict[str, Callable[..., object]] = {  # how a model is asked for n draws of a kind
    "retrosynthesis": lambda model, given, n, seed: model.retrosynthesis(given, samples=n, num_roots=1, seed=seed),
    "ligand": lambda model, given, n, seed: model.ligands(given, samples=n, seed=seed),
    "material": lambda model, given, n, seed: model.materials(samples=n, seed=seed + given),
    "site": lambda model, given, n, seed: model.sites(given, samples=n, seed=seed),
    "cdr": lambda model, given, n, seed: model.cdr(given, ["H3"], samples=n, n=n, seed=seed),
}


def predict(model: Logos, held: HeldOut, batch: Sequence[Item], *, samples: int, seed: int) -> list[Answer]:
    """Counts of what was drawn, parsed and accepted for each prompt, and the molecules that RDKit refuses."""
    del held
    answers = []
    for item in batch:
        recorder = Recorder(model.engine)
        ASK[item.group](replace(model, engine=recorder), item.given, samples, seed)
        answers.append(tally(recorder.sentences()))
    return answers


def score(held: HeldOut, answers: Sequence[Answer]) -> dict[str, Figure]:
    """Shares of completions that parse and of molecules that RDKit parses and sanitises; intervals draw prompts."""
    figures = {}
    for kind in ("all", *KINDS):
        given = [a for i, a in zip(held.items, answers, strict=True) if kind in ("all", i.group)]
        mine = [a for a in given if "error" not in a]
        if len(mine) < len(given):
            refused = Figure(len(given) - len(mine), count=len(given), percent=False)
            figures[f"{kind}: prompts refused, in no share"] = refused
        if not mine:
            continue
        figures[f"{kind}: completions that parse"] = ratio([a["parsed"] for a in mine], [a["drawn"] for a in mine])
        if any(a["molecules"] for a in mine):
            accepted = ratio([a["accepted"] for a in mine], [a["molecules"] for a in mine])
            figures[f"{kind}: molecules RDKit accepts"] = accepted
            total = sum(a["molecules"] for a in mine)
            figures[f"{kind}: molecules"] = Figure(total, count=len(mine), percent=False)
    return figures
