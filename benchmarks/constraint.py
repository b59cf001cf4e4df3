"""What a constraint costs beside a step of the model, on real answers: every token is asked and followed, states new.

A model that has learnt the language draws such answers, and asks little more than the token that it draws. Each
product has states of its own; those of a row's neighbours, which other rows have met, cost less.
"""

import csv
import gzip
import random
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from statistics import fmean, median
from typing import Annotated

import numpy as np
import torch
from cyclopts import App, Parameter
from cyclopts.validators import Number

from command import run_app
from decode import counts
from decoding.checkpoints import shape, vocabulary
from decoding.limit import timed_seconds
from result import show_result, spread
from scilogos.decode import Engine
from scilogos.errors import InputError
from scilogos.grammar import Molecule, Retro, split, write
from scilogos.model import Transformer
from scilogos.science import canonical
from scilogos.tasks import retrosynthesis
from scilogos.tokens import Guides

OWN = 32  # tokens that the rows have written where the step is timed

app = App(help=__doc__, help_format="plaintext", version_flags=())


def reactions(path: Path, number: int) -> Iterator[tuple[str, str]]:
    """Products and the answers that give their reactants, as many test rows drawn at random."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        rows = [row for row in csv.DictReader(file) if row.get("split", "test") == "test"]
    if not rows or not {"product", "reactants"} <= rows[0].keys():
        raise InputError("expected test rows with the columns product and reactants", path=path)
    for row in random.Random(0).sample(rows, min(number, len(rows))):
        product, reactants = canonical(row["product"]), map(canonical, row["reactants"].split("."))
        yield product, split(write(Retro(Molecule(product), tuple(map(Molecule, reactants)))))[1]


def asked(engine: Engine, product: str, answer: str) -> list[float]:
    """The seconds that the guide of a product takes for each token of an answer, as the sampler asks it."""
    codec = engine.codec
    guide = Guides(codec.vocabulary)(retrosynthesis.constraint(engine, product))
    prompt = codec.encode(retrosynthesis.prompt(product))
    budget = retrosynthesis.BUDGET_FACTOR * len(prompt) + retrosynthesis.BUDGET_SLACK
    state, taken = guide.start, []
    for number, token in enumerate([*codec.encode(answer), codec.vocabulary.end]):
        begun = time.perf_counter()
        if not guide.fits(state, token, budget - number):
            raise InputError(f"{product}: the constraint refuses {answer} at token {number}")
        state = guide.step(state, token)
        taken.append(time.perf_counter() - begun)
    return taken


def step_seconds(engine: Engine, rows: int) -> list[float]:
    """The times of single steps of so many rows behind a prompt of 100 tokens."""
    cache = engine.cache()
    engine.read(cache, [range(100)])
    cache.arrange([-1] * rows, [0] * rows)
    engine.step(cache, np.zeros((rows, OWN), np.int64))
    cache.advance(OWN)
    return timed_seconds(lambda: engine.step(cache, np.zeros((rows, 1), np.int64)))


@app.default
def constraint(
    data: Path,
    /,
    *,
    config: str = "0.6b",
    number: Annotated[int, Parameter(validator=Number(gte=1))] = 200,
    rows: str = "1,8,32,128",
) -> None:
    """Compare, and end with one line RESULT and JSON.

    Parameters
    ----------
    data
        Reactions: a .csv or .csv.gz file with columns product and reactants, and perhaps split.
    config
        The shape of the model and its vocabulary: 27m, 0.6b or 1b.
    number
        Reactions.
    rows
        Answers that a step goes on with.
    """
    codec = vocabulary(config)
    weights = Transformer(shape(config, codec)).initialise(torch.Generator().manual_seed(0)).to(torch.bfloat16)
    engine = Engine(weights, codec)
    asked(engine, "CCO", "<MoleculeS>CCO<MoleculeE>")  # tables of the vocabulary
    taken = [seconds for pair in reactions(data, number) for seconds in asked(engine, *pair)]
    print(f"{config}: {len(taken):,} tokens, {fmean(taken) * 1e6:.0f} us a token, median {median(taken) * 1e6:.0f}")
    found, shares = [], {}
    for R in counts(rows):
        steps = step_seconds(engine, R)
        step, share = spread(steps), spread([R * fmean(taken) / seconds for seconds in steps])
        found.append({"rows": R, "step_s": asdict(step)})
        shares[f"the constraint's share, {R} rows"] = share
        told = f"the constraint adds {share.median:.1%} ({share.least:.1%} to {share.most:.1%})"
        print(f"  {R} rows: a step {step.median * 1e3:.1f} ms, {told}")
    settings = {"config": config, "vocabulary": codec.vocabulary.size, "data": data.name, "reactions": number}
    tokens = {"tokens": len(taken), "mean_us": fmean(taken) * 1e6, "most_us": max(taken) * 1e6}
    show_result("constraint", settings=settings, ratios=shares, guide=tokens, rows=found)


if __name__ == "__main__":
    run_app(app, "constraint.py")
