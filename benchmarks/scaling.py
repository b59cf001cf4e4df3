"""Fit validation losses and task scores of finished runs against their size, or against their tokens.

Writes pictures and two tables, and ends with one line RESULT and JSON.
"""

from pathlib import Path

from cyclopts import App

from command import run_app
from ladder.history import run_of
from ladder.laws import common_tokens, fits, spreads
from ladder.pictures import draw, draw_scores
from ladder.runs import Over, read_run
from ladder.scores import SCORES, scores, slope
from result import Spread, show_result
from scilogos.errors import InputError

app = App(help=__doc__, help_format="plaintext", version_flags=())


@app.default
def scaling(
    *recipes: Path, over: Over = "size", out: Path = Path("docs/scaling"), results: Path = Path("results")
) -> None:
    """Read the runs of recipes, or models with what led to them, that differ in size, or are of one size in tokens.

    Parameters
    ----------
    recipes
        Recipes whose runs lie in runs/NAME, or folders of models with their training.json.
    over
        What they differ in. Sizes are compared after the most tokens that all have read, tokens at the end of each run.
    out
        Where the pictures go; their names begin so.
    results
        The folder of `logos bench`.
    """
    if len(recipes) < 2:
        raise InputError("give at least two recipes or models")
    read = (run_of(path) if path.is_dir() else read_run(path) for path in recipes)
    runs = sorted(read, key=lambda run: run.x(over))
    if len({run.x(over) for run in runs}) < 2:
        raise InputError(f"the runs do not differ in {over}: found {', '.join(run.head(over) for run in runs)}")
    tokens = common_tokens(runs) if over == "size" else None
    table = fits(runs, over, tokens)
    draw(runs, over, table, out)
    heads = [run.head(over) for run in runs]
    where = f"after {tokens / 1e6:.1f} M tokens" if tokens else "at the end"
    between = spreads(runs, over, table)
    print(f"| {where} | {' | '.join(heads)} | exponent | from run to run |")
    print("|---|" + "---:|" * (len(runs) + 2))
    for name, row in table.items():
        losses = " | ".join(f"{row[run.name]:.3f}" for run in runs)
        least, most = between[name]
        print(f"| {name} | {losses} | {row['exponent']:+.3f} | {least:+.3f} to {most:+.3f} |")
    found = {task: row for task, row in scores(runs, results).items() if len(row) > 1}
    slopes = {task: slope(runs, over, row) for task, row in found.items()}
    if found:
        draw_scores(runs, over, found, out)
        print(f"\n| score | {' | '.join(heads)} | more for ten times the {over} |")
        print("|---|" + "---:|" * (len(runs) + 1))
    for task, row in found.items():
        cells = " | ".join(str(row[run.name]) if run.name in row else "" for run in runs)
        print(f"| {task}, {SCORES[task]} | {cells} | {slopes[task]:+.3f} |")
    settings = {run.name: {"parameters": run.parameters, "weights": run.fingerprints} for run in runs}
    exponents = {f"exponent of {name}": Spread(row["exponent"], *between[name]) for name, row in table.items()}
    values = {task: {run: figure.value for run, figure in row.items()} for task, row in found.items()}
    told = {"tokens": tokens, "losses": table, "scores": values, "score of ten times as much": slopes}
    show_result("scaling", settings={"over": over, **settings}, ratios=exponents, **told)


if __name__ == "__main__":
    run_app(app, "scaling.py")
