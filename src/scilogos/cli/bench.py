"""The verb bench: a model measured on held-out data."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from scilogos.errors import InputError, MissingError, PromptError
from scilogos.tasks import DEFAULT, find, load

DATA = Path("data")

bench = App(
    name="bench",
    help="Measure a model on held-out data, with the baselines beside it.\n\n"
    "Example: logos bench retrosynthesis --data data --limit 100",
)


@bench.default
def measure(
    task: str,
    /,
    *,
    data: Path = DATA,
    model: str = DEFAULT,
    out: Path = Path("results"),
    limit: int | None = None,
    samples: int | None = None,
    seed: int = 0,
    options: Annotated[list[str] | None, Parameter(name="--set")] = None,
    quick: bool = False,
    calibrate: bool = False,
) -> None:
    """Measure a model on one task, or on all of them.

    Example: logos bench retrosynthesis --data data --limit 100

    Parameters
    ----------
    task
        retrosynthesis, binding-site, ligand, material, editing, cdr, validity, or all.
    data
        The folder of the benchmark's files.
    out
        The folder of the results; an interrupted run goes on where it stopped.
    limit
        Items at most; of binding-site for each set, of cdr for each loop.
    samples
        Draws of each item; default as the task is usually measured.
    options
        NAME=VALUE of the task's own settings, as often as there are some; the pages in docs/tasks list them.
    quick
        Few items of each task, for every day: 10 pockets of 2 molecules, 100 products. The report says how many.
    calibrate
        With binding-site: keep the threshold chosen on validation chains in the model's folder.
    """
    from scilogos.bench import TASKS, calibrated, run

    if task not in (*TASKS, "all"):
        raise InputError(f"task {task!r}: expected one of {', '.join((*TASKS, 'all'))}")
    if task == "all" and options:
        raise InputError(f"--set {options[0]}: a setting belongs to one task; name the task instead of all")
    logos, missing = load(model), []
    for name in TASKS if task == "all" else (task,):
        draws = samples if task != "all" or TASKS[name].SAMPLES else None
        few, preset = TASKS[name].QUICK if quick else (None, ())
        number = few if limit is None else limit
        own = {option.partition("=")[0] for option in options or ()}
        chosen = [*(usual for usual in preset if usual.partition("=")[0] not in own), *(options or ())]
        try:
            report = run(name, logos, data, out, limit=number, samples=draws, seed=seed, options=chosen)
        except (InputError, MissingError, PromptError) as error:
            if task != "all":
                raise
            missing.append(f"{name}: {error}")
            continue
        print(report.markdown())
        if calibrate and name == "binding-site":
            calibrated(report, logos.folder).write(logos.folder)
    if missing:
        raise MissingError("not measured: " + "; ".join(missing))


@bench.command(name="leaks")
def find_leaks(
    *,
    corpus: list[Path],
    data: Path = DATA,
    model: list[str] | None = None,
    keep: bool = False,
    out: Path = Path("results"),
) -> None:
    """Audit training corpora against every test set: what of them do they tell?

    Example: logos bench leaks --corpus runs/corpus-pretrain --corpus runs/corpus-posttrain --data data

    Parameters
    ----------
    corpus
        A folder that `logos prepare` made, as often as a model had several.
    data
        The folder of the benchmark's files.
    model
        A model that was trained on them, as often as there are several; the first one's tokenizer reads them.
    keep
        Keep the counts in the models' folders, where every report of them finds them.
    out
        The folder of the audit, leaks-CORPUS.md and .json.
    """
    from scilogos.bench import audit
    from scilogos.tokens import load as load_codec

    folders = [find(name) for name in model or [DEFAULT]]
    found = audit(corpus, data, load_codec(folders[0]))
    found.write(out)
    for folder in folders if keep else ():
        found.keep(folder)
    print(found.markdown())


@bench.command(name="tables")
def write_tables(results: Path = Path("results"), /, *, out: Path | None = None, renew: Path | None = None) -> None:
    """Write one table a task from the reports in a folder of results, published systems beside.

    Example: logos bench tables results --out tables.md

    Parameters
    ----------
    results
        The folder that `logos bench` wrote to.
    out
        The Markdown file; default the terminal.
    renew
        Another Markdown file, in which the figures between <!-- figures of MODEL --> and <!-- end of figures --> are
        written anew, and nothing else.
    """
    from scilogos.bench import page
    from scilogos.bench.tables import renewed
    from scilogos.science import replacing

    text = page(results)
    if renew is not None:
        known = renewed(_text(renew), results)
        with replacing(renew) as stream:
            stream.write(known)
    if out is not None:
        with replacing(out) as stream:
            stream.write(text)
    elif renew is None:
        print(text, end="")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", path=path) from None
