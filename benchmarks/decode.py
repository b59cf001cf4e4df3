"""Measure our sampler beside its peers and the machine's limit; docs/speed.md says what is measured and how."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from command import run_app
from decoding import report
from decoding.cases import CASES, SITE_SAMPLES, Case
from decoding.checkpoints import export
from decoding.limit import Limit
from decoding.ours import Ours, Unconstrained
from decoding.published_peer import Published
from decoding.sides import Side, compare, open_sides
from decoding.transformers_peer import Transformers
from decoding.vllm_peer import Vllm
from result import Spread, show_result
from scilogos.errors import InputError
from scilogos.model import fingerprint
from scilogos.tasks import DEFAULT
from scilogos.tasks.registry import open_engine

PAIRS, QUICK_PAIRS = 5, 3
QUICK_SYMBOLS = 128  # of a retro answer
QUICK_PUBLISHED = 40  # continuations; more take the published scripts minutes

app = App(help=__doc__, help_format="plaintext", version_flags=())
Positive = Annotated[int | None, Parameter(validator=Number(gte=1))]


def counts(text: str) -> list[int]:
    """Read `1,32,128`; InputError for anything but positive integers."""
    parts = text.split(",")
    if not all(part.isdecimal() and int(part) for part in parts):
        raise InputError(f"--continuations {text}: expected positive integers, as in 1,32,128")
    return [int(part) for part in parts]


@app.default
def decode(
    *,
    model: str = DEFAULT,
    config: str | None = None,
    case: Literal["retro", "site"] | None = None,
    continuations: str = "1,32,128,512",
    most: Positive = None,
    pairs: Positive = None,
    published: Path | None = None,
    published_python: Path | None = None,
    vllm: Path | None = None,
    quick: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Compare ours with every side that is there, and end with one line RESULT and JSON.

    Parameters
    ----------
    model
        An installed model or a folder.
    config
        Random weights of this shape instead: 27m, 0.6b or 1b.
    case
        This case alone.
    continuations
        Of the retro prompt; the site prompt has 40.
    most
        Symbols of a retro answer at most; default as the task, with --quick 128.
    pairs
        Ours and a peer in turn, so many times; default 5, with --quick 3.
    published
        A checkout of the published LOGOS repository.
    published_python
        The Python that runs its scripts; default this one.
    vllm
        The Python of an environment with vLLM.
    quick
        Shorter answers, fewer pairs, and the published scripts with 40 continuations at most.
    """
    numbers = counts(continuations)
    num_pairs = pairs or (QUICK_PAIRS if quick else PAIRS)
    most = most or (QUICK_SYMBOLS if quick else None)
    python = published_python or Path(sys.executable)
    with TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place) / "checkpoint"
        export(folder, model, config)
        engine = open_engine(folder, dtype="bf16")
        log, most_rows = Path(place) / "vllm.log", max(*numbers, SITE_SAMPLES)
        openings: dict[str, Callable[[], Side]] = {
            "limit": lambda: Limit(engine.model.config),
            "unconstrained": lambda: Unconstrained(engine),
            "transformers": lambda: Transformers(folder),
            "vllm": lambda: stack.enter_context(closing(Vllm(folder, vllm, most_rows, log))),
            "published": lambda: Published(folder, published, python),
        }
        sides, skipped = open_sides(openings)
        settings = {
            "model": config or model,
            "fingerprint": fingerprint(folder),
            "pairs": num_pairs,
            "most": most,
            "load_before": os.getloadavg()[0],
        }
        cases = [CASES[name](engine, most) for name in ([case] if case else CASES)]
        rows = list(measure(Ours(engine), sides, cases, numbers, num_pairs, quick))
    ratios = {
        f"{row['case']}, {row['continuations']}, ours / {row['peer']}": Spread(**row["ratio_symbols_per_s"])
        for row in rows
    }
    show_result("decode", settings=settings, ratios=ratios, skipped=skipped, rows=rows)


def measure(
    ours: Ours, sides: Mapping[str, Side], cases: Sequence[Case], continuations: Sequence[int], pairs: int, quick: bool
) -> Iterator[dict[str, Any]]:
    """Compare in every case, print each comparison as soon as it is there, and yield it."""
    for case in cases:
        for number in continuations if case.name == "retro" else [SITE_SAMPLES]:
            slow = {"published"} if quick and number > QUICK_PUBLISHED else set()
            there = {name: side for name, side in sides.items() if name not in slow}
            print(f"{case.name}: {number} x a prompt of {len(case.symbols)} symbols", flush=True)
            for name, found in compare(ours, there, case, number, pairs):
                side, row = there[name], report.row(case, name, found)
                if isinstance(side, Limit):
                    print(report.limit_lines(side, case, found[-1][0].lengths))
                print(report.line(row), flush=True)
                yield row


if __name__ == "__main__":
    run_app(app, "decode.py")
