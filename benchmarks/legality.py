"""Draw very many answers under the tasks' constraints and count those that parse and the molecules that RDKit accepts.

Untrained weights are the hardest case: nearly every symbol that a constraint allows is drawn at some time.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import torch
from cyclopts import App, Parameter
from cyclopts.validators import Number

from command import run_app
from decoding.cases import PROTEASE
from result import show_result, spread
from scilogos.bench.recorder import Recorder, tally
from scilogos.decode import Engine, Prompt, Sampling
from scilogos.errors import InputError
from scilogos.grammar import Protein
from scilogos.model import Transformer, fingerprint
from scilogos.tasks import DEFAULT, ligand_design, material_generation, retrosynthesis
from scilogos.tasks.registry import find, open_engine

PRODUCTS = {
    "paracetamol": "CC(=O)Nc1ccc(O)cc1",
    "ibuprofen": "CC(C)Cc1ccc(C(C)C(=O)O)cc1",
    "lidocaine": "CCN(CC)CC(=O)Nc1c(C)cccc1C",
    "celecoxib": "Cc1ccc(-c2cc(C(F)(F)F)nn2-c2ccc(S(N)(=O)=O)cc2)cc1",
    "metronidazole": "Cc1ncc([N+](=O)[O-])n1CCO",
    "nicotine": "CN1CCC[C@H]1c1cccnc1",
    "indomethacin": "COc1ccc2c(c1)c(CC(=O)O)c(C)n2C(=O)c1ccc(Cl)cc1",
    "tavaborole": "OB1OCc2cc(F)ccc21",
}
POCKET = tuple(n - 1 for n in (41, 49, 140, 142, 143, 144, 145, 163, 164, 165, 166, 172, 189))  # of the protease
SHARES = ("parsed", "accepted")
ROUND = 40  # answers to each prompt at a time: eight products, one pocket, one material

app = App(help=__doc__, help_format="plaintext", version_flags=())
Kind = tuple[str, Prompt, Sampling]


def kinds(engine: Engine, spare: int | None) -> Iterator[Kind]:
    """The prompts, each with its task's constraint and rule; `spare` symbols beyond those that an answer needs."""

    def prompt(text: str, constraint: Any, budget: int) -> Prompt:
        guide = engine.guide(constraint)
        most = budget if spare is None else min(budget, guide.distance(guide.start) + spare)
        return Prompt(tuple(engine.codec.encode(text)), guide, most)

    for product in PRODUCTS.values():
        text = retrosynthesis.prompt(product)
        budget = retrosynthesis.BUDGET_FACTOR * len(engine.codec.encode(text)) + retrosynthesis.BUDGET_SLACK
        rules = retrosynthesis.constraint(engine, product)
        yield "retrosynthesis", prompt(text, rules, budget), retrosynthesis.SAMPLING
    pocket = ligand_design.prompt([Protein(PROTEASE, POCKET)])
    yield "ligand", prompt(pocket, ligand_design.constraint(), ligand_design.BUDGET), ligand_design.SAMPLING
    free = material_generation.constraint(engine)
    budget, rule = material_generation.BUDGET, material_generation.SAMPLING
    yield "material", prompt(material_generation.prompt(), free, budget), rule


def round_of_draws(engine: Engine, spare: int | None, seed: int) -> dict[str, Counter[str]]:
    """Answers to every prompt: by kind, how many were drawn and parsed, their molecules, and those accepted."""
    found: dict[str, Counter[str]] = {}
    for kind, prompt, rule in kinds(engine, spare):
        recorder = Recorder(engine)
        recorder.complete([prompt], ROUND, rule, seed=seed)
        counts = tally(recorder.sentences())
        found.setdefault(kind, Counter()).update({name: n for name, n in counts.items() if isinstance(n, int)})
    return found


@app.default
def legality(
    *,
    model: str = DEFAULT,
    untrained: Annotated[bool, Parameter(negative=())] = False,
    count: Annotated[int, Parameter(validator=Number(gte=1))] = 100_000,
    spare: Annotated[int | None, Parameter(validator=Number(gte=0))] = None,
    seed: int = 0,
    out: Path = Path("legality.jsonl"),
) -> None:
    """Draw `count` answers, and end with one line RESULT and JSON; what is in `out` is not drawn again.

    Rounds of other seeds, drawn beside into another file, may be put behind those of `out`.

    Parameters
    ----------
    model
        An installed model or a folder.
    untrained
        Random weights in the shape of the model.
    spare
        Symbols that an answer may have beyond those that it needs; default as the task.
    seed
        Of the first round; each round has the next one.
    out
        A .jsonl file, one line a round, by which an interrupted run goes on.
    """
    engine = open_engine(find(model), dtype="bf16")
    if untrained:
        weights = Transformer(engine.model.config).initialise(torch.Generator().manual_seed(0))
        engine = Engine(weights.to(torch.bfloat16), engine.codec)
    settings = {"model": model, "fingerprint": fingerprint(find(model)), "untrained": untrained, "spare": spare}
    total: dict[str, Counter[str]] = {}
    shares: list[tuple[float, float]] = []  # of each round
    for found in _rounds(engine, spare, settings, seed, out):
        for kind, counts in found.items():
            total.setdefault(kind, Counter()).update(counts)
        shares.append(_shares(sum((Counter(counts) for counts in found.values()), Counter())))
        together = sum(total.values(), Counter())
        print(f"\r{together['drawn']:,} of {count:,} answers", end="", file=sys.stderr, flush=True)
        if together["drawn"] >= count:
            break
    print(file=sys.stderr)
    rounds = zip(*shares, strict=True)
    ratios = {f"{name}, of a round": spread(some) for name, some in zip(SHARES, rounds, strict=True)}
    rows = {kind: dict(counts) for kind, counts in total.items()} | {"all": dict(together)}
    whole = dict(zip(SHARES, _shares(together), strict=True))
    show_result("legality", settings={**settings, "seed": seed}, ratios=ratios, all=whole, rows=rows)


def _shares(counts: Counter[str]) -> tuple[float, float]:
    """Of answers those that parse, of molecules those that RDKit accepts."""
    return counts["parsed"] / counts["drawn"], counts["accepted"] / counts["molecules"]


def _rounds(
    engine: Engine, spare: int | None, settings: dict[str, Any], seed: int, out: Path
) -> Iterator[dict[str, Any]]:
    """The rounds that are in the file, then new ones, each of which is added to it; InputError for another's file."""
    lines = out.read_text().splitlines() if out.exists() else []
    for number, line in enumerate(lines, 1):
        entry = json.loads(line)
        if entry["settings"] != settings:
            raise InputError(f"{out}, line {number}: made with {entry['settings']}, not with {settings}")
        seed = max(seed, entry["seed"] + 1)
        yield entry["found"]
    while True:
        begun, found = time.perf_counter(), round_of_draws(engine, spare, seed)
        entry = {"seed": seed, "seconds": round(time.perf_counter() - begun, 2), "settings": settings, "found": found}
        with out.open("a") as file:
            file.write(json.dumps(entry) + "\n")
        yield found
        seed += 1


if __name__ == "__main__":
    run_app(app, "legality.py")
