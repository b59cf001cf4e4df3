"""Comparisons as printed lines and as rows of the result."""

from collections.abc import Sequence
from dataclasses import asdict
from statistics import fmean, median
from typing import Any

from decoding.cases import Case
from decoding.limit import Limit, step_bytes, step_flops
from decoding.pairs import Pair, answer_ratios, costs, symbol_ratios
from result import rounded, spread


def row(case: Case, peer: str, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Give a comparison as JSON, numbers to four digits."""
    mine, other = zip(*pairs, strict=True)
    found = {
        "case": case.name,
        "prompt_symbols": len(case.symbols),
        "continuations": len(mine[0].lengths),
        "answer_symbols": median(work.mean_length for work in mine),
        "peer": peer,
        "ratio_symbols_per_s": asdict(spread(symbol_ratios(pairs))),
        "ratio_answers_per_s": asdict(spread(answer_ratios(pairs))),
        "ours_symbols_per_s": median(work.symbols_per_second for work in mine),
        "peer_symbols_per_s": median(work.symbols_per_second for work in other),
    }
    if peer == "unconstrained":
        found["constraint_cost"] = asdict(spread(costs(pairs)))
    return rounded(found)


def line(row: dict[str, Any]) -> str:
    """Write a row for a person."""
    ratio, cost = row["ratio_symbols_per_s"], row.get("constraint_cost")
    speeds = f"{row['ours_symbols_per_s']:,.0f} and {row['peer_symbols_per_s']:,.0f} symbols/s"
    note = f"; the constraint costs {cost['median']:+.0%}" if cost else ""
    return (
        f"  ours / {row['peer']:14}{ratio['median']:8.2f} [{ratio['least']:.2f}, {ratio['most']:.2f}]  {speeds}{note}"
    )


def limit_lines(limit: Limit, case: Case, lengths: Sequence[int]) -> str:
    """Write what one step of so many rows cannot avoid."""
    products, reading = limit.seconds(case, lengths)
    flops = step_flops(limit.config, len(lengths))
    needed = step_bytes(limit.config, len(lengths), len(case.symbols), fmean(lengths) / 2)
    return (
        f"  a step's products: {flops / 1e9:.3f} GFLOP in {products * 1e3:.2f} ms\n"
        f"  a step's bytes: {needed / 1e6:.1f} MB in {reading * 1e3:.2f} ms"
    )
